"""Databases for one benchmark, on servers that run already: made empty, and thrown away at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import redis
from psycopg import sql


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """The URL of a new database on this PostgreSQL server; without a server none, which means SQLite."""
    if not server_url:
        yield ""
        return
    name = f"playground_bench_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def redis_database(server_url: str) -> Iterator[str]:
    """The URL of a database on this Redis server that nobody has put anything into; without a server none."""
    if not server_url:
        yield ""
        return
    number = _empty_one(server_url)
    url = urlsplit(server_url)._replace(path=f"/{number}").geturl()
    try:
        yield url
    finally:
        with redis.Redis.from_url(url) as server:
            server.flushdb()


def _empty_one(server_url: str) -> int:
    """The last empty one: people count from the first."""
    with redis.Redis.from_url(server_url) as server:
        taken = {int(name.removeprefix("db")) for name in server.info("keyspace")}
        count = int(server.config_get("databases")["databases"])
    if empty := set(range(count)) - taken:
        return max(empty)
    raise SystemExit(f"All {count} databases of that Redis are in use.")
