"""The log of one run, by itself."""

import weakref

from runs.folding import StoredEvent
from runs.run_log import RunLog


class Owner:
    """Whoever performs the run: hears of its log, and holds it."""

    def __init__(self) -> None:
        self.log = RunLog(1, self, on_stored=self.hear)
        self.heard: list[StoredEvent] = []

    def want(self, log: RunLog, *, at_once: bool = False) -> None:
        """Nothing is stored here."""

    def hear(self, events: list[StoredEvent]) -> None:
        self.heard += events


def test_what_is_stored_is_told_until_the_log_is_let_go() -> None:
    owner = Owner()
    owner.log.report([StoredEvent(1, "text", "one", 0)], is_ours=True)
    owner.log.let_go()
    owner.log.report([StoredEvent(2, "text", "two", 0)], is_ours=True)

    assert [event.payload for event in owner.heard] == ["one"]


def test_a_log_that_was_let_go_is_gone_with_its_owner() -> None:
    owner = Owner()
    log = owner.log
    owner.log.let_go()
    gone = weakref.ref(owner)
    # Where it writes to is the owner here; elsewhere that is the journal.
    log.journal = Owner()
    del owner

    assert gone() is None
