"""A message as a person writes it, or as it was written elsewhere. Pure: no Django, no I/O."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat.parts import Part
from chat.transcript import Turn


class Written(NamedTuple):
    """Everything that a message says by itself, with no run behind it."""

    role: str
    text: str = ""
    name: str = ""
    parts: Sequence[Part] = ()
    # {"id", "name", "arguments"} each.
    tool_calls: Sequence[Mapping[str, str]] = ()
    tool_call_id: str = ""

    @classmethod
    def of(cls, turn: Turn, parts: Sequence[Part]) -> "Written":
        """The turn with its parts as they are kept here."""
        return cls(turn.role, turn.text, turn.name, parts, turn.tool_calls, turn.tool_call_id)
