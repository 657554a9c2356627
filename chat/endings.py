"""Why an answer is short or empty, in plain words, and how much room would help. Pure: no Django, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from providers.parameters.limits import next_limit

# Parameters that name stop sequences.
STOPS = ("stop", "stop_sequences")
# Of the limit: an answer that took this much of it was cut by it, whatever the provider says.
NEARLY_ALL = 0.98


@dataclass(frozen=True)
class Room:
    """How long the answer could have become, and could become at most; None: not known."""

    # The parameter that says so.
    limit_name: str = "max_tokens"
    limit: int | None = None
    # What is sent when nobody says.
    usual: int | None = None
    most: int | None = None
    context: int | None = None


@dataclass(frozen=True)
class Ending:
    """How a run came to its end."""

    state: str
    finish_reason: str
    finish_reason_raw: str = ""
    has_text: bool = False
    has_reasoning: bool = False
    has_calls: bool = False
    has_refusal: bool = False
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    parameters: Mapping[str, Any] | None = None
    # Whether it went to the provider before it ended.
    was_sent: bool = True

    @property
    def is_empty(self) -> bool:
        return not (self.has_text or self.has_calls or self.has_refusal)

    @property
    def wants_words(self) -> bool:
        """Whether there is something about it that a person should be told."""
        told = self.finish_reason in ("length", "content_filter") or self.finish_reason_raw == "stop_sequence"
        calls_alone = self.has_calls and not self.has_text
        return self.state == "cancelled" or told or (self.state == "done" and (self.is_empty or calls_alone))

    def was_cut(self, room: Room) -> bool:
        """Whether there was no more room. Some providers say `stop` when the reasoning took all of it."""
        if self.finish_reason == "length":
            return True
        used_up = bool(room.limit and self.output_tokens and self.output_tokens >= room.limit * NEARLY_ALL)
        return self.finish_reason in ("stop", "other") and self.is_empty and used_up


@dataclass(frozen=True)
class Notice:
    """What is said under an answer; `tokens` is the room to try it again with, where more would help."""

    sentence: str
    tokens: int | None = None

    @property
    def retry_words(self) -> str:
        return f"Retry with {self.tokens:,} tokens"


def notice_of(ending: Ending, room: Room) -> Notice | None:
    """What to say about this ending; None where the answer speaks for itself."""
    if not ending.wants_words:
        return None
    if ending.state == "cancelled" and not ending.was_sent:
        return Notice("You cancelled this before it was sent. Nothing was charged.")
    if ending.state == "cancelled":
        kept = " What had arrived is kept." if ending.has_text or ending.has_reasoning else ""
        return Notice(f"You stopped this answer.{kept} It had been sent, so it may have been charged.")
    if ending.was_cut(room):
        return _cut(ending, room)
    if ending.finish_reason == "content_filter":
        rest = "What came before it is kept." if ending.has_text else "Nothing of the answer came through."
        return Notice(
            f"The provider's content filter ended the answer. {rest} Word it differently, or try another model."
        )
    if stops := _stops(ending):
        return Notice(_stopped(ending, stops))
    if ending.has_calls:
        return Notice("The model answers once it has the result of what it calls.")
    if ending.has_reasoning:
        more = next_limit(room.limit, usual=room.usual, most=_most(ending, room), reasons=True)
        return Notice("The model only reasoned, and ended without an answer. More room may help, or another try.", more)
    return Notice("The model ended without an answer. Try again, or word it differently.")


def _cut(ending: Ending, room: Room) -> Notice:
    more = next_limit(room.limit, usual=room.usual, most=_most(ending, room), reasons=ending.has_reasoning)
    return Notice(f"{_where(ending, room)} {_way_on(ending, room, more)}", more)


def _where(ending: Ending, room: Room) -> str:
    limit = room.limit or ending.output_tokens
    tokens = f" ({limit:,} tokens)" if limit else ""
    if _fills_context(ending, room):
        return f"The answer was cut because the model's context of {room.context:,} tokens is full."
    if ending.has_text or ending.has_calls:
        return f"The answer was cut at {room.limit_name}{tokens}."
    if ending.has_reasoning:
        return f"The model spent all of {room.limit_name}{tokens} on reasoning: nothing was left for the answer."
    return f"Nothing of the answer came before {room.limit_name}{tokens} was used up: hidden reasoning counts too."


def _way_on(ending: Ending, room: Room, more: int | None) -> str:
    if more:
        return "With more room it can go on to its end; it is written anew, beside this one."
    if _fills_context(ending, room):
        return "Shorten the conversation, or choose a model with a larger context."
    if room.most and room.limit and room.limit >= room.most:
        went_on = "Ask it to go on from there." if ending.has_text else "Ask for less, or try another model."
        return f"That is the most that this model puts out. {went_on}"
    return f"Raise {room.limit_name} and regenerate."


def _fills_context(ending: Ending, room: Room) -> bool:
    used = (ending.prompt_tokens or 0) + (ending.output_tokens or 0)
    return bool(room.context and ending.prompt_tokens and used >= room.context * NEARLY_ALL)


def _most(ending: Ending, room: Room) -> int | None:
    """What the model may put out, within what its context leaves."""
    left = room.context - (ending.prompt_tokens or 0) if room.context else None
    return min((bound for bound in (room.most, left) if bound is not None), default=None)


def _stops(ending: Ending) -> Sequence[str]:
    """The stop sequences, where one of them may have ended it."""
    found = next((value for name in STOPS if (value := (ending.parameters or {}).get(name))), ())
    listed = [found] if isinstance(found, str) else [str(item) for item in found]
    ended_by_one = ending.finish_reason_raw == "stop_sequence" or (ending.is_empty and ending.finish_reason == "stop")
    return listed if ended_by_one and not ending.has_reasoning else ()


def _stopped(ending: Ending, stops: Sequence[str]) -> str:
    named = ", ".join(f"“{stop[:40]}”" for stop in stops[:4])
    if ending.is_empty:
        return f"Nothing came: the answer may have begun with a stop sequence ({named}). Reset it, and try again."
    return f"A stop sequence ended the answer ({named})."
