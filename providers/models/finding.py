"""Questions about language models: which a person sees, which match, and in which order."""

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, F, FilteredRelation, IntegerField, OuterRef, Prefetch, Q, Subquery, When
from django.utils import timezone

from accounts.models import User
from providers.models.price import Price
from providers.models.provider import Provider
from providers.traits import TRAITS

if TYPE_CHECKING:
    from providers.models.language_model import LanguageModel

# Words of a search that are looked at; each is another condition for the database.
MOST_WORDS = 8

# Words that say a least context, in tokens, and a highest price, in US dollars for a million tokens.
CONTEXT = re.compile(r"^([0-9]{1,4})(k|m)$", re.ASCII)
PRICE = re.compile(r"^<\$?([0-9]{1,5}(?:\.[0-9]{1,6})?)$", re.ASCII)

RUNNABLE = Q(type="chat", status="available")


class LanguageModelQuerySet(models.QuerySet["LanguageModel"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(provider__in=Provider.objects.visible_to(user))

    def kept_by(self, user: User) -> Self:
        """Those whose facts the person may enter: of providers they keep, and as operator of the packaged ones."""
        kept = Q(provider__in=Provider.objects.kept_by(user))
        return self.filter(kept | Q(provider__team=None) if user.is_operator else kept)

    def runnable(self) -> Self:
        return self.filter(RUNNABLE)

    def containing(self, query: str) -> Self:
        """Those that every word of the query fits: it occurs in the id, name, developer or aliases, it names what they
        can do ("images"), it is a context that they have ("200k"), or a price that they stay below ("<2").
        """
        found = self
        for word in query.replace("\x00", "").lower().split()[:MOST_WORDS]:
            price = PRICE.match(word)
            found = found.with_mixed_price().up_to(Decimal(price[1])) if price else found.filter(_fits(word))
        return found

    def known_to(self, user: User) -> Self:
        """With `pinned_at` and `used_at`, when this person did that; None where they did not."""
        own = FilteredRelation("familiars", condition=Q(familiars__user=user))
        return self.alias(own=own).annotate(pinned_at=F("own__pinned_at"), used_at=F("own__used_at"))

    def pinned(self) -> Self:
        """Those that the person has pinned. After `known_to`."""
        return self.filter(Q(("pinned_at__isnull", False)))

    def with_prices(self) -> Self:
        """Ready to say their price of today, without a query for each."""
        return self.prefetch_related(Prefetch("prices", Price.objects.begun(today()), to_attr="begun_prices"))

    def with_mixed_price(self) -> Self:
        """With `mixed_price`, by which models are compared; None where no price is known."""
        now = Price.objects.begun(today()).filter(language_model=OuterRef("pk"))
        return self.annotate(mixed_price=Subquery(now.values("mixed")[:1]))

    def unpriced(self) -> Self:
        """Those that nobody entered a price for. After `with_mixed_price`."""
        return self.filter(Q(("mixed_price", None)))

    def up_to(self, price: Decimal) -> Self:
        """Those whose mixed price is known and not above this one. After `with_mixed_price`."""
        return self.filter(Q(("mixed_price__lte", price)))

    def best_first(self, query: str) -> Self:
        """What can be run before what cannot; then the id itself, what begins so, and the rest by rank."""
        exact, begins = _matching(query)
        return self.order_by(_unless(RUNNABLE), *exact, *begins, "rank", "model_id", "provider_id")

    def familiar_first(self, query: str) -> Self:
        """The same, with what the person has pinned and used lately before the rest. After `known_to`."""
        exact, begins = _matching(query)
        own = [F(column).desc(nulls_last=True) for column in ("pinned_at", "used_at")]
        return self.order_by(_unless(RUNNABLE), *exact, *own, *begins, "rank", "model_id", "provider_id")

    def developers(self) -> models.QuerySet["LanguageModel", str]:
        """The names of those who made them, each once."""
        named = self.exclude(developer="").order_by("developer")
        return named.values_list("developer", flat=True).distinct()

    def types(self) -> models.QuerySet["LanguageModel", str]:
        """What kinds of models there are, each once."""
        return self.order_by("type").values_list("type", flat=True).distinct()


def today() -> dt.date:
    return timezone.now().date()


def _fits(word: str) -> Q:
    fits = Q(search_text__contains=word)
    if word in TRAITS:
        fits |= Q(traits__contains=f" {word} ")
    if size := CONTEXT.match(word):
        fits |= Q(context_length__gte=int(size[1]) * (1000 if size[2] == "k" else 1_000_000))
    return fits


def _matching(query: str) -> tuple[list[Case], list[Case]]:
    """What brings the id itself to the front, and what begins with these words."""
    query = query.replace("\x00", "").strip()
    if not query:
        return [], []
    begins = Q(model_id__istartswith=query) | Q(name__istartswith=query)
    return [_unless(Q(model_id__iexact=query))], [_unless(begins)]


def _unless(condition: Q) -> Case:
    """0 where it holds, so that those rows come first."""
    return Case(When(condition, then=0), default=1, output_field=IntegerField())
