"""Reads an answer, in pieces or whole, from any of the many servers that call themselves OpenAI-compatible.

They differ in what is null and what is absent, in where they put things, in how often they say that they are done. So
every value is looked at before it is used, and what cannot be used is passed over: the raw reply is kept besides.
"""

from collections.abc import Callable, Mapping
from typing import Any

from providers.dialects.openai.messages import PLAIN as PLAIN_DELTA
from providers.dialects.openai.messages import MessageReader
from providers.dialects.openai.repeats import Repeats
from providers.dialects.openai.usage import read_timings, read_usage
from providers.dialects.refusals import refusal_in
from providers.dialects.values import index_of, name_in
from providers.dialects.wire import END_MARK, parsed_piece
from providers.errors import Broken
from providers.events import Cost, Event, Extra, Finished, FinishReason, Served
from providers.untrusted import clean, clean_text

# Characters of a finish reason.
MAX_REASON = 100
FINISH_REASONS = {
    "stop": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "tool_use": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
    "safety": FinishReason.CONTENT_FILTER,
}
# What a chunk consists of that brings a piece of text and nothing else: members that are read once, or not at all.
PLAIN = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "provider"}
)
PLAIN_CHOICE = frozenset({"index", "delta", "finish_reason", "native_finish_reason", "logprobs"})
# What a search found, beside the choices instead of in one; some streams say it again with every chunk.
FOUND = ("citations", "search_results")
# OpenRouter finishes so what its upstream did not; an answer that failed is not one that is done.
FAILED = "error"


class AnswerReader:
    """One answer's events, read chunk by chunk with `feed` and `close`, or at once with `read_whole`.

    `read_cost` finds what the provider says the call cost, if it says so.
    """

    def __init__(self, read_cost: Callable[[Mapping[str, Any]], Cost | None]) -> None:
        # Every answer that began has a finish reason, or the end mark came.
        self.saw_end = False
        # The end mark came. Not so after a finish reason: usage follows it, and some send one with every chunk.
        self.is_over = False
        self._read_cost = read_cost
        self._messages = MessageReader()
        self._repeats = Repeats()
        self._served = Served()
        self._begun: set[int] = set()
        self._finished: set[int] = set()
        self._has_usage = False
        self._found: dict[str, Any] = {}

    def feed(self, data: str) -> list[Event]:
        if self.is_over:
            return []
        text = self._repeats.text_in(data)
        if text is not None:
            return self._messages.said(text)
        if not data.startswith("{"):
            mark = data.strip()
            if mark == END_MARK:
                self.saw_end = self.is_over = True
                return self.close()
            if not mark:
                return []
        chunk = parsed_piece(data)
        text = self._plain_text(chunk)
        if text is None:
            return self._read(chunk, "delta")
        self._repeats.learn(data, text, self._plain_text_in)
        return self._messages.said(text)

    def close(self) -> list[Event]:
        return self._messages.close()

    def read_whole(self, answer: Mapping[str, Any]) -> list[Event]:
        return self._read(answer, "message") + self.close()

    def _plain_text_in(self, data: str) -> str | None:
        try:
            return self._plain_text(parsed_piece(data))
        except Broken:
            return None

    def _plain_text(self, chunk: Mapping[str, Any]) -> str | None:
        """The text of a chunk that brings nothing else, as nearly each one does; the rest need not be looked for."""
        if not PLAIN.issuperset(chunk) or chunk.get("usage") or not (self._served.request_id and self._served.model):
            return None
        choices = chunk.get("choices")
        if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
            return None
        choice, delta = choices[0], choices[0].get("delta")
        if not PLAIN_CHOICE.issuperset(choice) or choice.get("finish_reason") or choice.get("logprobs"):
            return None
        if choice.get("index") != 0 or 0 not in self._begun or not isinstance(delta, dict):
            return None
        text = delta.get("content")
        return text if PLAIN_DELTA.issuperset(delta) and isinstance(text, str) else None

    def _read(self, answer: Mapping[str, Any], member: str) -> list[Event]:
        if answer.get("error"):
            self._messages.give_up(refusal_in(answer), self._served.request_id)
        events: list[Event] = []
        if not (self._served.request_id and self._served.model):
            self._read_served(answer, events)
        choices = answer.get("choices")
        if isinstance(choices, list):
            for position, choice in enumerate(choices):
                if isinstance(choice, dict):
                    self._read_choice(choice, index_of(choice, position), member, events)
        for name in FOUND:
            if name in answer and answer[name] != self._found.get(name):
                self._found[name] = answer[name]
                events.append(Extra(name, clean(answer[name])))
        self._read_usage(answer, events)
        if not self._has_usage and "timings" in answer:
            self._read_timings(answer["timings"], events)
        cost = self._read_cost(answer)
        if cost:
            events.append(cost)
        return events

    def _read_served(self, answer: Mapping[str, Any], events: list[Event]) -> None:
        served = Served(
            model=self._served.model or name_in(answer.get("model")),
            request_id=self._served.request_id or name_in(answer.get("id")),
        )
        if served != self._served:
            self._served = served
            events.append(served)

    def _read_choice(self, choice: Mapping[str, Any], index: int, member: str, events: list[Event]) -> None:
        if index not in self._begun:
            self._begun.add(index)
            self.saw_end = False
        message = choice.get(member)
        if isinstance(message, dict):
            self._messages.read(message, index, events)
        if choice.get("logprobs"):
            events.append(Extra("logprobs", clean(choice["logprobs"]), index))
        reason = choice.get("finish_reason")
        if choice.get("error") or reason == FAILED:
            self._messages.give_up(refusal_in(choice), self._served.request_id)
        if reason and isinstance(reason, str):
            self._finish(choice, reason, index, events)
        # One vendor puts the usage of its streams here.
        self._read_usage(choice, events)

    def _finish(self, choice: Mapping[str, Any], reason: str, index: int, events: list[Event]) -> None:
        known = FINISH_REASONS.get(reason.lower(), FinishReason.OTHER)
        events.append(Finished(known, clean_text(reason)[:MAX_REASON], index))
        # vLLM says which text, or token, made it stop.
        if choice.get("stop_reason") is not None:
            events.append(Extra("stop_sequence", clean(choice["stop_reason"]), index))
        self._finished.add(index)
        self.saw_end = self._begun <= self._finished

    def _read_usage(self, holder: Mapping[str, Any], events: list[Event]) -> None:
        usage = holder.get("usage")
        if usage and isinstance(usage, dict):
            self._has_usage = True
            has_output, has_reasoning = self._messages.has_output, self._messages.has_reasoning
            events.append(read_usage(usage, has_output=has_output, has_reasoning=has_reasoning))

    def _read_timings(self, timings: Any, events: list[Event]) -> None:
        usage = read_timings(timings) if isinstance(timings, dict) else None
        if usage:
            events.append(usage)
