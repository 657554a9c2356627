"""A run whose words cannot be stored: nothing is shown that is not, nobody is paid for more, and it ends in the end."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from runs import journal as journal_module
from runs import performance
from runs.engine import Engine
from runs.event_rows import Taken
from runs.followers import followers
from runs.journal import Journal, Work
from runs.models import Run, RunEvent
from runs.quick_commits import QuickCommits
from tests.fakes import THE_END, FakeProvider
from tests.runs.reader import Reader

pytestmark = pytest.mark.django_db(transaction=True)

NOT_STORED: tuple[str, dict[str, object]] = ("running", {"reason": "not_stored"})


class Disk:
    """Full or not, for the journal's commits."""

    def __init__(self) -> None:
        self.is_full = False
        self.refused = 0

    def refuse(self) -> None:
        if self.is_full:
            self.refused += 1
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise OperationalError(*error.args) from error


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk, commit, commit_quickly = Disk(), Journal._commit, QuickCommits._commit

    def commit_if_there_is_room(journal: Journal, batch: list[Taken], works: list[Work]) -> tuple[set[int], list[Any]]:
        disk.refuse()
        return commit(journal, batch, works)

    def commit_quickly_if_there_is_room(commits: QuickCommits, batch: list[Taken]) -> set[int] | None:
        return None if disk.is_full else commit_quickly(commits, batch)

    monkeypatch.setattr(Journal, "_commit", commit_if_there_is_room)
    monkeypatch.setattr(QuickCommits, "_commit", commit_quickly_if_there_is_room)
    monkeypatch.setattr(journal_module, "PATIENCE", 0.3)
    monkeypatch.setattr(performance, "INSISTENCE", 0.05)
    return disk


async def until_told(reader: Reader, state: tuple[str, dict[str, object]]) -> None:
    async with asyncio.timeout(20):
        while state not in reader.states:  # noqa: ASYNC110 - the reader's list is the product's own interface
            await asyncio.sleep(0.01)


async def test_a_stream_that_cannot_be_stored_is_closed_said_and_ended_when_there_is_room(
    fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run], disk: Disk
) -> None:
    gate, never = asyncio.Event(), asyncio.Event()
    fake.say("Once ", gate, "upon ", never, "a time", THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    async with asyncio.timeout(20):
        await reader.begun.wait()

    disk.is_full = True
    gate.set()
    await until_told(reader, NOT_STORED)
    shown, is_open = reader.text, fake.open
    stored = [event.payload async for event in RunEvent.objects.filter(run=reader.run)]
    disk.is_full = False
    run = await reader.end()

    assert (shown, stored, is_open) == ("Once ", ["Once "], 0)
    assert (run.state, run.error_kind) == (Run.State.INTERRUPTED, "not_stored")
    assert run.text == "Once upon "
    assert run.error is not None
    assert run.error.charge == "maybe"
    assert len(fake.calls) == 1


async def test_an_answer_that_was_whole_is_kept_whole(
    fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run], disk: Disk
) -> None:
    gate = asyncio.Event()
    fake.say("Once ", gate, THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    async with asyncio.timeout(20):
        await reader.begun.wait()

    disk.is_full = True
    gate.set()
    await until_told(reader, NOT_STORED)
    disk.is_full = False
    run = await reader.end()

    assert (run.state, run.text) == (Run.State.DONE, "Once ")


async def test_a_short_trouble_is_not_felt(
    fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run], disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "PATIENCE", 60)
    gate = asyncio.Event()
    fake.say("Once ", gate, "upon a time", THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    async with asyncio.timeout(20):
        await reader.begun.wait()
        disk.is_full = True
        gate.set()
        while not disk.refused:  # noqa: ASYNC110 - a number of another thread
            await asyncio.sleep(0.01)
    disk.is_full = False
    run = await reader.end()

    assert (run.state, run.text, reader.text) == (Run.State.DONE, "Once upon a time", "Once upon a time")


async def test_whoever_asks_meanwhile_is_told_at_once_and_nothing_leaves(
    fake: FakeProvider,
    running_engine: Engine,
    queued: Callable[..., Run],
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_module, "PATIENCE", 60)
    disk.is_full = True
    with pytest.raises(OperationalError, match="full"):
        async with asyncio.timeout(20):
            await running_engine.journal.perform(lambda: None)
    assert fake.calls == []


async def test_a_process_that_ends_meanwhile_leaves_the_run_to_the_sweeper(
    fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run], disk: Disk
) -> None:
    never = asyncio.Event()
    fake.say("Once ", never, THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    async with asyncio.timeout(20):
        await reader.begun.wait()
        disk.is_full = True
        await running_engine.drain(0)

    followers.remove(reader.run.pk, reader)
    assert fake.open == 0
    assert (await Run.objects.aget(pk=reader.run.pk)).state == Run.State.RUNNING
