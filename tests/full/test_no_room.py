"""A disk that is full, a database that takes no changes or is not there: said in words, and survived."""

import asyncio
import html
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest

from playground.env import BASE_DIR
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment
from tests.full.page import Page
from tests.full.person import Person
from tests.full.small_disk import SmallDisk, allow_writing, forbid_writing, small_disk
from tests.full.trouble import ANSWER, LONG_ANSWER, LONG_MODEL, MODEL, entrance, page_once, parts, unchanged
from tests.playground.running import Running, up, wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(240)]

# What cannot be compressed and does not fit into what is left of a page.
LARGE = 80_000

IS_FULL = "the server's disk is full"
IS_READ_ONLY = "the server's database takes no changes"
IS_HELD_UP = "the server's database is held up by something else"
NOTHING_SAVED = "Nothing can be saved right now: "
# Of an answer that was cut, whoever ended it: this process, or a sweeper.
THE_REST = "Run it again if you need the rest"


async def live_through(
    person: Person, url: str, upstream: FaultServer, words: str, *, hit: Callable[[], None], heal: Callable[[], None]
) -> None:
    """An answer is being written, then nothing can be stored, then it can again."""
    earlier, prompt = await person.ask(url, MODEL, uuid4().hex), uuid4().hex
    async with Page(person, [url]) as page:
        await (await page.follow(earlier)).end()
        reply = await person.ask(url, LONG_MODEL, prompt)
        shown = await page.follow(reply)
        await shown.words(20)

        hit()
        try:
            # What is shown is stored. The rest has to wait for room; the provider has not.
            await shown.wait("not_stored", or_end=True)
            assert await asyncio.to_thread(upstream.wait_until_left, prompt)
            draft = secrets.token_urlsafe(LARGE)[:LARGE]
            assert f"That was not saved: {words}" in await person.refusal(url, MODEL, draft, **{"HX-Request": "true"})
            assert draft in await person.refusal(url, MODEL, draft)
            assert "tok7" in await page_once(person, url + earlier.path, lambda text: NOTHING_SAVED + words in text)
            failing = {part for part, word in (await parts(person, url)).items() if word != "ok"}
        finally:
            heal()
        await shown.end()
        again = await page.follow(await person.insist([url], MODEL, uuid4().hex))
        await again.end()
    record = await person.look(url, reply)

    assert failing == {"storage"}
    assert shown.state == record.state == "interrupted"
    assert shown.text == record.text
    assert LONG_ANSWER.startswith(record.text)
    assert page.problems == []
    assert sum(prompt.encode() in request.body for request in upstream.requests) == 1
    assert (again.state, again.text) == ("done", ANSWER)
    assert THE_REST in await page_once(person, url + reply.path, lambda text: NOTHING_SAVED not in text)
    assert set((await parts(person, url)).values()) == {"ok"}


# On one machine, with SQLite


