"""One reader's view of one run: what to send next, when to read the database instead, and when to wait.

Pure: no Django, no I/O. The relay does the reading and hands on what is to be sent; this decides.
"""

import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii

from runs.folding import StoredEvent

# What may be on its way to a reader who has not acknowledged it: frames of one run, and characters of all its runs. The
# server underneath has no back-pressure: a client that did not read made it grow by 180 MB in 12 seconds.
MOST_UNACKNOWLEDGED = 64
LARGEST_UNACKNOWLEDGED = 256 * 1024
# Seconds without any acknowledgement, with frames waiting for one, until the reader is given up.
PATIENCE = 30.0


def event_frame(run_id: int, event: StoredEvent) -> str:
    """An event as a reader gets it.

    Each token passes here once for each reader: only the payload needs the encoder, and without the rest of it this
    takes a quarter of the time.
    """
    if event.type == "choice":
        # Its payload is an object already: what is in it stands beside the rest.
        return f'{{"run": "{run_id}", "seq": {event.seq}, "type": "choice", {event.payload[1:]}'
    name = "html" if event.type == "html" else "text"
    said = encode_basestring_ascii(event.payload)
    return f'{{"run": "{run_id}", "seq": {event.seq}, "type": "{event.type}", "{name}": {said}}}'


def end_frame(run_id: int, seq: int, state: str) -> str:
    return json.dumps({"run": str(run_id), "seq": seq, "type": "end", "state": state})


def error_frame(run_id: int, sentence: str) -> str:
    return json.dumps({"run": str(run_id), "type": "error", "sentence": sentence})


def state_frame(run_id: int, state: str, facts: dict[str, object]) -> str:
    return json.dumps({"run": str(run_id), "type": "state", "state": state, **facts})


class Window:
    """How much is on its way to one reader, over all the runs it follows.

    What is sent has a place on the way, and arrives in order: whoever has the frame at one place has all before it,
    also those of other runs. So a run that has ended, whose last frames nobody need acknowledge, does not stay in it.
    """

    def __init__(self) -> None:
        self._sent = 0
        self._arrived = 0
        self._waiting_since = 0.0

    @property
    def is_full(self) -> bool:
        return self._sent - self._arrived >= LARGEST_UNACKNOWLEDGED

    @property
    def is_stuck(self) -> bool:
        """It is full, and nothing has arrived for too long."""
        return self.is_full and time.monotonic() - self._waiting_since > PATIENCE

    def sent(self, size: int) -> int:
        """So many characters go out; the place behind them."""
        if self._sent == self._arrived:
            self._waiting_since = time.monotonic()
        self._sent += size
        return self._sent

    def has_arrived(self, place: int) -> bool:
        return place <= self._arrived

    def arrived(self, place: int) -> None:
        """The reader has everything before this place."""
        if place > self._arrived:
            self._arrived = place
            self._waiting_since = time.monotonic()


@dataclass(eq=False)
class Following:
    """Sends each event once and in order: forwards the next number, drops a repeat, and has a gap read."""

    run_id: int
    last_seq: int
    # In which state it was read last, where another process performs it.
    seen_state: str = ""
    # True when the database has to be asked: at the start, after a gap, and when the buffer was not kept.
    is_behind: bool = True
    # Set when the run has ended and `last_seq` tells whether everything was sent.
    final_state: str = ""
    # The number of the run's last event, where whoever said that it has ended knows it.
    final_seq: int | None = None
    buffered: deque[StoredEvent] = field(default_factory=deque)
    # Shared by all that this reader follows.
    window: Window = field(default_factory=Window)
    # (number, place on the way) of each frame.
    _unacknowledged: deque[tuple[int, int]] = field(default_factory=deque)
    _waiting_since: float = 0.0

    @property
    def is_blocked(self) -> bool:
        """The reader has to acknowledge something before more is sent."""
        return len(self._unacknowledged) >= MOST_UNACKNOWLEDGED or self.window.is_full

    @property
    def is_complete(self) -> bool:
        """The run has ended and everything was sent, so that only the end is left to be told."""
        return bool(self.final_state) and self.last_seq == self.final_seq

    @property
    def is_given_up(self) -> bool:
        """The reader has not acknowledged anything for too long."""
        return bool(self._unacknowledged) and time.monotonic() - self._waiting_since > PATIENCE

    @property
    def is_on_its_way(self) -> bool:
        """Some of it may not have arrived."""
        return bool(self._unacknowledged) and not self.window.has_arrived(self._unacknowledged[-1][1])

    def offer(self, events: Sequence[StoredEvent]) -> None:
        """Events that are stored now. A reader who cannot keep up gets them from the database later."""
        if self.is_blocked or self.is_behind:
            self.is_behind = True
            self.buffered.clear()
        else:
            self.buffered.extend(events)

    def take(self) -> StoredEvent | None:
        """The next event to send, or None. Notices gaps and drops repeats on the way."""
        while self.buffered and not self.is_blocked:
            event = self.buffered.popleft()
            if event.seq <= self.last_seq:
                continue
            if event.seq > self.last_seq + 1:
                self.is_behind = True
                self.buffered.clear()
                return None
            return event
        return None

    def sent(self, seq: int, size: int) -> None:
        """A frame with this number and this many characters goes out."""
        self.last_seq = seq
        if not self._unacknowledged:
            self._waiting_since = time.monotonic()
        self._unacknowledged.append((seq, self.window.sent(size)))

    def acknowledge(self, seq: int) -> None:
        """The reader has everything up to this number."""
        while self._unacknowledged and self._unacknowledged[0][0] <= seq:
            self.window.arrived(self._unacknowledged.popleft()[1])
            self._waiting_since = time.monotonic()
