"""A page that stops reading costs the server little and is given up; nothing is lost by that."""

import asyncio
from uuid import uuid4

import pytest

from runs.following import PATIENCE
from tests.faultserver import CHUNKED, ENDING, KEEP, FaultServer, chunk, http_chunk
from tests.full.deaf import DeafSocket
from tests.full.deployment import Deployment
from tests.full.page import Page
from tests.full.person import Person, Reply
from tests.playground.running import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(240)]

# Characters of a run, below the most that one may have; all of them come to 200 million.
PIECES = ["x" * 7_999 + " "] * 1_000
RUNS = 25
# Bytes that the server may have said to somebody who does not listen: what it says, it holds until it is heard.
MOST_SAID = 10_000_000


async def produce(deployment: Deployment, person: Person, upstream: FaultServer, deaf: DeafSocket) -> Reply:
    """A run that has ended, followed by somebody who does not listen."""
    pieces = [http_chunk(chunk({"content": piece})) for piece in PIECES]
    upstream.say(CHUNKED, *pieces, http_chunk(ENDING) + b"0\r\n\r\n", KEEP)
    reply = await person.ask(deployment.urls[0], "tokens/8", uuid4().hex)
    deaf.follow(reply.run)
    query = f"SELECT 1 FROM runs_run WHERE id = {reply.run} AND state = 'done'"  # noqa: S608 - a number
    await asyncio.to_thread(wait_until, lambda: deployment.rows(query))
    return reply


async def test_a_page_that_does_not_read_is_told_little_and_given_up(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    url = deployment.urls[0]
    with DeafSocket(person, url) as deaf:
        for _ in range(RUNS):
            reply = await produce(deployment, person, upstream, deaf)
        # Also of one that has ended, whose text is there at once.
        deaf.follow(reply.run)

        said = await asyncio.to_thread(deaf.hear_out, 2 * PATIENCE)

    assert said < MOST_SAID
    async with Page(person, [url]) as page:
        shown = await page.follow(reply)
        await shown.end()
    assert (shown.state, shown.text) == ("done", "".join(PIECES))
