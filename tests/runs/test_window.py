"""How much may be on its way to one reader, over all the runs that it follows."""

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async

from runs import following
from runs.engine import Engine
from runs.following import LARGEST_UNACKNOWLEDGED, Window
from runs.models import Run
from runs.relay import Frame, Relay
from tests.fakes import THE_END, FakeProvider
from tests.runs.reader import Reader

# Each fills the way to a reader by more than half, and not alone.
TEXT = "x" * (LARGEST_UNACKNOWLEDGED * 3 // 4)


async def batches(relay: Relay) -> list[Frame]:
    return [frame async for frames in relay.batches() for frame in frames]


def taken_by(frames: list[Frame]) -> int:
    return sum(len(frame.content) for frame in frames if frame.seq)


async def hear_out(relay: Relay, runs: set[int]) -> list[Frame]:
    """All frames of these runs, each acknowledged as a page does it, also the last ones."""
    heard: list[Frame] = []
    async with asyncio.timeout(30):
        while {frame.run_id for frame in heard if frame.is_last} != runs:
            for frame in await batches(relay):
                heard.append(frame)
                relay.acknowledge(frame.run_id, frame.seq)
                if frame.is_last:
                    relay.unfollow(frame.run_id)
    return heard


@pytest.fixture
async def ended(fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run]) -> list[int]:
    """Three runs that have ended."""
    readers = []
    for _ in range(3):
        fake.say(TEXT, THE_END)
        readers.append(Reader(await sync_to_async(queued)()))
        running_engine.start(readers[-1].run.pk)
        await readers[-1].end()
    return [reader.run.pk for reader in readers]


@pytest.mark.django_db(transaction=True)
async def test_all_runs_together_get_no_more_than_one(ended: list[int]) -> None:
    relay = Relay(re_read=1)
    for run in ended:
        await relay.follow(run, 0)

    first = await batches(relay)
    for frame in first:
        if frame.is_last:
            relay.unfollow(frame.run_id)
    second = await batches(relay)

    # One frame may go beyond.
    assert LARGEST_UNACKNOWLEDGED <= taken_by(first) < LARGEST_UNACKNOWLEDGED + 8 * 1024
    assert taken_by(second) == 0
    relay.close()


@pytest.mark.django_db(transaction=True)
async def test_a_reader_who_acknowledges_gets_all_of_them(ended: list[int]) -> None:
    relay = Relay(re_read=1)
    for run in ended:
        await relay.follow(run, 0)

    heard = await hear_out(relay, set(ended))

    assert sum(frame.content.count("x") for frame in heard if not frame.is_last) > 3 * len(TEXT)
    assert [[frame.seq for frame in heard if frame.run_id == run] for run in ended] == [
        sorted({frame.seq for frame in heard if frame.run_id == run}) for run in ended
    ]


@pytest.mark.django_db(transaction=True)
async def test_a_run_that_is_followed_anew_does_not_stop_the_way_of_what_was_sent(ended: list[int]) -> None:
    relay, last = Relay(re_read=1), ended[1]
    for run in ended[:2]:
        await relay.follow(run, 0)
    sent = [frame for frame in await batches(relay) if frame.run_id == last]
    # As it is where a part of the page is replaced.
    relay.unfollow(last)
    await relay.follow(last, sent[-1].seq)
    is_stopped = await batches(relay) == []

    for frame in sent:
        relay.acknowledge(last, frame.seq)
    heard = await hear_out(relay, {last})
    relay.close()

    assert is_stopped
    assert [frame.seq for frame in (*sent, *heard)] == list(range(1, len(sent) + len(heard) + 1))


@pytest.mark.django_db(transaction=True)
async def test_a_way_that_stays_full_gives_the_reader_up(ended: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Relay(re_read=1)
    for run in ended:
        await relay.follow(run, 0)
    await batches(relay)
    is_given_up_at_first = relay.is_given_up

    monkeypatch.setattr(following, "PATIENCE", 0.0)

    assert (is_given_up_at_first, relay.is_given_up) == (False, True)
    relay.close()


def test_whoever_has_a_frame_has_all_before_it() -> None:
    window = Window()
    window.sent(LARGEST_UNACKNOWLEDGED)
    assert window.is_full

    window.arrived(window.sent(1))

    assert not window.is_full


def test_an_old_acknowledgement_takes_nothing_back() -> None:
    window = Window()
    early, late = window.sent(1), window.sent(LARGEST_UNACKNOWLEDGED)
    window.arrived(late)

    window.arrived(early)

    assert window.has_arrived(late)
    assert not window.is_full
