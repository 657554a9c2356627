"""A page that stops reading costs the server little and is given up; nothing is lost by that."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack
from uuid import uuid4

import pytest

from runs.consumers import RE_READ, TRY_AGAIN_LATER
from runs.following import LARGEST_UNACKNOWLEDGED, PATIENCE
from tests.faultscript import CHUNKED, ENDING, KEEP, chunk, http_chunk
from tests.faultserver import FaultServer
from tests.full.deaf import DeafSocket, DeafStream
from tests.full.deployment import Deployment
from tests.full.page import Page
from tests.full.person import Person, Reply
from tests.peak import expect_peaks
from tests.playground.running import wait_until

pytestmark = [
    pytest.mark.redis,
    pytest.mark.timeout(400),
]

# Characters of a run, below the most that one may have; those of all runs are 240 million.
PIECES = ["x" * 7_999 + " "] * 500
RUNS_OF_A_SOCKET = 10
SOCKETS = 5
# Event streams, each of a run of its own: one ends by itself long before it has had all of it.
STREAMS = 10
# Bytes that the server may say to somebody who does not listen: what it says, it holds until it is heard.
MOST_SAID = 2 * LARGEST_UNACKNOWLEDGED
# Bytes by which the process may grow, at rest and at its peak. The answers themselves pass through it, and do not stay:
# while one does, it has 16 MB more than at rest, with such pages or without them.
MOST_GROWTH = 10_000_000
# Seconds until a socket is let go: the look after its patience is over, a second in which the page may say goodbye, and
# a machine that is busy. An event stream's connection has another minute, like any that is kept for another request.
LATEST = PATIENCE + RE_READ + 10
LATEST_OF_A_STREAM = 60 + 10


async def produce(
    deployment: Deployment, person: Person, upstream: FaultServer, follow: Callable[[str], object] | None = None
) -> Reply:
    """A run that has ended, and that somebody followed from its start."""
    pieces, is_followed = [http_chunk(chunk({"content": piece})) for piece in PIECES], threading.Event()
    # Not before the page is there: one that shows megabytes would take more memory than what this is about.
    upstream.say(CHUNKED, is_followed, *pieces, http_chunk(ENDING) + b"0\r\n\r\n", KEEP)
    reply = await person.ask(deployment.urls[0], "tokens/8", uuid4().hex)
    if follow:
        await asyncio.to_thread(follow, reply.run)
    is_followed.set()
    query = f"SELECT 1 FROM runs_run WHERE id = {reply.run} AND state = 'done'"  # noqa: S608 - a number
    await asyncio.to_thread(wait_until, lambda: deployment.rows(query))
    return reply


async def test_pages_that_do_not_read_are_told_little_and_given_up(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    expect_peaks()
    web = deployment.webs[0]
    # What passes through leaves its mark on a process once.
    for _ in range(RUNS_OF_A_SOCKET):
        await produce(deployment, person, upstream)
    before, peak_before = web.resident_bytes, web.peak_bytes
    grown, peak_grown = list[int](), list[int]()
    web.forget_peak()
    with ExitStack() as stack:

        def grow() -> None:
            grown.append(web.resident_bytes - before)
            peak_grown.append(web.peak_bytes - peak_before)

        # Whoever listens, and does not say so, hears why it is closed.
        listener = stack.enter_context(DeafSocket(person, web.url))
        await produce(deployment, person, upstream, listener.follow)
        hearing = asyncio.create_task(asyncio.to_thread(listener.hear_out, LATEST))
        streams: list[DeafStream] = []
        for _ in range(STREAMS):
            await produce(
                deployment,
                person,
                upstream,
                lambda run: streams.append(stack.enter_context(DeafStream(person, web.url, run))),
            )
        grow()
        # Of a run that has ended, all at once: what they get of it is read for each of them.
        ended = (await produce(deployment, person, upstream)).run
        late = [DeafStream(person, web.url, ended) for _ in range(STREAMS)]
        streams += await asyncio.gather(*(asyncio.to_thread(stack.enter_context, stream) for stream in late))
        grow()
        sockets = []
        for _ in range(SOCKETS):
            # One after the other, since each is given up after a while.
            sockets.append(deaf := stack.enter_context(DeafSocket(person, web.url)))
            for _ in range(RUNS_OF_A_SOCKET):
                reply = await produce(deployment, person, upstream, deaf.follow)
            # Also of one that has ended, whose text is there at once.
            deaf.follow(reply.run)
            grow()

        heard = await hearing
        of_sockets = [await asyncio.to_thread(deaf.let_go_after, LATEST) for deaf in sockets]
        of_streams = [await asyncio.to_thread(deaf.let_go_after, LATEST_OF_A_STREAM) for deaf in streams]

    assert max(grown) < MOST_GROWTH
    assert max(peak_grown) < MOST_GROWTH
    assert heard.size < MOST_SAID
    assert heard.close_code == TRY_AGAIN_LATER
    assert min(heard.seconds, *of_sockets) > PATIENCE
    assert len(of_streams) == 2 * STREAMS
    async with Page(person, [web.url]) as page:
        shown = await page.follow(reply)
        await shown.end()
    assert (shown.state, shown.text) == ("done", "".join(PIECES))
