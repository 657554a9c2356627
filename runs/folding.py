"""A run's events as its text, and back: what a run is shown as while it runs becomes what is kept when it has ended.

Pure: no Django, no I/O.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
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


def unfold(
    text: str, reasoning: str, timeline: bytes, after: int, choices: Mapping[int, Mapping[str, Any]] | None = None
) -> list[StoredEvent]:
    """What a reader who has seen the events up to number `after` has not seen, as few events as may be.

    Finished blocks are left out: whoever comes late fetches the whole message anyway.
    """
    entries: list[tuple[str, int, int]] = json.loads(zlib.decompress(timeline)) if timeline else []
    whole = {TEXT: text, REASONING: reasoning}
    for number, choice in (choices or {}).items():
        whole |= {f"{kind}:{number}": choice[kind] for kind in (TEXT, REASONING)}
    place = dict.fromkeys(whole, 0)
    # (number, what it is in the timeline, piece)
    pieces: list[tuple[int, str, str]] = []
    for seq, (kind, length, _) in enumerate(entries, start=1):
        if kind not in whole:
            continue
        begin, place[kind] = place[kind], place[kind] + length
        if seq > after:
            piece = whole[kind][begin : place[kind]]
            if pieces and pieces[-1][1] == kind and len(pieces[-1][2]) + length <= LARGEST_EVENT:
                piece = pieces.pop()[2] + piece
            # Joined or not, it has the number up to which it reaches: a reader can go on from any of them.
            pieces.append((seq, kind, piece))
    return [_unfolded(*piece) for piece in pieces]


def _unfolded(seq: int, kind: str, piece: str) -> StoredEvent:
    kind, _, choice = kind.partition(":")
    if not choice:
        return StoredEvent(seq, kind, piece, 0)
    return StoredEvent(seq, CHOICE, json.dumps({"choice": int(choice), kind: piece}), 0)
