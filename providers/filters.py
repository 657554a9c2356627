"""The filters of the models page: read from its address, laid over the models, and written into addresses again."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.http import QueryDict

from providers.models.finding import LanguageModelQuerySet
from providers.traits import ABILITIES, INPUTS, TRAITS

# What can be asked for, in the order of the page.
SORTS = {
    "": "Best first",
    "price": "Cheapest first",
    "context": "Largest context first",
    "name": "By id",
    "newest": "Newest first",
}
STATUSES = {"": "Offered now", "deprecated": "No longer offered", "all": "All"}
# Tokens beyond which the database would not understand.
MOST_TOKENS = 2**31 - 1
MOST_DOLLARS = Decimal(1_000_000)


@dataclass(frozen=True)
class Filters:
    """What the person looks for. A field that cannot be understood filters nothing, and is said under `problems`."""

    q: str = ""
    type: str = ""
    developer: str = ""
    provider: str = ""
    status: str = ""
    context: str = ""
    price: str = ""
    takes: tuple[str, ...] = ()
    can: tuple[str, ...] = ()
    pinned: bool = False
    sort: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> "Filters":
        texts = {
            name: data.get(name, "").replace("\x00", "").strip()
            for name in ("q", "type", "developer", "provider", "status", "context", "price", "sort")
        }
        return cls(
            **texts,
            takes=tuple(word for word in INPUTS if word in data.getlist("takes")),
            can=tuple(word for word in ABILITIES if word in data.getlist("can")),
            pinned="pinned" in data,
        )

    def over(self, models: LanguageModelQuerySet) -> LanguageModelQuerySet:
        """Those that fit, but for the price: what nobody entered a price for is to be counted as well."""
        found = models.containing(self.q)
        if self.type != "all":
            found = found.filter(type=self.type or "chat")
        if self.status != "all":
            found = found.filter(status="deprecated" if self.status == "deprecated" else "available")
        if self.developer:
            found = found.filter(developer=self.developer)
        if self.provider.isdecimal():
            found = found.filter(provider_id=int(self.provider[:18]))
        if self.least_context:
            found = found.filter(context_length__gte=self.least_context)
        if self.pinned:
            found = found.pinned()
        for word in (*self.takes, *self.can):
            found = found.filter(traits__contains=f" {word} ")
        return found

    def sorted(self, models: LanguageModelQuerySet) -> LanguageModelQuerySet:
        match self.sort:
            case "price":
                return models.order_by(F("mixed_price").asc(nulls_last=True), "model_id", "provider_id")
            case "context":
                return models.order_by(F("context_length").desc(nulls_last=True), "model_id", "provider_id")
            case "name":
                return models.order_by("model_id", "provider_id")
            case "newest":
                return models.order_by("-known_since", "model_id", "provider_id")
            case _:
                return models.best_first(self.q)

    @cached_property
    def least_context(self) -> int | None:
        """Tokens; 200k, 200 000 and 1M are understood too."""
        text = self.context.lower().replace(",", "").replace(" ", "").replace("_", "")
        factor = {"k": 1000, "m": 1_000_000}.get(text[-1:], 1)
        number = _number(text.rstrip("km"), Decimal(MOST_TOKENS) / factor)
        return int(number * factor) if number is not None else None

    @cached_property
    def most_price(self) -> Decimal | None:
        """US dollars for a million tokens."""
        return _number(self.price.lstrip("$").replace(",", "."), MOST_DOLLARS)

    @property
    def problems(self) -> Iterator[str]:
        if self.context and self.least_context is None:
            yield f"“{self.context[:40]}” is no number of tokens. Write one like 200000 or 200k."
        if self.price and self.most_price is None:
            yield f"“{self.price[:40]}” is no price. Write US dollars for a million tokens, like 2.50."

    @property
    def address(self) -> str:
        """As the query of an address, so that it can be kept, shared and paged."""
        said: list[tuple[str, str]] = [
            (name, getattr(self, name))
            for name in ("q", "type", "developer", "provider", "status", "context", "price")
            if getattr(self, name)
        ]
        said += [("takes", word) for word in self.takes] + [("can", word) for word in self.can]
        said += [("pinned", "1")] if self.pinned else []
        return urlencode(said + ([("sort", self.sort)] if self.sort else []))

    @property
    def is_narrow(self) -> bool:
        """Whether any of the fields is set that do not stand in the first row."""
        return bool(self.provider or self.status or self.context or self.price or self.takes or self.can or self.pinned)

    @property
    def boxes(self) -> dict[str, list[dict[str, Any]]]:
        """The boxes to tick, in two groups."""
        groups = {"takes": (INPUTS, self.takes), "can": (ABILITIES, self.can)}
        return {
            name: [{"word": word, "label": TRAITS[word].label, "is_on": word in on} for word in words]
            for name, (words, on) in groups.items()
        }


def _number(text: str, most: Decimal) -> Decimal | None:
    """A number of at least 0 in plain digits; None for anything else."""
    if not text.isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 20:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number <= most else None
