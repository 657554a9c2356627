"""The cost of a run that has just ended, where its provider did not report one."""

from typing import Any

from database.statements import Select
from providers.errors import KINDS, Charge
from providers.events import Usage
from providers.models import Price
from runs.costs import computed
from runs.models import Run

# Characters that the note's column holds.
LONGEST_NOTE = 100


def cost_of(run_id: int, record: dict[str, Any], usage: Usage | None) -> dict[str, Any]:
    """The columns of the cost, for a record that has none yet. What was reported is never replaced.

    The price is that of the day the run was queued. It is written down with the cost, so whatever is entered later, the
    run keeps what it was computed with.
    """
    kind = KINDS.get(record.get("error_kind", ""))
    was_cut_uncounted = usage is None and not record.get("finish_reason")
    if record.get("cost_usd") is not None or was_cut_uncounted or (kind and kind.charge is Charge.NO):
        return {}
    price = _price(run_id)
    cost = computed(usage, price.rates if price else None, price.valid_from if price else None)
    if cost.usd is None:
        return {"cost_note": cost.note[:LONGEST_NOTE]}
    return {
        "cost_usd": cost.usd,
        "cost_source": Run.CostSource.COMPUTED,
        "cost_note": cost.note[:LONGEST_NOTE],
    }


def _price(run_id: int) -> Price | None:
    run = _ASKED.first(run=run_id)
    if run is None or run.language_model_id is None:
        return None
    return _PRICE.first(model=run.language_model_id, day=run.queued_at.date())


_ASKED = Select(lambda run: Run.objects.only("language_model", "queued_at").filter(pk=run))
_PRICE = Select(lambda model, day: Price.objects.begun(day).filter(language_model=model)[:1])
