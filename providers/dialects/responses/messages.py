"""Reads the items that an answer consists of, whole or in pieces: messages, reasoning, calls, and the rest.

After the pieces of a text comes the whole of it, and it comes again with the whole item and with the whole answer; some
servers leave out the pieces. So what was told is remembered by its place, and a whole is told only where nothing was.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.dialects.speech import Speech, Spoken
from providers.dialects.values import name_in
from providers.events import Event, Extra, ReasoningDelta, Refusal, TextDelta
from providers.untrusted import clean

# Where a call has its arguments.
ARGUMENTS = {"function_call": "arguments", "custom_tool_call": "input"}

# What is there, in which item, in which of its parts.
Place = tuple[str, int, int]
# The type of the item in which it is.
HOLDERS = {"content": "message", "summary": "reasoning", "reasoning": "reasoning"}


class ItemReader(Speech):
    """The events of one answer's items, appended to the list that is handed in."""

    def __init__(self) -> None:
        super().__init__()
        # The number of each call among the calls, by that of its item.
        self._calls: dict[int, int] = {}
        self._told: set[Place] = set()
        # The number of each item that came, by its id.
        self._numbers: dict[str, int] = {}

    @property
    def has_calls(self) -> bool:
        return bool(self._calls)

    def begin(self, item: Mapping[str, Any], index: int, events: list[Event]) -> None:
        """An item that is announced: of a call the name is known, of others nothing yet."""
        self._number(item, index)
        if name_in(item.get("type")) in ARGUMENTS and index not in self._calls:
            self.call(self._position(index), events, call_id=item.get("call_id"), name=item.get("name"))

    def add(self, event: Spoken, text: Any, place: Place, events: list[Event]) -> None:
        """A piece of a text."""
        if text and isinstance(text, str):
            if event is ReasoningDelta and self.has_reasoning and place not in self._told:
                # Another part's thoughts stand before these.
                self.say(event, "\n\n", events)
            self._told.add(place)
            self.say(event, text, events)

    def add_whole(self, event: Spoken, text: Any, place: Place, events: list[Event]) -> None:
        if place not in self._told:
            self.add(event, text, place, events)

    def argue(self, text: Any, index: int, events: list[Event]) -> None:
        """A piece of a call's arguments."""
        if text and isinstance(text, str):
            self._told.add(("arguments", index, 0))
            self.call(self._position(index), events, arguments=text)

    def argue_whole(self, text: Any, index: int, events: list[Event]) -> None:
        if ("arguments", index, 0) not in self._told:
            self.argue(text, index, events)

    def cite(self, annotation: Any, index: int, number: int, events: list[Event]) -> None:
        if annotation:
            self._told.add(("annotations", index, number))
            events.append(Extra("annotations", [clean(annotation)]))

    def weigh(self, logprobs: Any, index: int, number: int, events: list[Event]) -> None:
        """Log probabilities, in the form that chat completions give them in."""
        if logprobs and isinstance(logprobs, list):
            self._told.add(("logprobs", index, number))
            events.append(Extra("logprobs", {"content": clean(logprobs)}))

    def read(self, item: Mapping[str, Any], index: int, events: list[Event]) -> None:
        """A whole item, of which some or all may have been told."""
        self._number(item, index)
        match item.get("type"):
            case "message":
                for number, part in _parts(item.get("content")):
                    self._read_part(part, index, number, events)
            case "reasoning":
                for number, part in _parts(item.get("summary")):
                    self.add_whole(ReasoningDelta, part.get("text"), ("summary", index, number), events)
                for number, part in _parts(item.get("content")):
                    self.add_whole(ReasoningDelta, part.get("text"), ("reasoning", index, number), events)
                # Without its sealed content there is nothing in it that could go back with the next turn.
                if item.get("encrypted_content"):
                    self._keep("reasoning_items", item, index, events)
            case "function_call" | "custom_tool_call" as kind:
                self.begin(item, index, events)
                self.argue_whole(item.get(ARGUMENTS[kind]), index, events)
            case _:
                self._keep("output", item, index, events)

    def read_all(self, output: Any, events: list[Event]) -> None:
        """All items together, at the end, or as the whole answer.

        Some servers number them anew then, having left some out, and one or the other gives them new ids as well. So
        the id decides; and an item of which nobody has heard is only told where nothing of its type was.
        """
        told = {HOLDERS[kind] for kind, *_ in self._told if kind in HOLDERS} | (
            ARGUMENTS.keys() if self._calls else set()
        )
        numbers = dict(self._numbers)
        for position, item in _parts(output):
            index = numbers.get(_id(item))
            if index is not None or name_in(item.get("type")) not in told:
                self.read(item, position if index is None else index, events)

    def _read_part(self, part: Mapping[str, Any], index: int, number: int, events: list[Event]) -> None:
        place = ("content", index, number)
        if part.get("type") == "refusal":
            self.add_whole(Refusal, part.get("refusal"), place, events)
        else:
            self.add_whole(TextDelta, part.get("text"), place, events)
        annotations = part.get("annotations")
        if isinstance(annotations, list) and ("annotations", index, number) not in self._told:
            for annotation in annotations:
                self.cite(annotation, index, number, events)
        if ("logprobs", index, number) not in self._told:
            self.weigh(part.get("logprobs"), index, number, events)

    def _keep(self, name: str, item: Mapping[str, Any], index: int, events: list[Event]) -> None:
        if (name, index, 0) not in self._told:
            self._told.add((name, index, 0))
            self.has_output = True
            events.append(Extra(name, clean(item)))

    def _number(self, item: Mapping[str, Any], index: int) -> None:
        if item_id := _id(item):
            self._numbers[item_id] = index

    def _position(self, index: int) -> int:
        return self._calls.setdefault(index, len(self._calls))


def _id(item: Mapping[str, Any]) -> str:
    return name_in(item.get("call_id")) or name_in(item.get("id"))


def _parts(parts: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        if isinstance(part, dict):
            yield number, part
