"""What a million tokens cost, and one figure to compare models by. Pure: no Django, no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

# Parts of input for one part of output in the figure that models are compared by: what a chat comes to, about.
INPUT_PARTS = 3


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars for a million tokens. None: as much as other input, and as other output."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    reasoning: Decimal | None = None

    @property
    def mixed(self) -> Decimal:
        """For a million tokens of which three quarters are input."""
        mixed = (self.input * INPUT_PARTS + self.output) / (INPUT_PARTS + 1)
        return mixed.quantize(Decimal("0.000001"))

    def __str__(self) -> str:
        return ", ".join(self._named())

    def _named(self) -> Iterator[str]:
        yield f"{dollars(self.input)} in"
        yield f"{dollars(self.output)} out"
        if self.cached_input is not None:
            yield f"{dollars(self.cached_input)} cached"
        if self.reasoning is not None:
            yield f"{dollars(self.reasoning)} reasoning"


def dollars(amount: Decimal) -> str:
    """Whole, with cents, or with as many places as it has: what is cheap costs far less than a cent."""
    plain = f"{amount.normalize():f}"
    _, _, places = plain.partition(".")
    return f"${plain}0" if len(places) == 1 else f"${plain}"
