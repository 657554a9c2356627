"""What an answer cost, computed from its tokens and an entered price. Pure: no Django, no I/O.

Only where the provider did not report a cost: its figure is what was charged, ours is what should have been. What is
not known stays unknown; a count that is missing is never taken for 0.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from providers.dialects.values import MAX_COST
from providers.events import Usage
from providers.rates import Rates

MILLION = 1_000_000
# Places that the column keeps.
PLACES = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Computed:
    """A cost in US dollars, None where it cannot be known; and where the figure is from, or why there is none."""

    usd: Decimal | None
    note: str


def computed(usage: Usage | None, rates: Rates | None, valid_from: dt.date | None = None) -> Computed:
    """The cost of these tokens at these rates, which hold since `valid_from`."""
    if rates is None:
        return Computed(None, "The provider reported no cost, and nobody has entered a price for this model.")
    if usage is None or usage.prompt_tokens is None or usage.output_tokens is None:
        return Computed(None, "The provider reported neither a cost nor all tokens, so none can be computed.")
    cached = min(usage.cached_tokens or 0, usage.prompt_tokens)
    reasoning = min(usage.reasoning_tokens or 0, usage.output_tokens)
    dollars = (
        (usage.prompt_tokens - cached) * rates.input
        + cached * _or(rates.cached_input, rates.input)
        + (usage.output_tokens - reasoning) * rates.output
        + reasoning * _or(rates.reasoning, rates.output)
    )
    usd = (dollars / MILLION).quantize(PLACES)
    if usd >= MAX_COST:
        return Computed(None, "The tokens at the entered price come to more than any call costs: look at both.")
    return Computed(usd, f"{rates} per million tokens" + (f", the price from {valid_from}" if valid_from else ""))


def _or(rate: Decimal | None, other: Decimal) -> Decimal:
    return other if rate is None else rate
