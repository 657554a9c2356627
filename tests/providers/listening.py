"""An answer as batches that one waits for."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

from providers import client


@asynccontextmanager
async def batches_of(call: client.Call) -> AsyncIterator[AsyncIterator[client.Batch]]:
    """Each batch as soon as it can be read; where the answer breaks, the error."""
    async with client.stream(call) as answer, aclosing(_batches(answer)) as batches:
        yield batches


async def _batches(answer: client.Answer) -> AsyncGenerator[client.Batch, None]:
    is_news = asyncio.Event()
    flowing = asyncio.create_task(answer.flow(is_news.set))
    flowing.add_done_callback(lambda _: is_news.set())
    try:
        while not flowing.done():
            await is_news.wait()
            is_news.clear()
            while answer.has_more:
                if batch := answer.read():
                    yield batch
        await flowing
        for batch in answer.rest():
            yield batch
    finally:
        flowing.cancel()
        with suppress(asyncio.CancelledError):
            await flowing
