"""What a provider says while it answers, as typed events. Pure: no Django, no I/O.

A dialect turns bytes into these, everything above reads only these.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any


class FinishReason(StrEnum):
    """Why the model stopped, in our words; the provider's own word is kept beside it."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer. `choice` counts from 0 and is above it only when several answers were asked for."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's reasoning, shown apart from the answer."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call: pieces with the same `position` belong together, and `arguments` are to be joined."""

    position: int
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model declined, and this is what it said instead of an answer."""

    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """The model stopped. A provider may send more than one (usage comes with either)."""

    reason: FinishReason
    raw: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts. None means not reported: a count of 0 where there plainly was text is not believed.

    `output_tokens` include reasoning, however the provider counts it.
    """

    prompt_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the provider says this call cost, in US dollars."""

    usd: Decimal
    # The wire field it was read from, such as "meta.usage.usd_spent".
    source: str


@dataclass(frozen=True, slots=True)
class Served:
    """Who really answered: often not the id that was asked for. Empty strings where it was not said."""

    model: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """A part of the message that is kept but not shown as text: opaque blobs, citations, audio, log probabilities.

    A stream may give one name several times: its pieces, in order.
    """

    name: str
    value: Any
    choice: int = 0


Event = TextDelta | ReasoningDelta | ToolCallDelta | Refusal | Finished | Usage | Cost | Served | Extra
