"""Whether the pages get slower as the database grows.

    python bench/growth.py
    python bench/growth.py 10000 100000 --database-url postgres://postgres@127.0.0.1/postgres

Starts a playground for each size, fills their databases, and opens the same pages of all of them in turn, so that
whatever else the machine does befalls all sizes alike. bench/README.md says what the figures mean.
"""

import argparse
import asyncio
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import processes
import scratch
import uvloop
from product import Product, running
from report import MEGABYTE
from visitor import Times, Visitor

HERE = Path(__file__).resolve().parent
SIZES = (10_000, 100_000, 1_000_000)
# Visits to each page before those that count.
WARM_UP = 10
# The demo is built in; no other provider is there.
NO_PORT = 9

# For each page, what its visits took at each size.
Measured = dict[str, list[Times]]


async def main() -> None:
    options = _options()
    here, there = processes.two_cpus()
    os.sched_setaffinity(0, here)
    async with AsyncExitStack() as stack:
        filled: list[dict[str, int]] = []
        visitors: list[Visitor] = []
        for place, messages in enumerate(options.messages):
            url = stack.enter_context(scratch.database(options.database_url))
            product = stack.enter_context(
                running(port=options.port + place, upstream_port=NO_PORT, database_url=url, cpus=there)
            )
            filled.append(await _fill(product, messages))
            session = await stack.enter_async_context(_session(product))
            visitors.append(Visitor(session, product, filled[-1]))
        for visitor in visitors:
            await visitor.arrive()
        measured = {name: await _in_turn(name, visitors, options.rounds) for name in visitors[0].visits}
    print(f"`python {shlex.join(sys.argv)}`", "", *_table(filled, measured), sep="\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether the pages get slower as the database grows.")
    parser.add_argument("messages", nargs="*", type=int, default=SIZES, help="sizes (10000 100000 1000000)")
    parser.add_argument("--rounds", type=int, default=100, help="how often each page is opened (100)")
    parser.add_argument("--database-url", default="", help="a PostgreSQL server; SQLite unless given")
    parser.add_argument("--port", type=int, default=8191, help="of the first playground; each has the next one")
    return parser.parse_args()


async def _fill(product: Product, messages: int) -> dict[str, int]:
    """Fill the database up to so many messages; what `filling.py` says of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "filling.py"),
        str(messages),
        env={**os.environ, **product.settings},
        stdout=subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, "the database could not be filled"
    filled: dict[str, int] = json.loads(said)
    return filled


def _session(product: Product) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        product.base_url,
        timeout=aiohttp.ClientTimeout(total=300),
        # Cookies of an address written in numbers.
        cookie_jar=aiohttp.CookieJar(unsafe=True),
    )


async def _in_turn(name: str, visitors: Sequence[Visitor], rounds: int) -> list[Times]:
    """Visit this page of all playgrounds, one after the other, again and again."""
    for _ in range(WARM_UP):
        for visitor in visitors:
            await visitor.visit(name, Times())
    measured = [Times() for _ in visitors]
    for _ in range(rounds):
        for visitor, times in zip(visitors, measured, strict=True):
            await visitor.visit(name, times)
    return measured


def _table(filled: Sequence[dict[str, int]], measured: Measured) -> Iterator[str]:
    """The lines of a Markdown table: a column for each size, and what the last one is of the first."""
    yield "| | " + " | ".join(f"{size['messages']:,}" for size in filled) + " | p95 | CPU |"
    yield "| --- |" + " --- |" * (len(filled) + 2)
    for name, sizes in measured.items():
        first, last = sizes[0], sizes[-1]
        shown = " | ".join(f"{times.p50:.0f} / {times.p95:.0f} ({times.cpu_ms:.0f})" for times in sizes)
        yield f"| {name} | {shown} | × {last.p95 / first.p95:.2f} | × {last.cpu_ms / first.cpu_ms:.2f} |"
    yield "| conversations | " + " | ".join(f"{size['conversations']:,}" for size in filled) + " | | |"
    yield "| database, MB | " + " | ".join(f"{size['bytes'] / MEGABYTE:,.0f}" for size in filled) + " | | |"
    yield "| filled in, s | " + " | ".join(f"{size['seconds']:,}" for size in filled) + " | | |"


if __name__ == "__main__":
    uvloop.run(main())
