"""Measures what a composer would send, and finds what helps where it is too much."""

from dataclasses import dataclass

from accounts.models import ApiKey
from chat.composer import Composer
from chat.context_meter import PER_REQUEST, Meter, estimate, estimate_message, oldest_to_leave_out
from chat.models import Conversation, Message
from chat.transcript import Turn
from providers.models import LanguageModel
from providers.parameters.fields import LIMITS
from runs.models import Run

# Models with a larger context that are offered.
MOST_MODELS = 5
# Of the messages that would be left out, those that are shown, and characters of each.
MOST_SHOWN, EXCERPT = 5, 80


@dataclass(frozen=True)
class LeftOut:
    """The oldest messages, without which it would fit: how many, and the beginnings of the first of them."""

    count: int
    excerpts: list[tuple[str, str]]

    @property
    def more(self) -> int:
        return self.count - len(self.excerpts)


@dataclass(frozen=True)
class Choices:
    """What can be done about a message that is too long."""

    left_out: LeftOut | None
    # Each with the tokens it takes, in words.
    models: list[tuple[LanguageModel, str]]


def measure(composer: Composer, conversation: Conversation | None) -> Meter:
    """How much of the chosen model's context this message would take."""
    model = composer.language_model
    said, is_counted = _said(composer, conversation)
    draft = estimate_message(composer.text) if composer.text.strip() else 0
    return Meter(
        prompt=said + draft,
        reserved=_reserved(composer),
        context=model.context_length if model else None,
        is_counted=is_counted,
    )


def choices(composer: Composer, conversation: Conversation | None, meter: Meter) -> Choices:
    """What helps, the least first: fewer messages, or a model that takes more."""
    turns = conversation.turns(conversation.leaf_id) if conversation else []
    # The message that is being written comes last, and stays.
    sizes = [*(estimate_message(turn.text) for turn in turns), 0]
    count = oldest_to_leave_out([*(turn.role for turn in turns), "user"], sizes, meter.over)
    left_out = LeftOut(count, [_excerpt(turn) for turn in turns[: min(count, MOST_SHOWN)]]) if count else None
    larger = [(model, f"{model.context_length:,}") for model in _larger_models(composer, meter)]
    return Choices(left_out, larger)


def _said(composer: Composer, conversation: Conversation | None) -> tuple[int, bool]:
    """What was said before, with the system prompt; and whether the provider has counted it."""
    prompt = composer.system_prompt.strip()
    instructions = estimate_message(prompt) if prompt else 0
    if conversation is None or conversation.leaf_id is None:
        return instructions + PER_REQUEST, False
    last = _last_run(conversation.leaf_id)
    if last and last.prompt_tokens and composer.language_model == conversation.language_model:
        answer = (last.output_tokens or 0) - (last.reasoning_tokens or 0)
        answer = answer if answer > 0 else estimate(last.text)
        return max(0, last.prompt_tokens + answer + _difference(conversation, prompt)), True
    turns = conversation.turns(conversation.leaf_id)
    return instructions + PER_REQUEST + sum(estimate_message(turn.text) for turn in turns), False


def _last_run(leaf_id: int) -> Run | None:
    """The run at the end of the branch in view, once it has ended."""
    leaf = Message.objects.filter(pk=leaf_id, run__isnull=False).select_related("run")
    light = leaf.only("run__state", "run__text", "run__prompt_tokens", "run__output_tokens", "run__reasoning_tokens")
    message = light.first()
    return message.run if message and message.run and message.run.is_final else None


def _difference(conversation: Conversation, prompt: str) -> int:
    """What another system prompt than that of the last run makes of it."""
    if prompt == conversation.system_prompt.strip():
        return 0
    return estimate(prompt) - estimate(conversation.system_prompt)


def _reserved(composer: Composer) -> int:
    model = composer.language_model
    if model is None:
        return 0
    sent = model.panel.read(composer.written, streaming=True).to_send
    return next((sent[name] for name in LIMITS if type(sent.get(name)) is int), 0)


def _excerpt(turn: Turn) -> tuple[str, str]:
    line = " ".join(turn.text[: EXCERPT * 2].split())
    return turn.role, line if len(line) <= EXCERPT else line[:EXCERPT] + "…"


def _larger_models(composer: Composer, meter: Meter) -> list[LanguageModel]:
    """Those that the person can use now and that it fits into, the smallest first."""
    visible = LanguageModel.objects.visible_to(composer.user).filter(type="chat", context_length__gte=meter.total)
    usable = visible.filter(status=LanguageModel.Status.AVAILABLE).select_related("provider")
    keyed = set(ApiKey.objects.of(composer.user).values_list("origin", flat=True))
    found: list[LanguageModel] = []
    for model in usable.order_by("context_length", "rank", "model_id").iterator():
        if not model.provider.needs_key or model.provider.origin in keyed:
            found.append(model)
        if len(found) == MOST_MODELS:
            break
    return found
