"""What the playground adds to a streamed answer, over the whole way from the click to the last token on the page.

    python bench/relay.py fifty
    python bench/relay.py single paced20 --repeats 3
    python bench/relay.py fifty --database-url postgres://postgres@127.0.0.1/postgres --redis-url redis://127.0.0.1

Starts a fake provider and a playground of its own, and ends both. On the servers that are given it uses a database of
its own, which it drops. bench/README.md says what the figures mean.
"""

import argparse
import functools
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import alone
import direct
import processes
import uvloop
from load import Ask, Figures, Meter, play
from page import Page
from product import Product
from report import table
from scenarios import SCENARIOS, Scenario


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
        # What warms up does not count.
        await self._through_pages(SCENARIOS["single"] if scenario.is_about_memory else scenario)
        for _ in range(repeats):
            directly.append(await self._directly(scenario))
            playground.append(await self._through_pages(scenario))
        locked = self._product.locked - locked
        print(*table(name, scenario, directly, playground, locked), "", sep="\n", flush=True)

    async def _directly(self, scenario: Scenario) -> Figures:
        ask: Ask = functools.partial(direct.ask, self._session, f"{self._upstream_url}/v1")
        return await self._play(scenario, [ask] * scenario.streams, server=None)

    async def _through_pages(self, scenario: Scenario) -> Figures:
        server = self._product.process.pid
        # Before the sockets: they belong to what an open stream holds.
        idle_bytes = processes.resident_bytes(server)
        async with self._pages(scenario.streams) as pages:
            figures = await self._play(scenario, [page.ask for page in pages], server=server)
        figures.idle_bytes = idle_bytes
        return figures

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
    models = [scenario.model for scenario in SCENARIOS.values()]
    with alone.started(options, models) as (product, upstream_pid):
        timeout = aiohttp.ClientTimeout(total=300)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            product.base_url,
            connector=connector,
            timeout=timeout,
            # Cookies of an address written in numbers.
            cookie_jar=aiohttp.CookieJar(unsafe=True),
        ) as session:
            bench = Bench(session, upstream_pid, f"http://127.0.0.1:{options.upstream_port}", product)
            await bench.enter()
            print(f"`python {shlex.join(sys.argv)}`\n")
            for name in options.scenarios:
                await bench.compare(name, options.repeats)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the playground adds to a streamed answer.")
    parser.add_argument("scenarios", nargs="+", choices=SCENARIOS, metavar="scenario", help=", ".join(SCENARIOS))
    parser.add_argument("--repeats", type=int, default=3, help="how often each is played; medians are shown (3)")
    alone.add_options(parser, port=8188, upstream_port=9188)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
