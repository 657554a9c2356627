"""When a reader is told something, and when it is looked after."""

import asyncio

from runs.relay import Relay


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
