"""Five hundred answers that are being written at the same time, in one process, each watched on a page of its own."""

import asyncio
import threading
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from tests.faultserver import FaultServer
from tests.full.deployment import Deployment
from tests.full.page import Page, Shown
from tests.full.person import Person

pytestmark = [pytest.mark.redis, pytest.mark.timeout(600)]

STREAMS = 500
# Questions that are being sent at a time.
AT_ONCE = 8
# Bytes that the process may hold for an open answer with its socket; bench/README.md has what it is.
MOST_HELD = 200 * 1024
# Seconds for all of them, on a busy machine.
PATIENCE = 300


async def test_five_hundred_open_answers_are_held_in_one_process(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    web, goes_on, at_once = deployment.webs[0], threading.Event(), asyncio.Semaphore(AT_ONCE)

    async def open_one(stack: AsyncExitStack) -> tuple[Page, Shown]:
        async with at_once:
            page = await stack.enter_async_context(Page(person, [web.url]))
            upstream.stream("Once ", goes_on, "upon a time")
            shown = await page.follow(await person.ask(web.url, "tokens/8", uuid4().hex))
            await shown.words(1, PATIENCE)
            return page, shown

    await warm_up(person, web.url)
    before = web.resident_bytes
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(open_one(stack) for _ in range(STREAMS)))
        runs = ", ".join(run for page, _ in opened for run in page.shown)
        running = deployment.rows(
            f"SELECT count(*), count(DISTINCT owner) FROM runs_run WHERE state = 'running' AND id IN ({runs})"  # noqa: S608
        )
        held = (web.resident_bytes - before) / STREAMS

        goes_on.set()

        await asyncio.gather(*(shown.end(PATIENCE) for _, shown in opened))
    assert running == [(STREAMS, 1)]
    assert {(shown.state, shown.text) for _, shown in opened} == {("done", "Once upon a time")}
    # On the sockets that were opened at first, each event once.
    assert {(page.connections, tuple(page.problems)) for page, _ in opened} == {(1, ())}
    assert held < MOST_HELD


async def warm_up(person: Person, url: str) -> None:
    """What a process takes once and keeps does not count."""
    async with Page(person, [url]) as page:
        shown = [await page.follow(await person.ask(url, "tokens/8", uuid4().hex)) for _ in range(AT_ONCE)]
        await asyncio.gather(*(one.end() for one in shown))
