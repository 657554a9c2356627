"""A run's events as its text, and back: what a run is shown as while it runs becomes what is kept when it has ended.

Pure: no Django, no I/O.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from runs.choices import join_choices, piece_in

# Characters that one event of text has at most, so that as many as a reader may have unacknowledged are no more than it
# may have. Without a limit, what came at once was one event: megabytes, and more than a socket takes as one message.
LARGEST_EVENT = 4 * 1024

TEXT, REASONING, TOOL_CALL, HTML, CHOICE = "text", "reasoning", "tool_call", "html", "choice"


class StoredEvent(NamedTuple):
    """A numbered piece of a run's output.

    `payload` is text, a tool call's JSON, the HTML of a finished block, or the JSON of a piece of another choice.
    """

    seq: int
    type: str
    payload: str
    # Milliseconds since the attempt was sent.
    ms: int


@dataclass(frozen=True)
class Folded:
    """What the events of a run come to."""

    text: str = ""
    reasoning: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    # The choices after the first, by their number.
    choices: dict[int, dict[str, Any]] = field(default_factory=dict)
    timeline: bytes = b""
    last_seq: int = 0


def fold(events: Sequence[StoredEvent]) -> Folded:
    """Everything the events said, and a timeline that remembers which number said how much of it."""
    return Folded(
        text="".join(event.payload for event in events if event.type == TEXT),
        reasoning="".join(event.payload for event in events if event.type == REASONING),
        tool_calls=join_tool_calls(json.loads(event.payload) for event in events if event.type == TOOL_CALL),
        choices=_choices(events),
        timeline=zlib.compress(json.dumps([_entry(event) for event in events]).encode()),
        last_seq=events[-1].seq if events else 0,
    )


def _choices(events: Sequence[StoredEvent]) -> dict[int, dict[str, Any]]:
    joined = join_choices(event.payload for event in events if event.type == CHOICE)
    return {
        number: {**choice, "tool_calls": join_tool_calls(choice["tool_calls"])} for number, choice in joined.items()
    }


def _entry(event: StoredEvent) -> tuple[str, int, int]:
    """The event in the timeline; a piece of another choice says of which, as in `text:2`."""
    if event.type != CHOICE:
        return event.type, len(event.payload), event.ms
    choice, kind, piece = piece_in(event.payload)
    return f"{kind}:{choice}", len(piece), event.ms


def join_tool_calls(pieces: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whole calls from their pieces: same position, same call; ids and names come once, arguments piece by piece."""
    calls: dict[int, dict[str, Any]] = {}
    for piece in pieces:
        call = calls.setdefault(piece["position"], {"id": "", "name": "", "arguments": ""})
        call["id"] = call["id"] or piece["id"]
        call["name"] = call["name"] or piece["name"]
        call["arguments"] += piece["arguments"]
    return [calls[position] for position in sorted(calls)]


class Part(NamedTuple):
    """A stretch of what a run said, which is one event to a reader who comes late."""

    # The number of its last event: a reader can go on from there.
    seq: int
    # As the timeline has it: `text`, or `text:2` for what another choice said.
    kind: str
    # Characters of all that the run said of this kind.
    begin: int
    end: int

    def said(self, piece: str) -> StoredEvent:
        """The part as an event that says this."""
        kind, _, choice = self.kind.partition(":")
        if not choice:
            return StoredEvent(self.seq, kind, piece, 0)
        return StoredEvent(self.seq, CHOICE, json.dumps({"choice": int(choice), kind: piece}), 0)


def parts_after(timeline: bytes, after: int, most: int) -> list[Part]:
    """What a reader has not seen who has seen the events up to number `after`: at most so many parts, as large as an
    event may be.

    Calls of tools and finished blocks are left out: whoever comes late fetches the whole message anyway.
    """
    entries: list[tuple[str, int, int]] = json.loads(zlib.decompress(timeline)) if timeline else []
    place: defaultdict[str, int] = defaultdict(int)
    parts: list[Part] = []
    for seq, (kind, length, _) in enumerate(entries, start=1):
        if kind.partition(":")[0] not in (TEXT, REASONING):
            continue
        begin = place[kind]
        end = place[kind] = begin + length
        if seq <= after:
            continue
        last = parts[-1] if parts else None
        if last and last.kind == kind and end - last.begin <= LARGEST_EVENT:
            parts[-1] = Part(seq, kind, last.begin, end)
        elif len(parts) < most:
            parts.append(Part(seq, kind, begin, end))
        else:
            break
    return parts
