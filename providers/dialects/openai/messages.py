"""Reads messages, and the deltas they are streamed as: text, reasoning, refusals, tool calls, and the rest."""

from collections.abc import Mapping
from typing import Any

from providers.dialects.speech import Speech
from providers.dialects.values import index_of, name_in
from providers.events import Event, Extra, ReasoningDelta, Refusal, TextDelta
from providers.untrusted import clean

# What nearly every delta consists of; one with nothing else in it is read without looking for the rest.
PLAIN = frozenset({"role", "content"})
# Opaque blobs (some must go back with the next turn), citations, media.
EXTRAS = frozenset({"encrypted_content", "extra_content", "annotations", "audio", "images"})


class MessageReader(Speech):
    """The events of the messages of one answer, appended to the list that is handed in."""

    def read(self, message: Mapping[str, Any], choice: int, events: list[Event]) -> None:
        if PLAIN.issuperset(message):
            self._read_content(message.get("content"), choice, events)
        else:
            self._read_reasoning(message, choice, events)
            self._read_content(message.get("content"), choice, events)
            self.say(Refusal, message.get("refusal"), events, choice)
            self._read_tool_calls(message, choice, events)
            for name, value in message.items():
                if name in EXTRAS and value:
                    events.append(Extra(name, clean(value), choice))

    def said(self, text: str) -> list[Event]:
        """The events of a message, the first one, that is nothing but this text."""
        events: list[Event] = []
        self.say(TextDelta, text, events)
        return events

    def _read_reasoning(self, message: Mapping[str, Any], choice: int, events: list[Event]) -> None:
        """Where several of the places hold a text, it is the same one."""
        told = message.get("reasoning_content") or message.get("reasoning")
        self.say(ReasoningDelta, told, events, choice)
        details = message.get("reasoning_details")
        if isinstance(details, list):
            for text in [] if told else _texts(details):
                self.say(ReasoningDelta, text, events, choice)
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
                    self.say(TextDelta, part, events, choice)
        else:
            self.say(TextDelta, content, events, choice)

    def _read_part(self, part: Mapping[str, Any], choice: int, events: list[Event]) -> None:
        match part.get("type"):
            case "text" | "output_text":
                self.say(TextDelta, part.get("text"), events, choice)
            case "thinking":
                for text in _texts(part.get("thinking")):
                    self.say(ReasoningDelta, text, events, choice)
            case "refusal":
                self.say(Refusal, part.get("refusal"), events, choice)
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
        if call.get("extra_content") and call.get("id"):
            # Gemini signs each call, and takes no answer to one that comes back without.
            events.append(Extra("call_extras", {name_in(call["id"]): clean(call["extra_content"])}, choice))
        self.call(
            position,
            events,
            call_id=call.get("id"),
            name=function.get("name"),
            arguments=function.get("arguments") or function.get("input") or "",
            choice=choice,
        )


def _texts(blocks: Any) -> list[str]:
    """The readable texts in a list of reasoning blocks, or in what stands for one."""
    if isinstance(blocks, str):
        return [blocks] if blocks else []
    if not isinstance(blocks, list):
        return []
    found = [block.get("text") or block.get("summary") for block in blocks if isinstance(block, dict)]
    return [text for text in found if text and isinstance(text, str)]
