"""Both web processes are started again, one after the other, while people ask, read and watch: nobody notices."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from http.client import HTTPConnection
from uuid import uuid4

import aiohttp
import pytest

from tests.faultscript import tokens
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment, Web
from tests.full.page import Page, Shown
from tests.full.person import Person, RefusedError
from tests.full.proxy import Proxy
from tests.playground.running import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(400)]

# Answers that are written while the processes end and start.
MODEL, ANSWER = "tokens/300@30", tokens(300)
SHORT_MODEL, SHORT_ANSWER = "tokens/8", tokens(8)
STREAMS = 50
READERS = 3
# Seconds between two things that one of the crowd does.
PAUSE = 0.2
# Seconds that a restart may take on a busy machine, with its answers finished first.
PATIENCE = 120
# Seconds that running answers get, and within which the process is gone.
DRAIN, GONE = 30, 40
# "Service Restart" among https://www.iana.org/assignments/websocket/websocket.xhtml.
SERVICE_RESTART = 1012


class Crowd:
    """People who read pages and ask short questions, without a pause, and note what they do not get."""

    def __init__(self, person: Person, url: str, page: Page) -> None:
        self._person, self._url, self._page = person, url, page
        self.shown: list[Shown] = []
        self.pages = 0
        self.failures: list[str] = []

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """For as long as the block lasts; what was begun is brought to its end."""
        is_over = asyncio.Event()
        people = [self._ask(is_over), *(self._read(is_over) for _ in range(READERS))]
        tasks = [asyncio.create_task(somebody) for somebody in people]
        try:
            yield
        finally:
            is_over.set()
            await asyncio.gather(*tasks)

    async def _read(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            try:
                await self._person.read(self._url + "/")
                self.pages += 1
            except (aiohttp.ClientError, OSError, RefusedError) as error:
                self.failures.append(f"reading: {error!r}")
            await asyncio.sleep(PAUSE)

    async def _ask(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            try:
                reply = await self._person.ask(self._url, SHORT_MODEL, uuid4().hex)
                self.shown.append(await self._page.follow(reply))
            except (aiohttp.ClientError, OSError, RefusedError) as error:
                self.failures.append(f"asking: {error!r}")
            await asyncio.sleep(PAUSE)


async def restart(web: Web) -> None:
    starts = web.starts
    web.hit(signal.SIGTERM)
    await asyncio.to_thread(wait_until, lambda: web.starts > starts and web.is_answering(), PATIENCE)


async def test_a_rolling_restart_is_felt_by_nobody(deployment: Deployment, person: Person) -> None:
    async with Proxy.before(deployment.urls) as proxy, Page(person, [proxy.url]) as page:
        # As many at the one as at the other.
        urls = deployment.urls * (STREAMS // 2)
        streams = [await page.follow(await person.ask(url, MODEL, uuid4().hex)) for url in urls]
        await asyncio.gather(*(stream.words(1) for stream in streams))
        crowd = Crowd(person, proxy.url, page)

        async with crowd.busy():
            for web in deployment.webs:
                await restart(web)

        await asyncio.gather(*(shown.end() for shown in (*streams, *crowd.shown)))
        closed_with = set(page.close_codes)
    assert crowd.failures == page.problems == []
    assert {(shown.state, shown.text) for shown in streams} == {("done", ANSWER)}
    assert {(shown.state, shown.text) for shown in crowd.shown} == {("done", SHORT_ANSWER)}
    assert crowd.pages > 0
    assert closed_with == {SERVICE_RESTART}
    # By asyncio, of what nobody waited for; here or in a test before.
    assert not [line for web in deployment.webs for line in web.log.splitlines() if "was destroyed" in line]


async def test_an_answer_that_takes_longer_than_a_process_may_stay_is_kept_as_far_as_it_came(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    web, never = deployment.webs[0], threading.Event()
    upstream.stream("Once ", never, "upon a time")
    async with Page(person, deployment.urls) as page:
        shown = await page.follow(await person.ask(web.url, SHORT_MODEL, uuid4().hex))
        await shown.words(1)
        begun, starts = time.monotonic(), web.starts

        web.hit(signal.SIGTERM)
        await shown.end()

        await asyncio.to_thread(wait_until, lambda: web.starts > starts, PATIENCE)
        seconds = time.monotonic() - begun
    never.set()
    assert (shown.state, shown.text) == ("interrupted", "Once ")
    assert page.problems == []
    assert page.close_codes[0] == SERVICE_RESTART
    assert DRAIN <= seconds <= GONE


async def test_a_process_that_is_to_end_keeps_no_connection(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    web, may_end = deployment.webs[0], threading.Event()
    upstream.stream("Once ", may_end, "upon a time")
    async with Page(person, [web.url]) as page:
        shown = await page.follow(await person.ask(web.url, SHORT_MODEL, uuid4().hex))
        await shown.words(1)
        before = await asyncio.to_thread(what_becomes_of_the_connection, web)
        starts = web.starts

        web.hit(signal.SIGTERM)

        await asyncio.to_thread(wait_until, lambda: not web.is_answering())
        then = await asyncio.to_thread(what_becomes_of_the_connection, web)
        may_end.set()
        await shown.end()
    await asyncio.to_thread(wait_until, lambda: web.starts > starts, PATIENCE)
    assert (before, then) == (None, "close")
    assert (shown.state, shown.text) == ("done", "Once upon a time")


def what_becomes_of_the_connection(web: Web) -> str | None:
    """What a proxy that would like to use it again is told."""
    with closing(HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().getheader("Connection")
