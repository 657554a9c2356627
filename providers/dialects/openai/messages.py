"""Reads messages, and the deltas they are streamed as: text, reasoning, refusals, tool calls, and the rest."""

import json
from collections.abc import Mapping
from typing import Any

from providers.dialects.openai.values import index_of, name_in
from providers.events import Event, Extra, ReasoningDelta, Refusal, TextDelta, ToolCallDelta
from providers.untrusted import REPLACEMENT, PieceCleaner, clean

# What nearly every delta consists of; one with nothing else in it is read without looking for the rest.
PLAIN = frozenset({"role", "content"})
# Opaque blobs (some must go back with the next turn), citations, media.
EXTRAS = frozenset({"encrypted_content", "extra_content", "annotations", "audio", "images"})

Spoken = type[TextDelta] | type[ReasoningDelta] | type[Refusal]


class MessageReader:
    """The events of the messages of one answer, appended to the list that is handed in."""

    def __init__(self) -> None:
        self.has_output = False
        self.has_reasoning = False
        self._pieces = PieceCleaner()

    def read(self, message: Mapping[str, Any], choice: int, events: list[Event]) -> None:
        if PLAIN.issuperset(message):
            self._read_content(message.get("content"), choice, events)
        else:
            self._read_reasoning(message, choice, events)
            self._read_content(message.get("content"), choice, events)
            self._say(Refusal, message.get("refusal"), choice, events)
            self._read_tool_calls(message, choice, events)
            for name, value in message.items():
                if name in EXTRAS and value:
                    events.append(Extra(name, clean(value), choice))

    def close(self) -> list[Event]:
        """A replacement for each half of a character whose other half never came."""
        return [
            ToolCallDelta(position=where[0], arguments=REPLACEMENT, choice=choice)
            if event is ToolCallDelta
            else event(REPLACEMENT, choice)
            for event, choice, *where in self._pieces.close()
        ]

    def _read_reasoning(self, message: Mapping[str, Any], choice: int, events: list[Event]) -> None:
        """Where several of the places hold a text, it is the same one."""
        told = message.get("reasoning_content") or message.get("reasoning")
        self._say(ReasoningDelta, told, choice, events)
        details = message.get("reasoning_details")
        if isinstance(details, list):
            for text in [] if told else _texts(details):
                self._say(ReasoningDelta, text, choice, events)
            opaque = [item for item in details if not _texts([item])]
            if opaque:
                events.append(Extra("reasoning_details", clean(opaque), choice))

    def _read_content(self, content: Any, choice: int, events: list[Event]) -> None:
        """A text, or a list of parts of which some are text, some are reasoning and some neither."""
        if isinstance(content, list):
            for part in content:
                if isinstance(part, dict):
                    self._read_part(part, choice, events)
                else:
                    self._say(TextDelta, part, choice, events)
        else:
            self._say(TextDelta, content, choice, events)

    def _read_part(self, part: Mapping[str, Any], choice: int, events: list[Event]) -> None:
        match part.get("type"):
            case "text" | "output_text":
                self._say(TextDelta, part.get("text"), choice, events)
            case "thinking":
                for text in _texts(part.get("thinking")):
                    self._say(ReasoningDelta, text, choice, events)
            case "refusal":
                self._say(Refusal, part.get("refusal"), choice, events)
            case _:
                events.append(Extra("content", [clean(part)], choice))

    def _read_tool_calls(self, message: Mapping[str, Any], choice: int, events: list[Event]) -> None:
        calls = message.get("tool_calls")
        if not calls and isinstance(message.get("function_call"), dict):
            calls = [{"function": message["function_call"]}]
        if isinstance(calls, list):
            for place, call in enumerate(calls):
                if isinstance(call, dict):
                    self._read_tool_call(call, index_of(call, place), choice, events)

    def _read_tool_call(self, call: Mapping[str, Any], position: int, choice: int, events: list[Event]) -> None:
        function = call.get("function") or call.get("custom")
        function = function if isinstance(function, dict) else {}
        arguments = function.get("arguments") or function.get("input") or ""
        if not isinstance(arguments, str):
            arguments = json.dumps(clean(arguments), ensure_ascii=False)
        delta = ToolCallDelta(
            position=position,
            call_id=name_in(call.get("id")),
            name=name_in(function.get("name")),
            arguments=self._pieces.clean(arguments, ToolCallDelta, choice, position),
            choice=choice,
        )
        if delta.call_id or delta.name or delta.arguments:
            events.append(delta)
            self.has_output = True

    def _say(self, event: Spoken, text: Any, choice: int, events: list[Event]) -> None:
        if text and isinstance(text, str):
            text = self._pieces.clean(text, event, choice)
            if text:
                events.append(event(text, choice))
                self.has_output = True
                if event is ReasoningDelta:
                    self.has_reasoning = True


def _texts(blocks: Any) -> list[str]:
    """The readable texts in a list of reasoning blocks, or in what stands for one."""
    if isinstance(blocks, str):
        return [blocks] if blocks else []
    if not isinstance(blocks, list):
        return []
    found = [block.get("text") or block.get("summary") for block in blocks if isinstance(block, dict)]
    return [text for text in found if text and isinstance(text, str)]
