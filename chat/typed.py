"""What arrives from a form, as it was typed."""

from dataclasses import dataclass
from typing import Self

from django.http import QueryDict

from accounts.models import User
from providers.models import LanguageModel
from providers.parameters import Moved, move

# Names of the fields that keep what the model of the panel does not take.
LEFT_OUT = "left_out."


def as_typed(data: QueryDict, name: str) -> str:
    """A field of several lines as it was typed: forms end lines with CR LF, and no database keeps a NUL."""
    return data.get(name, "").replace("\r\n", "\n").replace("\x00", "")


@dataclass(frozen=True)
class TypedPanel:
    """A parameter panel as its fields arrived. It says itself whose it is: another model may be meant by now."""

    of: LanguageModel | None
    written: dict[str, str]
    left_out: dict[str, str]

    @classmethod
    def in_form(cls, user: User, data: QueryDict, otherwise: LanguageModel | None) -> Self:
        """The panel in this form; one that does not say whose it is belongs to the other model."""
        model = _named_in(user, data, otherwise)
        names = model.panel.names if model else ()
        kept = [name for name in data if name.startswith(LEFT_OUT)]
        return cls(
            of=model,
            written={name: text for name in names if (text := as_typed(data, name)).strip()},
            left_out={name.removeprefix(LEFT_OUT): as_typed(data, name) for name in kept},
        )

    def moved_to(self, model: LanguageModel | None) -> Moved:
        """The settings as this model takes them, and what does not fit it."""
        if model is None:
            return Moved(left_out=self.left_out | self.written)
        if model == self.of:
            return Moved(self.written, self.left_out)
        return move(self.written, (self.of or model).panel, model.panel, self.left_out)


def _named_in(user: User, data: QueryDict, otherwise: LanguageModel | None) -> LanguageModel | None:
    named = data.get("parameters_of")
    if named is None or (otherwise and named == str(otherwise.pk)):
        return otherwise
    return LanguageModel.objects.visible_to(user).filter(pk=named).first() if named.isdecimal() else None