class Embedded:
    """`manage.py up` on a small disk."""

    def __init__(self, running: Running, disk: SmallDisk, settings: dict[str, str]) -> None:
        self.running, self.disk, self._settings = running, disk, settings
        self.url = running.url
        # A worker that has not yet found its queues cannot begin without a place to write.
        tables = [disk.folder / "broker" / "control" / f"{queue}.exchange" for queue in ("long", "cells")]
        wait_until(lambda: all(table.exists() and table.stat().st_size for table in tables))
        self.pids = running.children()

    def run(self, *arguments: str) -> str:
        ours = {
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            "PLAYGROUND_NO_BOOTSTRAP": "1",
            "PLAYGROUND_VAR_DIR": str(self.disk.folder),
        }
        environment = {**os.environ, **self._settings, **ours}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, check=True
        ).stdout.decode()

    def check(self) -> None:
        """The same processes still run, the file is whole, and the trouble was logged once by each that noticed."""
        assert self.running.children() == self.pids, self.running.output
        assert self.running.output.count("Nothing can be stored") <= len(self.pids), self.running.output
        assert "Traceback" not in self.running.output
        with closing(sqlite3.connect(self.disk.folder / "playground.sqlite3", timeout=20)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def embedded(tmp_path: Path, upstream: FaultServer) -> Iterator[Embedded]:
    host, port = upstream.private_host
    settings = {"PLAYGROUND_ALLOWED_PRIVATE_HOSTS": f"{host}:{port}"}
    with small_disk(tmp_path, megabytes=16) as disk, up(tmp_path, **settings) as running:
        yield Embedded(running, disk, settings)


async def test_a_full_disk_costs_nothing_that_was_shown(embedded: Embedded, upstream: FaultServer) -> None:
    link = entrance(embedded.run, upstream)
    async with Person.entering(embedded.url, embedded.url, link) as person:
        hit, heal = embedded.disk.fill, embedded.disk.empty
        await live_through(person, embedded.url, upstream, IS_FULL, hit=hit, heal=heal)
    embedded.check()


async def test_files_that_cannot_be_written_cost_nothing_that_was_shown(
    embedded: Embedded, upstream: FaultServer
) -> None:
    link = entrance(embedded.run, upstream)
    async with Person.entering(embedded.url, embedded.url, link) as person:
        await live_through(
            person,
            embedded.url,
            upstream,
            IS_READ_ONLY,
            hit=lambda: forbid_writing(embedded.pids),
            heal=lambda: allow_writing(embedded.pids),
        )
    embedded.check()


async def test_a_file_that_another_program_keeps_locked_costs_nothing_that_was_shown(
    embedded: Embedded, upstream: FaultServer
) -> None:
    """Each writer waits for its turn as long as SQLite lets it, which is 20 s, and then says why."""
    link = entrance(embedded.run, upstream)
    file = embedded.disk.folder / "playground.sqlite3"
    async with Person.entering(embedded.url, embedded.url, link) as person:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=20)) as other:
            await live_through(
                person,
                embedded.url,
                upstream,
                IS_HELD_UP,
                hit=lambda: other.execute("BEGIN IMMEDIATE").close(),
                heal=other.rollback,
            )
    embedded.check()


# With PostgreSQL and Redis


def tell_postgres(deployment: Deployment, *statements: str) -> None:
    with psycopg.connect(
        deployment.postgres.url, autocommit=True, options="-c default_transaction_read_only=off"
    ) as to:
        for statement in statements:
            to.execute(statement.encode())


async def test_a_database_that_takes_no_changes_costs_nothing_that_was_shown(
    deployment: Deployment, upstream: FaultServer
) -> None:
    link, url = entrance(deployment.run, upstream), deployment.urls[0]
    reload = "SELECT pg_reload_conf()"
    no_changes = ("ALTER SYSTEM SET default_transaction_read_only = on", reload)
    changes = ("ALTER SYSTEM RESET default_transaction_read_only", reload)
    with unchanged(deployment):
        async with Person.entering(deployment.base_url, url, link) as person:
            await live_through(
                person,
                url,
                upstream,
                IS_READ_ONLY,
                hit=lambda: tell_postgres(deployment, *no_changes),
                heal=lambda: tell_postgres(deployment, *changes),
            )


