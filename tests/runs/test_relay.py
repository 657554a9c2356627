"""When a reader is told something, and when it is looked after."""

import asyncio

import pytest

from runs.folding import StoredEvent
from runs.following import Following
from runs.relay import Frame, Relay


async def test_a_reader_who_always_has_something_to_read_is_looked_after_too() -> None:
    relay = Relay(re_read=0.01)
    async with asyncio.timeout(20):
        relay.tell("something")
        while not await relay.wait():
            relay.tell("more")
            await asyncio.sleep(0)
    relay.close()


async def test_what_is_told_is_there_at_once() -> None:
    relay = Relay(re_read=60)
    relay.tell("first")
    relay.tell("second")

    is_time_to_look = await relay.wait()
    told = [frame.content for frame in relay.ready()]
    relay.close()

    assert (is_time_to_look, told, relay.has_missed) == (False, ["first", "second"], False)


async def test_what_is_stored_is_said_at_once_where_that_can_be() -> None:
    said: list[Frame] = []
    relay = Relay(re_read=60, say=said.extend)
    relay._followings[1] = Following(1, 0, is_behind=False)
    waiting = asyncio.create_task(relay.wait())
    await asyncio.sleep(0)

    relay.advance(1, [StoredEvent(1, "text", "Hello", 0)])

    assert [(frame.run_id, frame.seq) for frame in said] == [(1, 1)]
    assert not waiting.done()
    waiting.cancel()
    relay.close()


async def test_nothing_is_said_before_what_is_being_sent() -> None:
    said: list[Frame] = []
    relay = Relay(re_read=60, say=said.extend)
    relay._followings[1] = Following(1, 0, is_behind=False)

    relay.advance(1, [StoredEvent(1, "text", "Hello", 0)])

    assert said == []
    assert [frame.seq for frame in relay.ready()] == [1]
    relay.close()


async def test_a_reader_who_cannot_be_told_costs_nobody_else() -> None:
    def say(_: list[Frame]) -> None:
        raise RuntimeError("no such socket")

    relay = Relay(re_read=60, say=say)
    relay._followings[1] = Following(1, 0, is_behind=False)
    waiting = asyncio.create_task(relay.wait())
    await asyncio.sleep(0)

    relay.advance(1, [StoredEvent(1, "text", "Hello", 0)])

    with pytest.raises(RuntimeError, match="no such socket"):
        await waiting
    relay.close()
