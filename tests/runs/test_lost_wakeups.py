"""Wake-ups between processes are decoration: whoever misses one reads a little later, and misses nothing."""

import asyncio
import random
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async

from runs.models import Run, RunEvent
from runs.relay import Frame, Relay

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = 10_000
# Share of the wake-ups that never arrive.
LOST = 0.2


def store(run: Run, first: int, count: int) -> None:
    """What the process that performs the run does, as far as others can see."""
    numbers = range(first, first + count)
    RunEvent.objects.bulk_create(
        RunEvent(run=run, seq=number, type="text", payload=f"{number} ", ms=number) for number in numbers
    )


async def read_all(relay: Relay, count: int) -> list[Frame]:
    """Every numbered frame, acknowledged as it comes."""
    frames: list[Frame] = []
    async with asyncio.timeout(40):
        while len(frames) < count:
            await relay.wait()
            async for batch in relay.batches():
                frames += batch
                relay.acknowledge(batch[-1].run_id, batch[-1].seq)
    return frames


async def test_ten_thousand_events_have_no_gap_when_every_fifth_wakeup_is_lost(queued: Callable[..., Run]) -> None:
    run = await sync_to_async(queued)()
    chance = random.Random(20)
    relay = Relay(re_read=0.2)
    await relay.follow(run.pk, 0)
    reader = asyncio.create_task(read_all(relay, EVENTS))
    first = 1
    while first <= EVENTS:
        count = min(chance.randint(1, 150), EVENTS + 1 - first)
        await sync_to_async(store)(run, first, count)
        first += count
        if chance.random() > LOST:
            relay.catch_up(run.pk)

    frames = await reader
    relay.close()
    assert [frame.seq for frame in frames] == list(range(1, EVENTS + 1))
