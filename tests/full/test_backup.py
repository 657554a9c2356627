"""Backup and restore by PostgreSQL's own programs, from one database into another."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from playground.env import BASE_DIR
from tests.missing import missing
from tests.playground.running import wait_until

pytestmark = pytest.mark.postgres


@pytest.fixture
def databases() -> Iterator[list[str]]:
    """The URLs of two empty databases."""
    if not shutil.which("pg_dump"):
        missing("pg_dump and pg_restore")
    server = os.environ["PLAYGROUND_DATABASE_URL"]
    names = [f"backup_{uuid4().hex}" for _ in range(2)]
    with psycopg.connect(server, autocommit=True) as admin:
        for name in names:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield [urlsplit(server)._replace(path=f"/{name}").geturl() for name in names]
        for name in names:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def manage(var_dir: Path, database: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "DJANGO_"))}
    ours = {"VAR_DIR": str(var_dir), "DATABASE_URL": database, "NO_BOOTSTRAP": "1"}
    environment = {**clean, **{f"PLAYGROUND_{name}": value for name, value in ours.items()}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )


class Writer:
    """Somebody who goes on writing: with each transaction a pair of rows, and in another table how many pairs it is."""

    def __init__(self) -> None:
        self.pairs = 0
        self._stopped = threading.Event()

    @contextmanager
    def writing(self, database: str) -> Iterator[None]:
        thread = threading.Thread(target=self._write, args=[database])
        thread.start()
        try:
            wait_until(lambda: self.pairs > 0)
            yield
        finally:
            self._stopped.set()
            thread.join()

    def _write(self, database: str) -> None:
        with psycopg.connect(database) as connection:
            while not self._stopped.is_set():
                pair = self.pairs + 1
                for name in (f"{pair} a", f"{pair} b"):
                    connection.execute("INSERT INTO accounts_team (name, created_at) VALUES (%s, now())", [name])
                connection.execute("UPDATE accounts_user SET email = %s", [f"{pair}@example.org"])
                connection.commit()
                self.pairs = pair


def test_a_database_that_is_written_to_is_restored_as_it_was_at_one_moment(
    tmp_path: Path, databases: list[str]
) -> None:
    (here, there), writer, file = databases, Writer(), tmp_path / "backup.tar.gz"
    assert manage(tmp_path / "here", here, "prepare").returncode == 0

    with writer.writing(here):
        before = writer.pairs
        made = manage(tmp_path / "here", here, "backup", str(file))
        after = writer.pairs
    restored = manage(tmp_path / "there", there, "restore", str(file))

    assert made.returncode == 0, made.stderr
    assert restored.returncode == 0, restored.stderr
    with psycopg.connect(there) as connection:
        [(email,)] = connection.execute("SELECT email FROM accounts_user")
        [(teams, last)] = connection.execute("SELECT count(*), max(id) FROM accounts_team")
    pairs = int(email.partition("@")[0])
    assert before < pairs < after
    # No half of a transaction, also across tables; one team was there before.
    assert teams == 1 + 2 * pairs
    # With what came later taken out of it, the database here is the one there: every table, row by row.
    with psycopg.connect(here) as connection:
        connection.execute("DELETE FROM accounts_team WHERE id > %s", [last])
        connection.execute("UPDATE accounts_user SET email = %s", [email])
    assert fingerprints(there) == fingerprints(here)


def fingerprints(database: str) -> dict[str, tuple[int, str]]:
    """Of every table, how many rows it has and a hash of them."""
    with psycopg.connect(database) as connection:
        names = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        assert "runs_run" in names
        rows = {
            name: connection.execute(
                sql.SQL('SELECT rows::text FROM {} AS rows ORDER BY rows::text COLLATE "C"').format(
                    sql.Identifier(name)
                )
            ).fetchall()
            for name in names
        }
    return {name: (len(found), hashlib.sha256(repr(found).encode()).hexdigest()) for name, found in rows.items()}


def test_a_database_is_backed_up_and_restored_into_an_empty_one(tmp_path: Path, databases: list[str]) -> None:
    here, there = databases
    file = tmp_path / "backup.tar.gz"
    assert manage(tmp_path / "here", here, "prepare").returncode == 0

    made = manage(tmp_path / "here", here, "backup", str(file))
    restored = manage(tmp_path / "there", there, "restore", str(file))

    assert made.returncode == 0, made.stderr
    assert restored.returncode == 0, restored.stderr
    assert "         1 of          1  accounts_user" in restored.stdout
    assert _rows(there) == _rows(here)


def test_a_database_in_use_is_replaced_when_that_is_said(tmp_path: Path, databases: list[str]) -> None:
    database, file = databases[0], tmp_path / "backup.tar.gz"
    assert manage(tmp_path, database, "prepare").returncode == 0
    assert manage(tmp_path, database, "backup", str(file)).returncode == 0
    before = _rows(database)
    with psycopg.connect(database) as changed:
        changed.execute("UPDATE accounts_user SET email = 'changed@example.org'")

    refused = manage(tmp_path, database, "restore", str(file))
    replaced = manage(tmp_path, database, "restore", "--replace", str(file))

    assert "--replace" in refused.stderr
    assert replaced.returncode == 0, replaced.stderr
    assert _rows(database) == before


def test_tables_that_the_backup_does_not_know_are_in_the_way(tmp_path: Path, databases: list[str]) -> None:
    database, file = databases[0], tmp_path / "backup.tar.gz"
    assert manage(tmp_path, database, "prepare").returncode == 0
    assert manage(tmp_path, database, "backup", str(file)).returncode == 0
    with psycopg.connect(database) as changed:
        changed.execute("CREATE TABLE from_the_future ()")

    refused = manage(tmp_path, database, "restore", "--replace", str(file))

    assert refused.returncode == 1
    assert "from_the_future" in refused.stderr


def _rows(database: str) -> dict[str, list[tuple[object, ...]]]:
    tables = ["accounts_user", "accounts_team", "providers_provider", "django_migrations"]
    with psycopg.connect(database) as connection:
        return {
            table: connection.execute(sql.SQL("SELECT * FROM {} ORDER BY id").format(sql.Identifier(table))).fetchall()
            for table in tables
        }
