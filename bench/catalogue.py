"""How long it takes to find a model among many.

    python bench/catalogue.py
    python bench/catalogue.py 1000 10000 --database-url postgres://postgres@127.0.0.1/postgres

Starts a playground for each number of models, fills its catalogue, and asks the same pages of all of them in turn, as
the page does while somebody types and ticks. bench/README.md says what the figures mean.
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import processes
import scratch
import uvloop
from product import Product, running
from visitor import Times

HERE = Path(__file__).resolve().parent
# The package alone brings 600.
NUMBERS = (700, 1_000, 5_000)
# Visits to each page before those that count.
WARM_UP = 10
# No provider is there.
NO_PORT = 9
HTMX = {"HX-Request": "true"}
BASE = "nothing: the process answers"

# What is done -> the address, with the numbers of a model that is offered and of one that is gone, and the headers.
STEPS = {
    BASE: ("/healthz", {}),
    "open the picker": ("/models/options/?q=", HTMX),
    "type into the picker": ("/models/options/?q=gpt+mini", HTMX),
    "by abilities and price": ("/models/options/?q=images+200k+%3C5", HTMX),
    "models that are gone": ("/models/options/?q=9-", HTMX),
    "open the models page": ("/models/", {}),
    "filter it": ("/models/?takes=images&can=tools&context=200k&price=5&sort=price", HTMX),
    "sort by price": ("/models/?sort=price", HTMX),
    "a model's page": ("/models/{offered}/", {}),
    "one that is gone": ("/models/{gone}/", {}),
}


@dataclass
class Place:
    """A playground, somebody who is signed in there, and what there is to see."""

    product: Product
    session: aiohttp.ClientSession
    models: int
    offered: int
    gone: int

    async def visit(self, step: str, times: Times) -> None:
        address, headers = STEPS[step]
        cpu_seconds, begun = self._cpu_seconds(), time.perf_counter()
        async with self.session.get(address.format(offered=self.offered, gone=self.gone), headers=headers) as response:
            response.raise_for_status()
            await response.read()
        times.milliseconds.append((time.perf_counter() - begun) * 1000)
        times.cpu_seconds += self._cpu_seconds() - cpu_seconds

    def _cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.product.process.pid)


async def main() -> None:
    options = _options()
    here, there = processes.two_cpus()
    os.sched_setaffinity(0, here)
    async with AsyncExitStack() as stack:
        places = []
        for number, models in enumerate(options.models):
            url = stack.enter_context(scratch.database(options.database_url))
            product = stack.enter_context(
                running(port=options.port + number, upstream_port=NO_PORT, database_url=url, cpus=there)
            )
            session = await stack.enter_async_context(
                aiohttp.ClientSession(product.base_url, cookie_jar=aiohttp.CookieJar(unsafe=True))
            )
            await product.sign_in(session)
            places.append(Place(product, session, *_fill(product, models)))
        measured = {step: await _in_turn(step, places, options.rounds) for step in STEPS}
    print(f"`python {shlex.join(sys.argv)}`", "", *_table(places, measured), sep="\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long it takes to find a model among many.")
    parser.add_argument("models", nargs="*", type=int, default=NUMBERS, help="how many there are (700 1000 5000)")
    parser.add_argument("--rounds", type=int, default=60, help="how often each page is asked (60)")
    parser.add_argument("--database-url", default="", help="a PostgreSQL server; SQLite unless given")
    parser.add_argument("--port", type=int, default=8291, help="of the first playground; each has the next one")
    return parser.parse_args()


def _fill(product: Product, number: int) -> tuple[int, int, int]:
    """Fill the catalogue; how many models there are, one that is offered, and one that is gone."""
    done = subprocess.run(
        [sys.executable, str(HERE / "filling_models.py"), str(number)],
        env={**os.environ, **product.settings, "DJANGO_SETTINGS_MODULE": "playground.settings"},
        stdout=subprocess.PIPE,
        check=True,
    )
    count, offered, gone = map(int, done.stdout.split())
    return count, offered, gone


async def _in_turn(step: str, places: Sequence[Place], rounds: int) -> list[Times]:
    """Visit this page of all playgrounds, one after the other, again and again."""
    for _ in range(WARM_UP):
        for place in places:
            await place.visit(step, Times())
    measured = [Times() for _ in places]
    for _ in range(rounds):
        for place, times in zip(places, measured, strict=True):
            await place.visit(step, times)
    return measured


def _table(places: Sequence[Place], measured: dict[str, list[Times]]) -> Iterator[str]:
    """The lines of a Markdown table: a column for each number of models, and what the last one is of the first."""
    yield "| | " + " | ".join(f"{place.models:,} models" for place in places) + " | CPU |"
    yield "| --- |" + " --- |" * (len(places) + 1)
    for step, times in measured.items():
        shown = " | ".join(f"{each.p50:.0f} / {each.p95:.0f} ({each.cpu_ms:.0f})" for each in times)
        yield f"| {step} | {shown} | × {times[-1].cpu_ms / max(times[0].cpu_ms, 0.1):.2f} |"


if __name__ == "__main__":
    uvloop.run(main())
