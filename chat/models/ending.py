"""How runs came to their ends, with what is known of their models."""

from collections.abc import Iterable

from chat.endings import Ending, Notice, Room, notice_of
from providers.models import LanguageModel
from providers.parameters.fields import LIMITS
from runs.models import Run


def notice_for(run: Run) -> Notice | None:
    """What is to be said under this run's answer, once it has ended."""
    ending = _ending(run)
    if not ending.wants_words:
        return None
    return notice_of(ending, _room(run, run.language_model))


def with_language_models(runs: Iterable[Run]) -> None:
    """Fetch at once what `notice_for` needs of the models of those that it has something to say about."""
    short = {run.pk: run for run in runs if _ending(run).wants_words}
    if not short:
        return
    numbers = dict(Run.objects.filter(pk__in=short).values_list("pk", "language_model"))
    models = LanguageModel.objects.in_bulk([number for number in numbers.values() if number])
    for pk, run in short.items():
        run.language_model = models.get(numbers[pk] or 0)


def _ending(run: Run) -> Ending:
    return Ending(
        state=run.state,
        finish_reason=run.finish_reason,
        finish_reason_raw=run.finish_reason_raw,
        # A sound or a picture is an answer, too.
        has_text=bool(run.text or (hasattr(run, "supplement") and run.supplement.shown)),
        has_reasoning=bool(run.reasoning),
        has_calls=bool(run.tool_calls),
        has_refusal=bool(run.refusal),
        prompt_tokens=run.prompt_tokens,
        output_tokens=run.output_tokens,
        parameters=run.parameters,
        was_sent=run.duration_ms is not None,
    )


def _room(run: Run, model: LanguageModel | None) -> Room:
    set_limit = next(((name, run.parameters[name]) for name in LIMITS if type(run.parameters.get(name)) is int), None)
    if model is None:
        return Room(*set_limit) if set_limit else Room()
    panel = model.panel
    name, limit = set_limit or (panel.limit or LIMITS[0], panel.default_max_tokens if panel.limit else None)
    return Room(name, limit, panel.default_max_tokens, panel.most_tokens, model.context_length)
