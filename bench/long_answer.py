"""Whether the page stays quick while a long answer is being written, on a slow computer.

    python bench/long_answer.py
    python bench/long_answer.py --repeats 3 --minutes 0

Starts a fake provider, a playground and a Chromium of its own, and ends them. The answer is Markdown of every kind. All
the while somebody types the next message. Then the same once more, with nobody typing and the page weighed as it grows
and as it stands. bench/README.md says what the figures mean.
"""

import argparse
import asyncio
import os
import shlex
import sys
import time
from uuid import uuid4

import aiohttp
import processes
import upstream
from page_report import WHOLE, Figures, table, weights
from playwright.async_api import Browser
from product import Product, running
from reader import Reader, Weight, chromium

# How often a page is weighed while its answer grows.
QUARTERS = 4
# Seconds between two weighings of a page that stands.
WEIGH_AGAIN = 60.0


class Bench:
    """A provider, a playground that knows it, and a browser."""

    def __init__(
        self, session: aiohttp.ClientSession, browser: Browser, product: Product, options: argparse.Namespace
    ) -> None:
        self._session, self._browser, self._product, self._options = session, browser, product, options
        self._upstream_url = f"http://127.0.0.1:{options.upstream_port}"

    async def enter(self) -> None:
        await self._product.enter(self._session, f"{self._upstream_url}/v1")

    async def read(self) -> Figures:
        """One answer in a new conversation, with somebody typing."""
        reader, name = await self._asked(self._options.slowdown)
        busy, began = _others(), time.monotonic()
        reading = await reader.read_and_write()
        busy, seconds = _others() - busy, time.monotonic() - began
        await reader.leave()
        async with self._session.get(f"{self._upstream_url}/said/{name}") as response:
            said = (await response.json())["sha256"]
        return Figures(reading, reading.sha256 == said, busy / seconds)

    async def weigh(self) -> list[tuple[str, Weight]]:
        """One answer in a new conversation, weighed as it grows and until the minutes are over."""
        options = self._options
        ends = time.monotonic() + options.minutes * 60
        reader, _ = await self._asked(options.slowdown)
        began = time.monotonic()
        curve = [("begun", await reader.weigh())]
        for quarter in range(1, QUARTERS):
            await asyncio.sleep(began + options.tokens / options.rate * quarter / QUARTERS - time.monotonic())
            curve.append((f"{100 * quarter // QUARTERS} % written", await reader.weigh()))
        await reader.wait_for_the_end()
        curve.append((WHOLE, await reader.weigh()))
        while (left := ends - time.monotonic()) > 0:
            await asyncio.sleep(min(left, WEIGH_AGAIN))
            curve.append((f"after {(time.monotonic() - began) / 60:.1f} min", await reader.weigh()))
        await reader.leave()
        return curve

    async def _asked(self, slowdown: float) -> tuple[Reader, str]:
        jar = self._session.cookie_jar
        cookies = [{"name": cookie.key, "value": cookie.value, "url": self._product.base_url} for cookie in jar]
        reader, name = await Reader.sit_down(self._browser, cookies, slowdown), uuid4().hex[:8]
        await reader.ask(self._product.base_url, _model(self._options), name)
        return reader, name


def _others() -> float:
    """CPU seconds that everybody has used who is no child of ours."""
    return processes.machine_busy_seconds() - processes.cpu_seconds(os.getpid())


def _model(options: argparse.Namespace) -> str:
    return f"markdown/{options.tokens}x{options.rate:g}"


async def main() -> None:
    options = _options()
    with (
        upstream.running(options.upstream_port, [_model(options)]),
        running(
            port=options.port, upstream_port=options.upstream_port, database_url="", cpus=os.sched_getaffinity(0)
        ) as product,
    ):
        # Cookies of an address written in numbers.
        async with (
            aiohttp.ClientSession(product.base_url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
            chromium() as browser,
        ):
            bench = Bench(session, browser, product, options)
            await bench.enter()
            print(f"`python {shlex.join(sys.argv)}`\n")
            if options.repeats:
                print(*table([await bench.read() for _ in range(options.repeats)]), "", sep="\n", flush=True)
            if options.minutes:
                print(*weights(await bench.weigh()), sep="\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether the page stays quick while a long answer is being written.")
    parser.add_argument("--tokens", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=200, help="tokens a second (200)")
    parser.add_argument("--slowdown", type=float, default=4, help="how many times slower the CPU is made (4)")
    parser.add_argument("--repeats", type=int, default=1, help="answers that are read, with typing (1)")
    parser.add_argument(
        "--minutes", type=float, default=10, help="for which the page is weighed (10); 0 to leave it out"
    )
    parser.add_argument("--port", type=int, default=8189)
    parser.add_argument("--upstream-port", type=int, default=9189)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
