"""SQLite, by its online backup: https://www.sqlite.org/backup.html"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from playground.backup.archive import BackupError, Manifest
from playground.backup.contents import Contents, contents
from playground.up import sole_owner_of

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


class Sqlite:
    member = "database.sqlite3"

    def __init__(self) -> None:
        self._path = str(connection.settings_dict["NAME"])

    def copy_to(self, path: Path) -> Contents:
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(path)) as copy:
            # All pages in one step: with WAL nobody waits for it, and in several each write would start it over.
            source.backup(copy)
            # One file, without a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            tables = [name for (name,) in copy.execute(TABLES)]
            return contents(copy.execute, tables, f"SQLite {sqlite3.sqlite_version}")

    @contextmanager
    def unused(self) -> Iterator[None]:
        with sole_owner_of(settings.VAR_DIR) as is_ours:
            if not is_ours:
                raise BackupError("The server runs. Stop `manage.py up` first.")
            yield

    def replace_with(self, path: Path, manifest: Manifest) -> None:
        """The pages are written in one transaction. A new file in the place of the old one could meet its log there."""
        connection.close()
        with closing(sqlite3.connect(path)) as copy, closing(sqlite3.connect(self._path)) as target:
            try:
                copy.backup(target)
            except sqlite3.Error as error:
                raise BackupError(f"The database could not be replaced, and is as it was: {error}.") from error