@pytest.fixture
def postgres_disk(deployment: Deployment) -> Iterator[SmallDisk]:
    """A disk of its own for the tables; the log of changes stays elsewhere, as databases are often set up."""
    names = [name for (name,) in deployment.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    # Not below pytest's own folder, which is for nobody but its owner, and that is not PostgreSQL.
    with TemporaryDirectory(prefix="playground-disk-") as folder, small_disk(Path(folder), megabytes=32) as disk:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        tell_postgres(deployment, f"CREATE TABLESPACE small LOCATION '{folder}'")
        tell_postgres(deployment, *(f"ALTER TABLE {name} SET TABLESPACE small" for name in names))
        # Without the room that earlier tests have left within the tables: an answer would go into that for minutes.
        tell_postgres(deployment, *(f"VACUUM FULL {name}" for name in names))
        try:
            yield disk
        finally:
            disk.empty()
            tell_postgres(deployment, *(f"ALTER TABLE {name} SET TABLESPACE pg_default" for name in names))
            tell_postgres(deployment, "CHECKPOINT", "DROP TABLESPACE small")


async def test_a_full_disk_of_the_database_costs_nothing_that_was_shown(
    deployment: Deployment, postgres_disk: SmallDisk, upstream: FaultServer
) -> None:
    link, url = entrance(deployment.run, upstream), deployment.urls[0]
    with unchanged(deployment):
        async with Person.entering(deployment.base_url, url, link) as person:
            hit, heal = postgres_disk.fill, postgres_disk.empty
            await live_through(person, url, upstream, IS_FULL, hit=hit, heal=heal)


async def test_a_database_that_stays_away_too_long_costs_nothing_that_was_shown(
    deployment: Deployment, upstream: FaultServer
) -> None:
    link, url, prompt = entrance(deployment.run, upstream), deployment.urls[0], uuid4().hex
    with unchanged(deployment):
        async with Person.entering(deployment.base_url, url, link) as person, Page(person, [url]) as page:
            reply = await person.ask(url, LONG_MODEL, prompt)
            shown = await page.follow(reply)
            await shown.words(20)

            deployment.postgres.stop(signal.SIGQUIT)
            try:
                await shown.wait("not_stored")
                assert await asyncio.to_thread(upstream.wait_until_left, prompt)
                refused = await person.refusal(url, MODEL, "What now?")
            finally:
                deployment.postgres.start()
            await shown.end()
            # Whoever told the end may have found the way back before the pages of this process have.
            await person.insist([url], MODEL, uuid4().hex)
            record = await person.look(url, reply)

    assert "the server's database cannot be reached" in refused
    assert shown.state == record.state == "interrupted"
    assert shown.text == record.text
    assert LONG_ANSWER.startswith(record.text)
    assert page.problems == []


async def test_who_comes_while_the_database_has_no_connection_to_give_is_told_so_at_once(
    deployment: Deployment, upstream: FaultServer
) -> None:
    link, url = entrance(deployment.run, upstream), deployment.urls[0]
    with unchanged(deployment):
        async with Person.entering(deployment.base_url, url, link) as person:
            with every_connection(deployment.postgres.url):
                seconds = sorted([await refused_after(person, url) for _ in range(20)])
            await person.insist([url], MODEL, uuid4().hex)
    assert seconds[18] < 1


async def refused_after(person: Person, url: str) -> float:
    """Seconds until a page says that the database is away, and when to come again."""
    begun = time.monotonic()
    async with person.session.get(url + "/") as answer:
        assert "the server's database cannot be reached" in html.unescape(await answer.text())
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
    return time.monotonic() - begun


@contextmanager
def every_connection(url: str) -> Iterator[None]:
    """Take all the connections that a server has, also those that others have."""
    others = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> ALL(%s)
    """
    with ExitStack() as taken:
        first = taken.enter_context(psycopg.connect(url, autocommit=True))
        ours = [first.info.backend_pid]
        while True:
            try:
                ours.append(taken.enter_context(psycopg.connect(url)).info.backend_pid)
            except psycopg.OperationalError:
                # No more to be had. Whoever still has one loses it, and it is ours if we are quicker than they are.
                if not first.execute(others, [ours]).fetchall():
                    break
        yield


async def test_a_process_that_was_frozen_changes_nothing_of_what_others_ended(
    deployment: Deployment, upstream: FaultServer
) -> None:
    """Its lease has run out when it wakes up, and it has tokens to store that arrived meanwhile."""
    link, (one, two), prompt = entrance(deployment.run, upstream), deployment.urls, uuid4().hex
    with unchanged(deployment):
        async with Person.entering(deployment.base_url, two, link) as person, Page(person, [two]) as page:
            reply = await person.ask(one, LONG_MODEL, prompt)
            shown = await page.follow(reply)
            await shown.words(20)

            deployment.webs[0].hit(signal.SIGSTOP)
            try:
                await shown.end()
                ended = deployment.rows(facts(reply.run))
            finally:
                deployment.webs[0].hit(signal.SIGCONT)
            assert await asyncio.to_thread(upstream.wait_until_left, prompt, 30)
            await asyncio.to_thread(wait_until, deployment.webs[0].is_answering)

    assert shown.state == "interrupted"
    assert deployment.rows(facts(reply.run)) == ended


def facts(run: str) -> str:
    """A query for all that is stored of a run."""
    return f"""
        SELECT *, (SELECT COUNT(*) FROM runs_runevent WHERE run_id = runs_run.id)
        FROM runs_run WHERE id = {int(run)}
    """  # noqa: S608
