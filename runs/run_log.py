"""What one run has said so far, on its way through the journal. Belongs to the event loop. Pure: no Django, no I/O."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from providers.events import Usage
from runs.folding import LARGEST_EVENT, REASONING, TEXT, StoredEvent
from runs.supplements import Brought

# Neighbouring pieces of these are one event; a tool call's pieces and a finished block stay what they are.
MERGED = frozenset({TEXT, REASONING})


class Writer(Protocol):
    """Who stores what a log holds."""

    def want(self, log: "RunLog", *, at_once: bool = False) -> None:
        """This log has something to be stored."""
        ...


class LostError(Exception):
    """The run is not ours any more: it was ended or taken over while we were not looking, or we store nothing more."""


@dataclass
class Outcome:
    """How a run ended: the columns of its record, the state of its attempt, and what it brought beside its text."""

    state: str
    record: dict[str, Any]
    attempt: dict[str, Any]
    brought: Brought = field(default_factory=Brought)
    # What a cost is computed from, where none was reported.
    usage: Usage | None = None


def _tell_nobody(*_: object) -> None:
    pass


@dataclass(eq=False)
class RunLog:
    """The events of one run, from the performance's hand to the database."""

    run_id: int
    journal: Writer
    started: float = field(default_factory=time.monotonic)
    events: list[StoredEvent] = field(default_factory=list)
    # What the next commit will take: (type, payload, ms), neighbours of one type already joined.
    pending: list[tuple[str, list[str], int]] = field(default_factory=list)
    # Characters that the last of them has left.
    space: int = 0
    # Reads what has come and writes it here: at most so many bytes, which came at this millisecond. True if there is
    # more. None while nothing comes.
    source: Callable[[int, int], bool] | None = None
    # When the first came of what the source has, in milliseconds.
    arrived: int | None = None
    stored: int = 0
    lost: bool = False
    on_stored: Callable[[list[StoredEvent]], None] = _tell_nobody
    on_lost: Callable[[], None] = _tell_nobody

    def restart_clock(self) -> None:
        """The attempt is about to be sent: its milliseconds count from now."""
        self.started = time.monotonic()

    @property
    def ms(self) -> int:
        """Milliseconds since the attempt was sent."""
        return int((time.monotonic() - self.started) * 1000)

    def read_by(self, source: Callable[[int, int], bool] | None) -> None:
        """From now on this says what has come; None while nothing comes."""
        self.source, self.arrived = source, None

    def has_news(self) -> None:
        """The source has something: it is read when the next commit is made."""
        if self.arrived is None:
            self.arrived = self.ms
            self.journal.want(self)

    def write(self, kind: str, payload: str, ms: int) -> None:
        """Hand over a piece and the milliseconds of its arrival. It is stored with what `take` gives next."""
        size = len(payload)
        is_merged = kind in MERGED
        if is_merged and size > LARGEST_EVENT:
            for start in range(0, size, LARGEST_EVENT):
                self.write(kind, payload[start : start + LARGEST_EVENT], ms)
            return
        if is_merged and size <= self.space and self.pending and self.pending[-1][0] == kind:
            self.pending[-1][1].append(payload)
            self.space -= size
        else:
            self.pending.append((kind, [payload], ms))
            self.space = LARGEST_EVENT - size

    def stored_after(self, seq: int) -> list[StoredEvent]:
        """What may be shown after this number; numbers begin at 1 and leave none out."""
        return self.events[seq : self.stored]

    def report(self, events: list[StoredEvent], *, is_ours: bool) -> None:
        """The commit was made: these events may be shown, if the run is still ours."""
        if not is_ours and not self.lost:
            self.lost = True
            self.on_lost()
        if events and not self.lost:
            self.stored = events[-1].seq
            self.on_stored(events)

    def let_go(self) -> None:
        """Tell nobody any more, and keep nothing: an error holds whoever it came by in memory for a while."""
        self.on_stored, self.on_lost = _tell_nobody, _tell_nobody
        self.events, self.pending = [], []

    def take(self, most: int = 0) -> list[StoredEvent]:
        """Read so many bytes of what has come, and number all that is pending: it now belongs to the commit that is
        about to be made.
        """
        if most and self.source and self.arrived is not None:
            arrived, self.arrived = self.arrived, None
            if self.source(most, arrived):
                # Of what is left nobody knows when it came; this is late by a commit at most.
                self.arrived = self.ms
                self.journal.want(self, at_once=True)
        seq = self.events[-1].seq if self.events else 0
        taken = [
            StoredEvent(seq + place, kind, "".join(pieces), ms)
            for place, (kind, pieces, ms) in enumerate(self.pending, start=1)
        ]
        self.pending.clear()
        self.events.extend(taken)
        return taken
