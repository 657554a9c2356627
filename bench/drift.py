"""Whether the server stays as it was: people who ask one question after the other, for as long as one likes.

    python bench/drift.py --minutes 30 --streams 50
    python bench/drift.py --database-url postgres://postgres@127.0.0.1/postgres --redis-url redis://127.0.0.1

Some leave in the middle of an answer, and come back with another page. Every so often it is written down what the
server's processes hold: memory, open files and sockets, threads.
"""

import argparse
import asyncio
import random
import shlex
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp
import alone
import processes
import uvloop
from answer import Answer
from page import Page
from scenarios import SCENARIOS

MODEL = SCENARIOS["fifty"].model
# Questions that a page asks before it is loaded anew, and how many of them are left in the middle of the answer.
QUESTIONS, LEFT = 4, 0.2
# Seconds after which an answer is left.
PATIENCE = 2.0
# What comes before this share of the time warms up.
WARM_UP = 0.2
# Times that it is written down.
LOOKS = 10

OpenPage = Callable[[], Awaitable[Page]]


@dataclass
class Crowd:
    """What all of them have asked so far."""

    until: float
    answered: int = 0
    left: int = 0
    problems: list[str] = field(default_factory=list)

    async def live(self, open_page: OpenPage, chance: random.Random) -> None:
        """One of them, until the time is over."""
        while time.monotonic() < self.until:
            page = await open_page()
            try:
                await self._ask_on(page, chance)
            finally:
                await page.close()

    async def _ask_on(self, page: Page, chance: random.Random) -> None:
        for _ in range(QUESTIONS):
            answer, leaves = Answer(uuid4().hex[:8]), chance.random() < LEFT
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE if leaves else None):
                    await page.ask(MODEL, answer)
            if leaves:
                self.left += 1
                return
            self.answered += 1
            if answer.problem:
                self.problems.append(answer.problem)
            if time.monotonic() > self.until:
                return


@dataclass(frozen=True)
class Held:
    """What the server has of this machine."""

    minute: float
    answered: int
    megabytes: float
    files: int
    threads: int

    @classmethod
    def now(cls, minute: float, answered: int, server: int) -> "Held":
        megabytes = processes.resident_bytes(server) / 1e6
        return cls(minute, answered, megabytes, processes.open_files(server), processes.threads(server))

    def __str__(self) -> str:
        return f"| {self.minute:.1f} | {self.answered} | {self.megabytes:.0f} | {self.files} | {self.threads} |"


async def look(crowd: Crowd, server: int, minutes: float) -> list[Held]:
    """Write it down as often as is wanted; the first time when everything is warm."""
    begun, held = time.monotonic(), list[Held]()
    for number in range(LOOKS + 1):
        minute = minutes * (WARM_UP + (1 - WARM_UP) * number / LOOKS)
        await asyncio.sleep(max(0.0, begun + minute * 60 - time.monotonic()))
        held.append(Held.now(minute, crowd.answered, server))
        print(held[-1], flush=True)
    return held


async def main() -> None:
    options = _options()
    with alone.started(options, [MODEL]) as (product, _):
        # Cookies of an address written in numbers.
        jar, connector = aiohttp.CookieJar(unsafe=True), aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(product.base_url, connector=connector, cookie_jar=jar) as session:
            token = await product.enter(session, f"http://127.0.0.1:{options.upstream_port}/v1")
            print(f"`python {shlex.join(sys.argv)}`\n")
            print(
                "| minute | answers | memory, MB | open files | threads |\n| --- | --- | --- | --- | --- |", flush=True
            )
            crowd = Crowd(time.monotonic() + options.minutes * 60)
            chance = random.Random(options.seed)
            async with asyncio.TaskGroup() as tasks:
                for _ in range(options.streams):
                    tasks.create_task(crowd.live(lambda: Page.open(session, product.base_url, token), chance))
                looking = tasks.create_task(look(crowd, product.process.pid, options.minutes))
            held = looking.result()
    grown = held[-1].megabytes / held[0].megabytes - 1
    print(f"\nMemory {grown:+.1%}, open files {held[-1].files - held[0].files:+d}.", end=" ")
    print(f"{crowd.left} answers were left, {len(crowd.problems)} went wrong.", *crowd.problems[:5], sep="\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether the server stays as it was.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--streams", type=int, default=50, help="people who ask without a pause (50)")
    parser.add_argument("--seed", type=int, default=1, help="who leaves, and when")
    alone.add_options(parser, port=8189, upstream_port=9189)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main())
