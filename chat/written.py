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
    # In a message of the role "tool": the call failed.
    is_error: bool = False

    def says_the_same_as(self, other: "Written") -> bool:
        return self._comparable == other._comparable

    @property
    def _comparable(self) -> tuple[object, ...]:
        calls = [(call["id"], call["name"], call["arguments"]) for call in self.tool_calls]
        # A form ends lines in one way.
        return (
            self.role,
            self.text.replace("\r\n", "\n"),
            self.name,
            [*self.parts],
            calls,
            self.tool_call_id,
            self.is_error,
        )

    @classmethod
    def of(cls, turn: Turn, parts: Sequence[Part]) -> "Written":
        """The turn with its parts as they are kept here."""
        return cls(turn.role, turn.text, turn.name, parts, turn.tool_calls, turn.tool_call_id, turn.is_error)
