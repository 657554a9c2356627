"""What the playground adds to a streamed answer, over the whole way from the click to the last token on the page.

    python bench/relay.py fifty
    python bench/relay.py single paced20 --repeats 3
    python bench/relay.py paced20 --database-url postgres://localhost/bench

Starts a fake provider and a playground of its own, and ends both. bench/README.md says what the figures mean.
"""

import argparse
import functools
import os
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import direct
import uvloop
from load import Ask, Figures, Meter, play
from page import Page
from product import Product, running
from report import table
from scenarios import SCENARIOS, Scenario

HERE = Path(__file__).resolve().parent


class Bench:
    """A provider, a playground that knows it, and a person who is signed in."""

    def __init__(self, session: aiohttp.ClientSession, upstream: int, upstream_url: str, product: Product) -> None:
        self._session, self._upstream, self._upstream_url, self._product = session, upstream, upstream_url, product
        self._token = ""

    async def enter(self) -> None:
        self._token = await self._product.enter(self._session, f"{self._upstream_url}/v1")

    async def compare(self, name: str, repeats: int) -> None:
        """Play a scenario on both sides, one after the other each time, and print what came of it."""
        scenario = SCENARIOS[name]
        locked = self._product.locked
        directly: list[Figures] = []
        playground: list[Figures] = []
        # The first time warms up and does not count.
        for _ in range(repeats + 1):
            directly.append(await self._directly(scenario))
            playground.append(await self._through_pages(scenario))
        locked = self._product.locked - locked
        print(*table(name, scenario, directly[1:], playground[1:], locked), "", sep="\n", flush=True)

    async def _directly(self, scenario: Scenario) -> Figures:
        ask: Ask = functools.partial(direct.ask, self._session, f"{self._upstream_url}/v1")
        return await self._play(scenario, [ask] * scenario.streams, server=None)

    async def _through_pages(self, scenario: Scenario) -> Figures:
        async with self._pages(scenario.streams) as pages:
            return await self._play(scenario, [page.ask for page in pages], server=self._product.process.pid)

    async def _play(self, scenario: Scenario, asks: list[Ask], *, server: int | None) -> Figures:
        return await play(scenario, asks, Meter(self._upstream, server), self._said)

    @asynccontextmanager
    async def _pages(self, count: int) -> AsyncIterator[list[Page]]:
        pages = [await Page.open(self._session, self._product.base_url, self._token) for _ in range(count)]
        try:
            yield pages
        finally:
            for page in pages:
                await page.close()

    async def _said(self, name: str) -> str:
        """The digest of what the provider said to the message of this name."""
        async with self._session.get(f"{self._upstream_url}/said/{name}") as response:
            return str((await response.json())["sha256"])


async def main() -> None:
    options = _options()
    here, there = _cpus()
    os.sched_setaffinity(0, here)
    with (
        _upstream(options.upstream_port) as upstream,
        running(
            port=options.port, upstream_port=options.upstream_port, database_url=options.database_url, cpus=there
        ) as product,
    ):
        timeout = aiohttp.ClientTimeout(total=300)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            product.base_url,
            connector=connector,
            timeout=timeout,
            # Cookies of an address written in numbers.
            cookie_jar=aiohttp.CookieJar(unsafe=True),
        ) as session:
            bench = Bench(session, upstream, f"http://127.0.0.1:{options.upstream_port}", product)
            await bench.enter()
            print(f"`python {shlex.join(sys.argv)}`\n")
            for name in options.scenarios:
                await bench.compare(name, options.repeats)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the playground adds to a streamed answer.")
    parser.add_argument("scenarios", nargs="+", choices=SCENARIOS, metavar="scenario", help=", ".join(SCENARIOS))
    parser.add_argument("--repeats", type=int, default=3, help="how often each is played; medians are shown (3)")
    parser.add_argument("--database-url", default="", help="as PLAYGROUND_DATABASE_URL; SQLite unless given")
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument("--upstream-port", type=int, default=9188)
    return parser.parse_args()


def _cpus() -> tuple[set[int], set[int]]:
    """The CPU of the provider and the clients, and the one of the playground: they are not to wait for each other."""
    cpus = sorted(os.sched_getaffinity(0))
    return {cpus[-1]}, {cpus[0]}


@contextmanager
def _upstream(port: int) -> Iterator[int]:
    """The fake provider, which lists the models of all scenarios; its process id."""
    models = ",".join(scenario.model for scenario in SCENARIOS.values())
    command = [sys.executable, str(HERE / "upstream.py"), "--port", str(port), "--models", models]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        # It says when it listens.
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.terminate()


if __name__ == "__main__":
    uvloop.run(main())
