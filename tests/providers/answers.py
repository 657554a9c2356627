"""What the events of an answer come to, gathered the way a run does."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from providers.dialects import Dialect
from providers.events import (
    Cost,
    Event,
    Extra,
    Finished,
    ReasoningDelta,
    Refusal,
    Served,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from providers.sse import EventStream


@dataclass
class Answer:
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    # call id, name, arguments
    tool_calls: list[list[str]] = field(default_factory=list)
    finish: list[tuple[str, str]] = field(default_factory=list)
    # prompt, output, reasoning, cached
    tokens: tuple[int | None, ...] = (None, None, None, None)
    usd: Decimal | None = None
    model: str = ""
    request_id: str = ""
    extras: dict[str, Any] = field(default_factory=dict)


def gather(events: Iterable[Event]) -> Answer:
    answer = Answer()
    for event in events:
        match event:
            case TextDelta(text=text):
                answer.text += text
            case ReasoningDelta(text=text):
                answer.reasoning += text
            case Refusal(text=text):
                answer.refusal += text
            case ToolCallDelta(position=position):
                if position == len(answer.tool_calls):
                    answer.tool_calls.append(["", "", ""])
                call = answer.tool_calls[position]
                call[:] = [call[0] or event.call_id, call[1] or event.name, call[2] + event.arguments]
            case Finished(reason=reason, raw=raw):
                answer.finish.append((reason.value, raw))
            case Usage():
                answer.tokens = (
                    event.prompt_tokens,
                    event.output_tokens,
                    event.reasoning_tokens,
                    event.cached_tokens,
                )
            case Cost(usd=usd):
                answer.usd = usd
            case Served(model=model, request_id=request_id):
                answer.model, answer.request_id = model, request_id
            case Extra(name=name, value=value):
                answer.extras[name] = value
    return answer


def streamed(dialect: Dialect, *reads: bytes) -> list[Event]:
    """The events of a stream that comes in these reads."""
    stream, reader = EventStream(), dialect.stream_reader()
    data = [data for read in reads for data in stream.feed(read)] + stream.close()
    return [event for piece in data for event in reader.feed(piece)] + reader.close()
