"""A page that stops reading costs the server little and is given up; nothing is lost by that."""

import asyncio
import threading
from contextlib import ExitStack
from uuid import uuid4

import pytest

from runs.following import LARGEST_UNACKNOWLEDGED, PATIENCE
from tests.faultserver import CHUNKED, ENDING, KEEP, FaultServer, chunk, http_chunk
from tests.full.deaf import DeafSocket
from tests.full.deployment import Deployment
from tests.full.page import Page
from tests.full.person import Person, Reply
from tests.playground.running import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(400)]

# Characters of a run, below the most that one may have; those of all runs are 200 million.
PIECES = ["x" * 7_999 + " "] * 500
RUNS_OF_A_SOCKET = 10
SOCKETS = 5
# Bytes that the server may say to somebody who does not listen: what it says, it holds until it is heard.
MOST_SAID = 2 * LARGEST_UNACKNOWLEDGED
# Bytes by which the process may grow. The answers themselves pass through it, and do not stay.
MOST_GROWTH = 10_000_000


async def produce(deployment: Deployment, person: Person, upstream: FaultServer, deaf: DeafSocket | None) -> Reply:
    """A run that has ended, followed by somebody who does not listen."""
    pieces, is_followed = [http_chunk(chunk({"content": piece})) for piece in PIECES], threading.Event()
    # Not before the page is there: one that shows megabytes would take more memory than what this is about.
    upstream.say(CHUNKED, is_followed, *pieces, http_chunk(ENDING) + b"0\r\n\r\n", KEEP)
    reply = await person.ask(deployment.urls[0], "tokens/8", uuid4().hex)
    if deaf:
        deaf.follow(reply.run)
    is_followed.set()
    query = f"SELECT 1 FROM runs_run WHERE id = {reply.run} AND state = 'done'"  # noqa: S608 - a number
    await asyncio.to_thread(wait_until, lambda: deployment.rows(query))
    return reply


async def test_pages_that_do_not_read_are_told_little_and_given_up(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    web = deployment.webs[0]
    # What passes through leaves its mark on a process once.
    for _ in range(RUNS_OF_A_SOCKET):
        await produce(deployment, person, upstream, None)
    before, grown = web.resident_bytes, []
    with ExitStack() as stack:
        # More than one, since each is given up after a while.
        sockets = [stack.enter_context(DeafSocket(person, web.url)) for _ in range(SOCKETS)]
        for deaf in sockets:
            for _ in range(RUNS_OF_A_SOCKET):
                reply = await produce(deployment, person, upstream, deaf)
            # Also of one that has ended, whose text is there at once.
            deaf.follow(reply.run)
            grown.append(web.resident_bytes - before)

        said = [await asyncio.to_thread(deaf.hear_out, 2 * PATIENCE) for deaf in sockets]

    assert max(grown) < MOST_GROWTH
    assert max(said) < MOST_SAID
    async with Page(person, [web.url]) as page:
        shown = await page.follow(reply)
        await shown.end()
    assert (shown.state, shown.text) == ("done", "".join(PIECES))
