"""Reads an answer, in pieces or whole: a message, the blocks in it, and at the end why it stopped and what it took.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Mapping
from typing import Any

from providers.dialects.anthropic.messages import BlockReader
from providers.dialects.anthropic.usage import merged, read_usage
from providers.dialects.refusals import refusal_in
from providers.dialects.values import index_of, name_in, within
from providers.dialects.wire import END_MARK, parsed_piece
from providers.events import Event, Extra, Finished, FinishReason, Refusal, Served
from providers.untrusted import clean, clean_text

# Characters of a stop reason.
MAX_REASON = 100
STOP_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}


class AnswerReader:
    """One answer's events, read event by event with `feed` and `close`, or at once with `read_whole`."""

    def __init__(self) -> None:
        # A stop reason or the end of the message was seen.
        self.saw_end = False
        # The message ended. Not so with its stop reason: that comes one event earlier.
        self.is_over = False
        self._blocks = BlockReader()
        self._served = Served()
        self._usage: dict[str, Any] = {}

    def feed(self, data: str) -> list[Event]:
        if self.is_over or not data.strip():
            return []
        if data.strip() == END_MARK:
            # Not a word of this dialect, but servers that translate into it have been heard to say it.
            return self._end()
        said = parsed_piece(data)
        self._refuse_error(said)
        events: list[Event] = []
        match said.get("type"):
            case "message_start":
                self._read_start(_object(said, "message"), events)
            case "content_block_start":
                self._blocks.begin(_object(said, "content_block"), index_of(said, 0), events)
            case "content_block_delta":
                self._blocks.add(_object(said, "delta"), index_of(said, 0), events)
            case "content_block_stop":
                self._blocks.end(index_of(said, 0), events)
            case "message_delta":
                self._read_stop(_object(said, "delta"), events)
                self._read_usage(said, events)
            case "message_stop":
                return self._end()
        return events

    def close(self) -> list[Event]:
        return self._blocks.close()

    def read_whole(self, answer: Mapping[str, Any]) -> list[Event]:
        self._refuse_error(answer)
        events: list[Event] = []
        self._read_served(answer, events)
        content = answer.get("content")
        for index, block in enumerate(content if isinstance(content, list) else []):
            if isinstance(block, dict):
                self._blocks.read(block, index, events)
        self._read_stop(answer, events)
        self._read_usage(answer, events)
        return events + self.close()

    def _refuse_error(self, said: Mapping[str, Any]) -> None:
        if said.get("error") or said.get("type") == "error":
            self._blocks.give_up(refusal_in(said), self._served.request_id)

    def _read_start(self, message: Mapping[str, Any], events: list[Event]) -> None:
        self._read_served(message, events)
        self._read_usage(message, events, is_begun=True)

    def _read_served(self, message: Mapping[str, Any], events: list[Event]) -> None:
        served = Served(model=name_in(message.get("model")), request_id=name_in(message.get("id")))
        if served != self._served:
            self._served = served
            events.append(served)

    def _read_stop(self, holder: Mapping[str, Any], events: list[Event]) -> None:
        reason = holder.get("stop_reason")
        if reason and isinstance(reason, str):
            known = STOP_REASONS.get(reason, FinishReason.OTHER)
            self._blocks.say(Refusal, within(holder, "stop_details", "explanation"), events)
            events.append(Finished(known, clean_text(reason)[:MAX_REASON]))
            if holder.get("stop_sequence"):
                events.append(Extra("stop_sequence", clean(holder["stop_sequence"])))
            self.saw_end = True

    def _read_usage(self, holder: Mapping[str, Any], events: list[Event], *, is_begun: bool = False) -> None:
        usage = holder.get("usage")
        if usage and isinstance(usage, dict):
            self._usage = merged(self._usage, usage)
            has_output, has_reasoning = self._blocks.has_output, self._blocks.has_reasoning
            events.append(
                read_usage(self._usage, is_begun=is_begun, has_output=has_output, has_reasoning=has_reasoning)
            )

    def _end(self) -> list[Event]:
        self.saw_end = self.is_over = True
        events: list[Event] = []
        self._blocks.end_all(events)
        return events + self.close()


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
