"""Reads an answer, in pieces or whole: the items in it, and at the end how it ended and what it took.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from collections.abc import Callable, Mapping
from typing import Any

from providers.dialects.refusals import refusal_in
from providers.dialects.responses.messages import ItemReader
from providers.dialects.responses.usage import read_usage
from providers.dialects.speech import Spoken
from providers.dialects.values import name_in, number_in, within
from providers.dialects.wire import END_MARK, parsed_piece
from providers.events import Cost, Event, Finished, FinishReason, ReasoningDelta, Refusal, Served, TextDelta
from providers.untrusted import clean_text

# Characters of the reason for an end.
MAX_REASON = 100
# How an answer that was not completed ended.
INCOMPLETE = {
    "max_output_tokens": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}
# The pieces that texts come in: what they are, where they belong, and the number of their part.
PIECES: dict[str, tuple[Spoken, str, str]] = {
    "response.output_text": (TextDelta, "content", "content_index"),
    "response.refusal": (Refusal, "content", "content_index"),
    "response.reasoning_summary_text": (ReasoningDelta, "summary", "summary_index"),
    "response.reasoning_text": (ReasoningDelta, "reasoning", "content_index"),
}
# The pieces of a call, and where the whole is once they have come.
CALLS = {"response.function_call_arguments": "arguments", "response.custom_tool_call_input": "input"}


class AnswerReader:
    """One answer's events, read event by event with `feed` and `close`, or at once with `read_whole`.

    `read_cost` finds what the provider says the call cost, if it says so.
    """

    def __init__(self, read_cost: Callable[[Mapping[str, Any]], Cost | None]) -> None:
        # The answer was completed, or said to be as far as it goes; nothing follows that.
        self.saw_end = False
        self.is_over = False
        self._read_cost = read_cost
        self._items = ItemReader()
        self._served = Served()

    def feed(self, data: str) -> list[Event]:
        if self.is_over or not data.strip():
            return []
        if data.strip() == END_MARK:
            self.saw_end = self.is_over = True
            return self.close()
        said = parsed_piece(data)
        events: list[Event] = []
        kind = name_in(said.get("type"))
        subject, _, step = kind.rpartition(".")
        if kind in {"response.created", "response.queued", "response.in_progress"}:
            self._read_served(_object(said, "response"), events)
        elif kind in {"response.completed", "response.incomplete"}:
            self.saw_end = self.is_over = True
            return self.read_whole(_object(said, "response"))
        elif subject in PIECES:
            self._read_text(said, subject, step, events)
        elif subject in CALLS:
            index = number_in(said, "output_index")
            if step == "delta":
                self._items.argue(said.get("delta"), index, events)
            else:
                self._items.argue_whole(said.get(CALLS[subject]), index, events)
        elif kind == "response.output_item.added":
            self._items.begin(_object(said, "item"), number_in(said, "output_index"), events)
        elif kind == "response.output_item.done":
            self._items.read(_object(said, "item"), number_in(said, "output_index"), events)
        elif kind == "response.output_text.annotation.added":
            place = number_in(said, "output_index"), number_in(said, "content_index")
            self._items.cite(said.get("annotation"), *place, events)
        elif kind in {"error", "response.failed"} or said.get("error"):
            self._fail(said)
        return events

    def close(self) -> list[Event]:
        return self._items.close()

    def read_whole(self, answer: Mapping[str, Any]) -> list[Event]:
        """What a whole answer says, without what was said of it before."""
        if answer.get("error") or answer.get("status") == "failed":
            self._fail(answer)
        events: list[Event] = []
        self._read_served(answer, events)
        self._items.read_all(answer.get("output"), events)
        self._read_end(answer, events)
        usage = answer.get("usage")
        if usage and isinstance(usage, dict):
            has_output, has_reasoning = self._items.has_output, self._items.has_reasoning
            events.append(read_usage(usage, has_output=has_output, has_reasoning=has_reasoning))
        cost = self._read_cost(answer)
        if cost:
            events.append(cost)
        return events + self.close()

    def _read_text(self, said: Mapping[str, Any], subject: str, step: str, events: list[Event]) -> None:
        event, what, part = PIECES[subject]
        index, number = number_in(said, "output_index"), number_in(said, part)
        if step == "delta":
            self._items.add(event, said.get("delta"), (what, index, number), events)
            self._items.weigh(said.get("logprobs"), index, number, events)
        elif step == "done":
            self._items.add_whole(event, said.get("text") or said.get("refusal"), (what, index, number), events)

    def _read_served(self, answer: Mapping[str, Any], events: list[Event]) -> None:
        served = Served(
            model=self._served.model or name_in(answer.get("model")),
            request_id=self._served.request_id or name_in(answer.get("id")),
        )
        if served != self._served:
            self._served = served
            events.append(served)

    def _read_end(self, answer: Mapping[str, Any], events: list[Event]) -> None:
        status = name_in(answer.get("status"))
        reason = name_in(within(answer, "incomplete_details", "reason"))
        if status == "incomplete" or reason:
            events.append(Finished(INCOMPLETE.get(reason, FinishReason.OTHER), (reason or status)[:MAX_REASON]))
        elif status == "completed" and self._items.has_calls:
            events.append(Finished(FinishReason.TOOL_CALLS, status))
        elif status:
            known = FinishReason.STOP if status == "completed" else FinishReason.OTHER
            events.append(Finished(known, clean_text(status)[:MAX_REASON]))

    def _fail(self, said: Mapping[str, Any]) -> None:
        """Raise the error, which lies in the event or in the answer that failed."""
        answer = _object(said, "response") or said
        self._items.give_up(refusal_in(answer), self._served.request_id)


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
