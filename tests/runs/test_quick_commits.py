"""Commits in the event loop: when they are made there, and when they are left to the thread."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from runs import quick_commits
from runs.event_rows import Taken, store_events
from runs.folding import StoredEvent
from runs.models import Run, RunEvent
from runs.quick_commits import QuickCommits
from runs.run_log import RunLog, Writer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="another database has a server to wait for"),
]

OWNER = "this process"


class Nobody(Writer):
    def want(self, log: RunLog, *, at_once: bool = False) -> None: ...


class Said:
    """A run of this process, and what it says."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.log = RunLog(run.pk, Nobody())

    def taken(self, *payloads: str) -> list[Taken]:
        for payload in payloads:
            self.log.write("text", payload, 0)
        return [(self.log, self.log.take())]

    @property
    def stored(self) -> list[StoredEvent]:
        rows = RunEvent.objects.filter(run=self.run).order_by("seq").values_list("seq", "type", "payload", "ms")
        return [StoredEvent(*row) for row in rows]


@pytest.fixture
def said(queued: Callable[..., Run]) -> Said:
    run = queued()
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, owner=OWNER)
    return Said(run)


@pytest.fixture
def commits() -> Iterator[QuickCommits]:
    commits = QuickCommits(OWNER)
    yield commits
    commits.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves on by what it is told, and by nothing else."""
    now = [1000.0]
    monkeypatch.setattr(quick_commits, "monotonic", lambda: now[0])

    def move_on(seconds: float) -> None:
        now[0] += seconds

    return move_on


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Another program that has the file open, and waits for nobody."""
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=0, isolation_level=None)
    yield other
    other.close()


def test_what_was_said_is_seen_by_everybody_when_it_returns(
    commits: QuickCommits, said: Said, other: sqlite3.Connection
) -> None:
    assert commits.commit(said.taken("Once ")) == {said.run.pk}
    assert other.execute("SELECT payload FROM runs_runevent WHERE run_id = ?", [said.run.pk]).fetchall() == [("Once ",)]


def test_it_waits_for_the_disk_and_for_nothing_else(commits: QuickCommits, said: Said) -> None:
    commits.commit(said.taken("Once "))

    assert commits._database
    asked = [commits._database.execute(f"PRAGMA {name}").fetchone() for name in ("synchronous", "wal_autocheckpoint")]
    full, never = 2, 0
    assert asked == [(full,), (never,)]


def test_a_run_of_somebody_else_gets_nothing(commits: QuickCommits, said: Said) -> None:
    Run.objects.filter(pk=said.run.pk).update(owner="somebody else")

    assert commits.commit(said.taken("too late")) == set()
    assert said.stored == []


def test_a_file_that_is_held_is_not_waited_for(commits: QuickCommits, said: Said, other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")

    assert commits.commit(said.taken("Once ")) is None
    other.execute("ROLLBACK")
    assert said.stored == []


def test_what_no_database_takes_in_is_undone_whole(commits: QuickCommits, said: Said) -> None:
    # Two events, of which the second cannot be stored: half a surrogate pair.
    assert commits.commit(said.taken("x" * 5000, "\ud800")) is None
    assert said.stored == []


def test_a_mistake_of_ours_leaves_the_file_to_others(
    commits: QuickCommits, said: Said, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store_and_stumble(*arguments: object, **options: object) -> set[int]:
        store_events(*arguments, **options)  # type: ignore[arg-type]
        raise RuntimeError("a mistake")

    monkeypatch.setattr(quick_commits, "store_events", store_and_stumble)

    assert commits.commit(said.taken("Once ")) is None
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    assert said.stored == []


def test_after_a_slow_one_the_thread_has_its_turn_and_longer_each_time(
    commits: QuickCommits, said: Said, clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def store_slowly(*arguments: object, **options: object) -> set[int]:
        clock(2 * quick_commits.LONGEST)
        return store_events(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(quick_commits, "store_events", store_slowly)

    assert commits.commit(said.taken("Once ")) == {said.run.pk}
    assert commits.commit(said.taken("upon ")) is None
    clock(quick_commits.SHORTEST_REST)
    assert commits.commit(said.taken("a ")) == {said.run.pk}
    clock(quick_commits.SHORTEST_REST)
    assert commits.commit(said.taken("time")) is None
    clock(quick_commits.SHORTEST_REST)
    assert commits.commit(said.taken("!")) == {said.run.pk}


def test_somebody_else_who_writes_makes_no_slow_disk_forgotten(
    commits: QuickCommits,
    said: Said,
    clock: Callable[[float], None],
    other: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def store_slowly(*arguments: object, **options: object) -> set[int]:
        clock(2 * quick_commits.LONGEST)
        return store_events(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(quick_commits, "store_events", store_slowly)
    rests = []
    for _ in range(4):
        rests.append(0)
        while commits.commit(said.taken("Once ")) is None:
            clock(quick_commits.SHORTEST_REST)
            rests[-1] += 1
        # Until the next one would be made here.
        clock(quick_commits.SHORTEST_REST * 2 ** len(rests))
        other.execute("BEGIN IMMEDIATE")
        assert commits.commit(said.taken("upon ")) is None
        other.execute("ROLLBACK")

    assert rests == [0, 1, 1, 1]
    assert commits.commit(said.taken("a ")) is None
    clock(quick_commits.SHORTEST_REST)
    assert commits.commit(said.taken("time")) == {said.run.pk}
    clock(quick_commits.SHORTEST_REST * 8)
    assert commits.commit(said.taken("!")) is None


def test_somebody_else_who_writes_is_no_slow_disk(
    commits: QuickCommits, said: Said, clock: Callable[[float], None], other: sqlite3.Connection
) -> None:
    for _ in range(5):
        other.execute("BEGIN IMMEDIATE")
        assert commits.commit(said.taken("Once ")) is None
        other.execute("ROLLBACK")
        clock(quick_commits.SHORTEST_REST)

    assert commits.commit(said.taken("upon ")) == {said.run.pk}
