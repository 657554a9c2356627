"""A fake provider and a playground for one benchmark, on two CPUs, with databases that are thrown away."""

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import processes
import scratch
import upstream
from product import Product, running


def add_options(parser: argparse.ArgumentParser, *, port: int, upstream_port: int) -> None:
    """What `started` asks for."""
    parser.add_argument("--database-url", default="", help="a PostgreSQL server; SQLite unless given")
    parser.add_argument("--redis-url", default="", help="a Redis server; none unless given")
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--upstream-port", type=int, default=upstream_port)


@contextmanager
def started(options: argparse.Namespace, models: Sequence[str]) -> Iterator[tuple[Product, int]]:
    """The playground, and the process of a provider that has these models; whoever asks stays on the provider's CPU."""
    here, there = processes.two_cpus()
    os.sched_setaffinity(0, here)
    with (
        upstream.running(options.upstream_port, list(models)) as provider,
        scratch.database(options.database_url) as database_url,
        scratch.redis_database(options.redis_url) as redis_url,
        running(
            port=options.port,
            upstream_port=options.upstream_port,
            database_url=database_url,
            redis_url=redis_url,
            cpus=there,
        ) as product,
    ):
        yield product, provider
