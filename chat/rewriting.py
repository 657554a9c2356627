"""All messages of a branch in one form: read, rearranged, checked. What cannot be saved is said at its place."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from django.conf import settings
from django.http import QueryDict

from accounts.models import User
from chat.attached import Attached, Files
from chat.models import Message
from chat.typed import as_typed
from chat.written import Written

# Messages that one form holds, and characters of their texts: beyond that it is no form any more.
MOST_ROWS = 300
MOST_CHARACTERS = 2_000_000
MOVE = re.compile(r"(up|down|drop|add)\.(-1|[0-9]{1,4})")


@dataclass
class Row:
    """A message as it stands in the form."""

    role: str = "user"
    text: str = ""
    name: str = ""
    attached: Attached = field(default_factory=Attached)
    # As JSON: a list of {"id", "name", "arguments"}.
    tool_calls: str = ""
    tool_call_id: str = ""
    is_error: bool = False
    problem: str = ""
    # What of it gets the cursor: one of its buttons, or its text.
    focus: str = ""

    @classmethod
    def of(cls, written: Written) -> Self:
        calls = json.dumps(list(written.tool_calls), ensure_ascii=False, indent=2) if written.tool_calls else ""
        attached, answers = Attached(list(written.parts)), written.tool_call_id
        return cls(written.role, written.text, written.name, attached, calls, answers, written.is_error)

    @property
    def has_tools(self) -> bool:
        return bool(self.tool_calls or self.tool_call_id) or self.role == "tool"

    def checked(self) -> Written | None:
        """What it says; None, with a problem, where that is no message."""
        self.problem = self._problem()
        if self.problem:
            return None
        return Written(
            self.role,
            self.text,
            self.name,
            tuple(self.attached.parts),
            tuple(self._calls() or ()),
            self.tool_call_id,
            self.is_error and self.role == "tool",
        )

    def _problem(self) -> str:
        if self.attached.problems:
            return " ".join(self.attached.problems)
        if self.role not in Message.Role.values:
            return "Choose a role."
        if len(self.text) > settings.MESSAGE_CHARACTERS:
            return f"It has {len(self.text):,} characters; at most {settings.MESSAGE_CHARACTERS:,} can be sent."
        if self._calls() is None:
            return "The tool calls are no JSON list of objects with an id, a name and arguments."
        if self.tool_calls.strip() and self.role != "assistant":
            return "Only the assistant calls tools: choose that role, or leave the calls out."
        if self.role == "tool" and not self.tool_call_id:
            return "A result names the call that it answers: fill in tool_call_id."
        if self.role != "tool" and self.tool_call_id:
            return "Only a message of the role tool answers a call: choose that role, or leave tool_call_id out."
        if not (self.text.strip() or self.attached.parts or self.tool_calls.strip() or self.role == "tool"):
            return "It is empty. Write something, or remove it."
        return ""

    def _calls(self) -> list[dict[str, str]] | None:
        if not self.tool_calls.strip():
            return []
        try:
            return [_call(call) for call in _list(json.loads(self.tool_calls))]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


@dataclass
class Rewriting:
    rows: list[Row]

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Self:
        return cls([Row.of(message.as_written) for message in messages])

    @classmethod
    def in_form(cls, user: User, data: QueryDict, files: Files) -> Self:
        written = data.get("count", "")
        count = min(int(written), MOST_ROWS) if re.fullmatch("[0-9]{1,4}", written) else 0
        return cls([_row(user, data, files, f"{number}.") for number in range(count)])

    def rearrange(self, data: QueryDict) -> bool:
        """Do what a button of the form asks for; False where it is to be saved as it is."""
        found = MOVE.fullmatch(data.get("move", ""))
        if found is None:
            return any(row.attached.is_changing for row in self.rows)
        step, place = found[1], int(found[2])
        if step == "add" and place < len(self.rows) < MOST_ROWS:
            self.rows.insert(place + 1, Row(self._next_role(place), focus="text"))
        elif 0 <= place < len(self.rows):
            self._move(step, place)
        return True

    def _move(self, step: str, place: int) -> None:
        row = self.rows.pop(place)
        if step == "drop":
            if self.rows:
                self.rows[min(place, len(self.rows) - 1)].focus = "drop"
            return
        there = max(0, min(place + (1 if step == "down" else -1), len(self.rows)))
        self.rows.insert(there, row)
        # A button that can do no more cannot have the cursor.
        row.focus = "down" if there == 0 else "up" if there == len(self.rows) - 1 else step

    def _next_role(self, place: int) -> str:
        return "assistant" if place >= 0 and self.rows[place].role == "user" else "user"

    def checked(self) -> list[Written] | None:
        """All messages; None where one of them has a problem."""
        written = [row.checked() for row in self.rows]
        return None if None in written else [one for one in written if one]


def _row(user: User, data: QueryDict, files: Files, prefix: str) -> Row:
    return Row(
        role=data.get(f"{prefix}role", ""),
        text=as_typed(data, f"{prefix}text"),
        name=as_typed(data, f"{prefix}name").strip()[:64],
        attached=Attached.in_form(user, data, files, prefix),
        tool_calls=as_typed(data, f"{prefix}tool_calls"),
        tool_call_id=as_typed(data, f"{prefix}tool_call_id").strip()[:200],
        is_error=f"{prefix}is_error" in data,
    )


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _call(call: dict[str, Any]) -> dict[str, str]:
    """A call as a run keeps it; arguments may be written as the object that they are."""
    arguments = call["arguments"]
    written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    if not (isinstance(call["id"], str) and isinstance(call["name"], str)):
        raise TypeError
    return {"id": call["id"], "name": call["name"], "arguments": written}
