"""Reads the blocks that a message consists of, whole or in pieces: text, thinking, tool calls, and the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.dialects.speech import Speech
from providers.dialects.values import name_in
from providers.events import Event, Extra, ReasoningDelta, TextDelta
from providers.untrusted import clean, parse_json

# What has to go back unchanged with the next turn, and is for nobody to read.
OPAQUE = frozenset({"thinking", "redacted_thinking"})
# Blocks that are told while they come, and of which nothing is left to keep.
TOLD = frozenset({"text", "tool_use"})


@dataclass
class OpenBlock:
    """A block that has begun: as it came first, with what its pieces added."""

    block: dict[str, Any]
    # Of a tool call: its number among the calls.
    position: int = 0
    thinking: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)


class BlockReader(Speech):
    """The events of one message, appended to the list that is handed in."""

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[int, OpenBlock] = {}
        self._calls = 0

    def read(self, block: Mapping[str, Any], index: int, events: list[Event]) -> None:
        """A whole block."""
        self.begin(block, index, events)
        self.end(index, events)

    def begin(self, block: Mapping[str, Any], index: int, events: list[Event]) -> None:
        opened = self._open[index] = OpenBlock(dict(block))
        match block.get("type"):
            case "text":
                self.say(TextDelta, block.get("text"), events)
                self._cite(block.get("citations"), events)
            case "thinking":
                self._think(opened, block.get("thinking"), events)
                self._sign(opened, block.get("signature"))
            case "redacted_thinking":
                self.has_output = True
            case "tool_use":
                opened.position = self._calls
                self._calls += 1
                self.call(opened.position, events, call_id=block.get("id"), name=block.get("name"))

    def add(self, delta: Mapping[str, Any], index: int, events: list[Event]) -> None:
        """A piece of a block. Pieces of a kind that is not known are passed over, as the documentation asks."""
        opened = self._open.setdefault(index, OpenBlock({}))
        match delta.get("type"):
            case "text_delta":
                self.say(TextDelta, delta.get("text"), events)
            case "thinking_delta":
                self._think(opened, delta.get("thinking"), events)
            case "signature_delta":
                self._sign(opened, delta.get("signature"))
            case "input_json_delta":
                self._argue(opened, delta.get("partial_json"), events)
            case "citations_delta":
                self._cite([delta.get("citation")], events)

    def end(self, index: int, events: list[Event]) -> None:
        opened = self._open.pop(index, None)
        if opened is None:
            return
        kind = name_in(opened.block.get("type"))
        if kind == "tool_use" and not opened.arguments and opened.block.get("input"):
            # Whole answers, and some servers that only look like streams, have the arguments as a value.
            self.call(opened.position, events, arguments=opened.block["input"])
        elif kind in OPAQUE:
            # Thoughts without a signature, cut off perhaps, are not taken back.
            if opened.signature or opened.block.get("data"):
                events.append(Extra("thinking", clean(_whole(opened))))
        elif kind and kind not in TOLD:
            events.append(Extra("content", clean(_whole(opened))))

    def end_all(self, events: list[Event]) -> None:
        for index in list(self._open):
            self.end(index, events)

    def _think(self, opened: OpenBlock, text: Any, events: list[Event]) -> None:
        if text and isinstance(text, str):
            if self.has_reasoning and not opened.thinking:
                # Another block's thoughts stand before these.
                self.say(ReasoningDelta, "\n\n", events)
            opened.thinking.append(text)
            self.say(ReasoningDelta, text, events)

    def _sign(self, opened: OpenBlock, signature: Any) -> None:
        if signature and isinstance(signature, str):
            opened.signature.append(signature)
            self.has_output = True

    def _argue(self, opened: OpenBlock, piece: Any, events: list[Event]) -> None:
        if piece and isinstance(piece, str):
            opened.arguments.append(piece)
            if opened.block.get("type") == "tool_use":
                self.call(opened.position, events, arguments=piece)

    def _cite(self, citations: Any, events: list[Event]) -> None:
        if citations and isinstance(citations, list):
            events.append(Extra("citations", clean(citations)))


def _whole(opened: OpenBlock) -> dict[str, Any]:
    """The block as it has to be sent back."""
    if opened.block.get("type") == "thinking":
        thinking, signature = "".join(opened.thinking), "".join(opened.signature)
        return {**opened.block, "thinking": thinking, "signature": signature}
    if opened.arguments:
        return {**opened.block, "input": _value("".join(opened.arguments))}
    return opened.block


def _value(written: str) -> Any:
    try:
        return parse_json(written)
    except ValueError:
        return written
