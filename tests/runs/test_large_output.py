"""Answers of megabytes: they come in events that can be carried, and a late reader gets them in pages."""

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async

from runs.engine import Engine
from runs.folding import LARGEST_EVENT
from runs.models import Run
from runs.reading import PAGE
from runs.relay import Frame, Relay
from tests.fakes import THE_END, FakeProvider
from tests.runs.reader import Reader

pytestmark = pytest.mark.django_db(transaction=True)

# Written as JSON, each of these takes six bytes.
TEXT = "世界" * 500_000


@pytest.fixture
async def ended(fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run]) -> Reader:
    """A run that was given all of the text as one piece, and what was told of it as it came."""
    fake.say(TEXT, THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.end()
    return reader


async def all_there_is(relay: Relay) -> list[Frame]:
    return [frame async for frames in relay.batches() for frame in frames]


async def test_a_large_piece_is_told_as_several_events(ended: Reader) -> None:
    assert ended.text == ended.run.text == TEXT
    assert max(len(event.payload) for event in ended.events) == LARGEST_EVENT


async def test_small_pieces_of_one_moment_are_not_joined_without_end(
    fake: FakeProvider, running_engine: Engine, queued: Callable[..., Run]
) -> None:
    fake.say(*["x" * 3000] * 100, THE_END)
    reader = Reader(await sync_to_async(queued)())

    running_engine.start(reader.run.pk)
    await reader.end()

    assert reader.text == "x" * 300_000
    assert max(len(event.payload) for event in reader.events) <= LARGEST_EVENT


async def test_who_comes_late_gets_all_of_it_a_page_at_a_time(ended: Reader) -> None:
    relay = Relay(re_read=1)
    await relay.follow(ended.run.pk, 0)
    sizes, heard = [], list[Frame]()
    async with asyncio.timeout(30):
        while not heard or not heard[-1].is_last:
            frames = await all_there_is(relay)
            sizes.append(sum(len(frame.content) for frame in frames))
            heard += frames
            relay.acknowledge(ended.run.pk, heard[-1].seq)
    relay.close()

    assert max(sizes) < PAGE * LARGEST_EVENT * 6.1
    assert [frame.seq for frame in heard] == sorted({frame.seq for frame in heard})
