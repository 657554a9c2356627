"""The other answers of a run that was asked for several: gathered while they come, and joined when they have ended.

The first answer is the run's text. The pieces of the others come in between, and are stored as events of their own with
the number of the choice in them. Pure: no Django, no I/O.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from providers.events import Event, Finished, ReasoningDelta, Refusal, TextDelta, ToolCallDelta

# What a piece says, by the name it has in its event.
TEXT, REASONING, TOOL_CALL = "text", "reasoning", "tool_call"
# A choice as it is kept.
EMPTY: dict[str, Any] = {
    "text": "", "reasoning": "", "tool_calls": [], "refusal": "", "finish_reason": "", "finish_reason_raw": "",
}  # fmt: skip


class OtherChoices:
    """What was heard of them: pieces to be shown, and what is only known when each has ended."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._calls: list[tuple[int, dict[str, Any]]] = []
        self._endings: dict[int, dict[str, str]] = {}

    def hear(self, event: Event) -> bool:
        """Take a piece of another choice than the first; whether there is something of it to be shown."""
        match event:
            case TextDelta(text, choice) if text:
                self._pieces.setdefault((choice, TEXT), []).append(text)
            case ReasoningDelta(text, choice) if text:
                self._pieces.setdefault((choice, REASONING), []).append(text)
            case ToolCallDelta(choice=choice):
                self._calls.append((choice, call_piece(event)))
            case Refusal(text, choice):
                ending = self._ending(choice)
                ending["refusal"] = ending.get("refusal", "") + text
                return False
            case Finished(reason, raw, choice):
                self._ending(choice).update(finish_reason=reason.value, finish_reason_raw=raw[:100])
                return False
        return True

    def pieces(self, largest: int) -> Iterator[str]:
        """What was heard since the last time, as few payloads as may be; the text in each has so many characters."""
        for (choice, kind), texts in self._pieces.items():
            text = "".join(texts)
            for begin in range(0, len(text), largest):
                yield json.dumps({"choice": choice, kind: text[begin : begin + largest]})
        for choice, call in self._calls:
            yield json.dumps({"choice": choice, TOOL_CALL: call})
        self._pieces.clear()
        self._calls.clear()

    @property
    def endings(self) -> dict[int, dict[str, str]]:
        """How each of them ended, by its number."""
        return self._endings

    def _ending(self, choice: int) -> dict[str, str]:
        return self._endings.setdefault(choice, {})


def call_piece(event: ToolCallDelta) -> dict[str, Any]:
    """A piece of a tool call as its event says it."""
    return {"position": event.position, "id": event.call_id, "name": event.name, "arguments": event.arguments}


def piece_in(payload: str) -> tuple[int, str, Any]:
    """The number of the choice, what kind of piece it is, and the piece."""
    (_, choice), (kind, piece) = json.loads(payload).items()
    return choice, kind, piece


def join_choices(payloads: Iterable[str]) -> dict[int, dict[str, Any]]:
    """What these events come to, by the number of the choice; of tool calls the pieces."""
    texts: dict[tuple[int, str], list[str]] = {}
    calls: dict[int, list[dict[str, Any]]] = {}
    for choice, kind, piece in map(piece_in, payloads):
        if kind == TOOL_CALL:
            calls.setdefault(choice, []).append(piece)
        else:
            texts.setdefault((choice, kind), []).append(piece)
    numbers = sorted({choice for choice, _ in texts} | calls.keys())
    return {
        number: {
            TEXT: "".join(texts.get((number, TEXT), [])),
            REASONING: "".join(texts.get((number, REASONING), [])),
            "tool_calls": calls.get(number, []),
        }
        for number in numbers
    }
