"""Telling apart why a database stores nothing, by what real databases say."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg.errors
import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection

from runs.storage import Storage, Trouble, trouble_of


def caused(error: type[Exception], cause: Exception | None) -> Exception:
    """As Django wraps what a database library raised."""
    raised = error(str(cause))
    raised.__cause__ = cause
    return raised


def full(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA max_page_count = 3")
        database.execute("CREATE TABLE kept (text)")
        database.execute("INSERT INTO kept VALUES (?)", ["x" * 100_000])


def read_only(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA query_only = on")
        database.execute("CREATE TABLE kept (text)")


def locked(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other, closing(sqlite3.connect(file, timeout=0)) as database:
        other.execute("BEGIN IMMEDIATE")
        database.execute("BEGIN IMMEDIATE")


def nowhere(file: Path) -> None:
    with closing(sqlite3.connect(file / "missing" / "file")):
        pass


@pytest.mark.parametrize(
    ("act", "trouble"),
    [(full, Trouble.FULL), (read_only, Trouble.READ_ONLY), (locked, Trouble.BUSY), (nowhere, Trouble.AWAY)],
)
def test_what_sqlite_says(act: Callable[[Path], None], trouble: Trouble, tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as raised:
        act(tmp_path / "database")
    assert trouble_of(caused(OperationalError, raised.value)) is trouble


@pytest.mark.parametrize(
    ("error", "cause", "trouble"),
    [
        (OperationalError, psycopg.errors.DiskFull(), Trouble.FULL),
        (InternalError, psycopg.errors.ReadOnlySqlTransaction(), Trouble.READ_ONLY),
        (OperationalError, psycopg.errors.TooManyConnections(), Trouble.BUSY),
        (OperationalError, psycopg.errors.DeadlockDetected(), Trouble.BUSY),
        (OperationalError, psycopg.errors.AdminShutdown(), Trouble.AWAY),
        (OperationalError, psycopg.OperationalError("connection refused"), Trouble.AWAY),
        (InterfaceError, psycopg.InterfaceError("the connection is closed"), Trouble.AWAY),
    ],
)
def test_what_postgres_says(error: type[Exception], cause: Exception, trouble: Trouble) -> None:
    assert trouble_of(caused(error, cause)) is trouble


def test_mistakes_of_ours_are_no_trouble(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "database")) as database,
        pytest.raises(sqlite3.OperationalError, match="no such table") as raised,
    ):
        database.execute("SELECT * FROM absent")
    assert trouble_of(caused(OperationalError, raised.value)) is None
    assert trouble_of(caused(InternalError, psycopg.errors.InFailedSqlTransaction())) is None
    assert trouble_of(caused(IntegrityError, psycopg.errors.UniqueViolation())) is None
    assert trouble_of(ValueError()) is None


@pytest.fixture
def no_changes(transactional_db: None) -> Iterator[None]:
    """This connection may change nothing."""
    settings = {
        "sqlite": ("PRAGMA query_only = on", "PRAGMA query_only = off"),
        "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    }
    on, off = settings[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
    yield
    with connection.cursor() as cursor:
        cursor.execute(off)


@pytest.mark.usefixtures("no_changes")
def test_a_check_finds_that_nothing_can_be_stored() -> None:
    storage = Storage()
    assert not storage.check()
    assert storage.trouble is Trouble.READ_ONLY
    assert not storage.is_well


@pytest.mark.django_db(transaction=True)
def test_a_check_that_goes_well_ends_the_trouble_and_leaves_nothing() -> None:
    storage = Storage()
    storage.failed(caused(OperationalError, psycopg.errors.DiskFull()))
    assert storage.check()
    assert storage.trouble is None
    assert storage.is_well
    assert not Session.objects.exists()


def test_a_trouble_is_logged_once_however_many_notice_it(caplog: pytest.LogCaptureFixture) -> None:
    storage = Storage()
    with caplog.at_level(logging.WARNING):
        threads = [
            threading.Thread(target=storage.failed, args=[caused(OperationalError, psycopg.errors.DiskFull())])
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
            thread.join()
        storage.works()
        storage.works()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
