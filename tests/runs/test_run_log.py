"""The log of one run, by itself."""

import weakref

from runs.folding import StoredEvent
from runs.run_log import RunLog


class Owner:
    """Whoever performs the run: hears of its log, and holds it."""

    def __init__(self) -> None:
        self.log = RunLog(1, self, on_stored=self.hear)
        self.heard: list[StoredEvent] = []
        # For each time that the log wanted something to be stored: whether at once.
        self.wanted: list[bool] = []

    def want(self, log: RunLog, *, at_once: bool = False) -> None:
        """Nothing is stored here."""
        self.wanted.append(at_once)

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


def test_what_came_of_one_answer_does_not_hide_what_comes_of_the_next() -> None:
    owner = Owner()
    for _ in range(2):
        owner.log.read_by(lambda _most, _ms: False)
        owner.log.has_news()
        owner.log.has_news()

    assert owner.wanted == [False, False]


def test_what_is_left_of_an_answer_is_wanted_at_once() -> None:
    owner, read = Owner(), list[tuple[int, int]]()

    def source(most: int, ms: int) -> bool:
        read.append((most, ms))
        return len(read) < 2

    owner.log.read_by(source)
    owner.log.started -= 5
    owner.log.has_news()
    owner.log.started -= 5
    for _ in range(3):
        owner.log.take(100)

    assert owner.wanted == [False, True]
    assert [most for most, _ in read] == [100, 100]
    assert 5000 <= read[0][1] < 10_000 <= read[1][1]
