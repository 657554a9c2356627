"""A run's events as its text, and back: what a run is shown as while it runs becomes what is kept when it has ended.

Pure: no Django, no I/O.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# Characters that one event of text has at most, so that as many as a reader may have unacknowledged are no more than it
# may have. Without a limit, what came at once was one event: megabytes, and more than a socket takes as one message.
LARGEST_EVENT = 4 * 1024

TEXT, REASONING, TOOL_CALL, HTML = "text", "reasoning", "tool_call", "html"


class StoredEvent(NamedTuple):
    """A numbered piece of a run's output; `payload` is text, a tool call's JSON, or the HTML of a finished block."""

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
    timeline: bytes = b""
    last_seq: int = 0


def fold(events: Sequence[StoredEvent]) -> Folded:
    """Everything the events said, and a timeline that remembers which number said how much of it."""
    return Folded(
        text="".join(event.payload for event in events if event.type == TEXT),
        reasoning="".join(event.payload for event in events if event.type == REASONING),
        tool_calls=join_tool_calls(json.loads(event.payload) for event in events if event.type == TOOL_CALL),
        timeline=zlib.compress(json.dumps([[event.type, len(event.payload), event.ms] for event in events]).encode()),
        last_seq=events[-1].seq if events else 0,
    )


def join_tool_calls(pieces: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whole calls from their pieces: same position, same call; ids and names come once, arguments piece by piece."""
    calls: dict[int, dict[str, Any]] = {}
    for piece in pieces:
        call = calls.setdefault(piece["position"], {"id": "", "name": "", "arguments": ""})
        call["id"] = call["id"] or piece["id"]
        call["name"] = call["name"] or piece["name"]
        call["arguments"] += piece["arguments"]
    return [calls[position] for position in sorted(calls)]


def unfold(text: str, reasoning: str, timeline: bytes, after: int) -> list[StoredEvent]:
    """What a reader who has seen the events up to number `after` has not seen, as few events as may be.

    Finished blocks are left out: whoever comes late fetches the whole message anyway.
    """
    entries: list[tuple[str, int, int]] = json.loads(zlib.decompress(timeline)) if timeline else []
    whole, place = {TEXT: text, REASONING: reasoning}, {TEXT: 0, REASONING: 0}
    events: list[StoredEvent] = []
    for seq, (kind, length, _) in enumerate(entries, start=1):
        if kind not in whole:
            continue
        begin, place[kind] = place[kind], place[kind] + length
        if seq > after:
            piece = whole[kind][begin : place[kind]]
            if events and events[-1].type == kind and len(events[-1].payload) + length <= LARGEST_EVENT:
                piece = events.pop().payload + piece
            # Joined or not, it has the number up to which it reaches: a reader can go on from any of them.
            events.append(StoredEvent(seq, kind, piece, 0))
    return events
