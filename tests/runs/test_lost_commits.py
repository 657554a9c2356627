"""A database that goes away just after it took a commit: the writer cannot know, and has to try again."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from runs.engine import Engine
from runs.event_rows import Taken
from runs.journal import Journal, Work
from runs.models import Run, RunEvent
from runs.quick_commits import QuickCommits
from tests.fakes import THE_END, FakeProvider
from tests.runs.reader import PATIENCE, Reader

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every commit with events is made, and fails the first time all the same; how many events those were."""
    commit, commit_quickly, lost = Journal._commit, QuickCommits._commit, list[int]()

    def commit_and_fail(journal: Journal, batch: list[Taken], works: list[Work]) -> tuple[set[int], list[Any]]:
        done = commit(journal, batch, works)
        last = max((events[-1].seq for _, events in batch if events), default=0)
        if last and last not in lost:
            lost.append(last)
            raise OperationalError("terminating connection due to administrator command")
        return done

    def commit_quickly_and_fail(commits: QuickCommits, batch: list[Taken]) -> None:
        commit_quickly(commits, batch)

    monkeypatch.setattr(Journal, "_commit", commit_and_fail)
    monkeypatch.setattr(QuickCommits, "_commit", commit_quickly_and_fail)
    return lost


async def test_what_was_stored_after_all_is_told_once(
    fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run], lost: list[int]
) -> None:
    gate = asyncio.Event()
    fake.say("Once ", "upon ", gate, "a time", THE_END)
    reader = Reader(await sync_to_async(queued)())

    running_engine.start(reader.run.pk)
    async with asyncio.timeout(PATIENCE):
        await reader.begun.wait()
    stored = "".join([event.payload async for event in RunEvent.objects.filter(run=reader.run).order_by("seq")])
    gate.set()
    run = await reader.end()

    assert lost
    assert stored
    assert "Once upon ".startswith(stored)
    assert (run.state, run.text, reader.text) == (Run.State.DONE, "Once upon a time", "Once upon a time")
    assert [event.seq for event in reader.events] == list(range(1, len(reader.events) + 1))
