"""What one commit of the journal stores, and what it leaves out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async

from runs.journal import Journal
from runs.models import Run, RunEvent
from runs.quick_commits import QuickCommits
from runs.run_log import LostError, RunLog

pytestmark = pytest.mark.django_db(transaction=True)


class Written:
    """A run that has begun, with what the journal says of it."""

    def __init__(self, run: Run, journal: Journal) -> None:
        self.run, self.told, self.heard = run, list[str](), asyncio.Event()
        self.log = RunLog(run.pk, journal, on_lost=self.heard.set)
        self.log.on_stored = lambda events: self.tell([event.payload for event in events])

    def tell(self, payloads: list[str]) -> None:
        self.told += payloads
        self.heard.set()

    async def write(self, payload: str) -> None:
        """Until the journal has said something of it."""
        self.heard.clear()
        self.log.write("text", payload, 0)
        self.log.journal.want(self.log)
        async with asyncio.timeout(20):
            await self.heard.wait()

    async def stored(self) -> list[str]:
        return [event.payload async for event in RunEvent.objects.filter(run=self.run).order_by("seq")]


@pytest.fixture
async def journal() -> AsyncIterator[Journal]:
    journal = Journal()
    yield journal
    await journal.close()


async def begun(queued: Callable[..., Run], journal: Journal) -> Written:
    run = await sync_to_async(queued)()
    await Run.objects.filter(pk=run.pk).aupdate(state=Run.State.RUNNING, owner=journal.owner)
    written = Written(run, journal)
    await written.write("first")
    return written


async def test_what_a_run_says_later_is_stored_before_it_is_told(queued: Callable[..., Run], journal: Journal) -> None:
    one = await begun(queued, journal)

    await one.write("second")

    assert one.told == await one.stored() == ["first", "second"]


async def test_a_run_that_somebody_else_has_taken_gets_nothing_and_the_others_theirs(
    queued: Callable[..., Run], journal: Journal
) -> None:
    lost, kept = await begun(queued, journal), await begun(queued, journal)
    await Run.objects.filter(pk=lost.run.pk).aupdate(owner="somebody else")

    await asyncio.gather(lost.write("too late"), kept.write("second"))

    assert lost.told == await lost.stored() == ["first"]
    assert kept.told == await kept.stored() == ["first", "second"]
    assert (lost.log.lost, kept.log.lost) == (True, False)


async def test_what_cannot_be_stored_costs_its_own_run_alone(queued: Callable[..., Run], journal: Journal) -> None:
    broken, kept = await begun(queued, journal), await begun(queued, journal)

    # Half a surrogate pair: whoever reads answers takes them out, no database takes them in.
    await asyncio.gather(broken.write("\ud800"), kept.write("second"))
    await kept.write("third")

    assert (broken.log.lost, broken.told) == (True, ["first"])
    assert kept.told == await kept.stored() == ["first", "second", "third"]


async def test_a_closed_journal_stores_nothing_and_shows_nothing(queued: Callable[..., Run]) -> None:
    journal = Journal()
    one = await begun(queued, journal)
    await journal.close()

    one.log.write("too late", "", 0)
    journal.want(one.log)
    for perform in (journal.perform, journal.perform_aside):
        with pytest.raises(LostError):
            await perform(lambda: None)

    assert one.told == await one.stored() == ["first"]


async def test_who_has_much_to_say_leaves_the_others_their_turn(
    queued: Callable[..., Run], journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As quick as can be: a disk that is waited for would give them a turn.
    monkeypatch.setattr(QuickCommits, "commit", lambda _, batch: {log.run_id for log, _ in batch})
    one, left, turns = await begun(queued, journal), list(range(20)), list[int]()

    def say(most: int, ms: int) -> bool:
        one.log.write("text", str(left.pop()), ms)
        return bool(left)

    one.log.read_by(say)
    one.log.has_news()
    while left:
        turns.append(len(left))
        await asyncio.sleep(0)

    assert max(before - after for before, after in pairwise([*turns, 0])) <= 1
