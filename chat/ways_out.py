"""Ways to go on when the model that was written cannot be asked: its successor, or a provider that may know the id."""

from dataclasses import dataclass

from django.http import QueryDict

from accounts.models import User
from providers import entering, successors
from providers.catalogue import resolve
from providers.models import LanguageModel

# Fields that a way out sends with the form: the successor's number, and that of the provider to use the id at.
INSTEAD, ENTER_AT = "instead", "enter_at"


@dataclass(frozen=True)
class WayOut:
    """A button that sends the message after all: its field and value, and its words."""

    name: str
    value: str
    label: str


def model_in(user: User, data: QueryDict, *, may_enter: bool) -> tuple[LanguageModel | None, bool]:
    """The model that a form means, and whether a way out was taken to it. Only with `may_enter` a new one is made."""
    written, chosen = data.get("model", "").strip(), data.get("language_model", "")
    instead, enter_at = data.get(INSTEAD, ""), data.get(ENTER_AT, "")
    taken = None
    if instead.isdecimal():
        taken = _visible(user, instead)
    elif may_enter and enter_at.isdecimal():
        taken = entering.enter(user, written, int(enter_at[:18]))
    if taken:
        return taken, True
    return resolve(user, written, int(chosen[:18]) if chosen.isdecimal() else None), False


def from_gone(user: User, gone: LanguageModel) -> list[WayOut]:
    """To what is proposed in the place of a model that is no longer offered."""
    heir = successors.successor_of(user, gone)
    return [WayOut(INSTEAD, str(heir.pk), f"Use {heir.model_id} instead")] if heir else []


def from_unknown(user: User, written: str) -> list[WayOut]:
    """To the providers that may know an id which no list has."""
    places = entering.places_for(user, written)
    return [WayOut(ENTER_AT, str(provider.pk), f"Use {written} at {provider}") for provider in places]


def _visible(user: User, number: str) -> LanguageModel | None:
    visible = LanguageModel.objects.visible_to(user).select_related("provider")
    return visible.filter(pk=int(number[:18])).first()
