"""PostgreSQL, by its own programs: https://www.postgresql.org/docs/current/app-pgdump.html"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from playground.backup.archive import BackupError, Manifest
from playground.backup.contents import Contents, asking, contents

# Whoever restores need not be called like whoever made the backup.
ANYBODYS = ["--no-owner", "--no-privileges"]


class Postgres:
    member = "database.dump"

    def copy_to(self, path: Path) -> Contents:
        with transaction.atomic(), connection.cursor() as cursor:
            # What is counted here and what pg_dump sees is one moment.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
            snapshot, version = cursor.fetchone()
            self._run("pg_dump", "--format=custom", *ANYBODYS, f"--snapshot={snapshot}", f"--file={path}")
            return contents(asking(cursor), connection.introspection.table_names(cursor), f"PostgreSQL {version}")

    @contextmanager
    def unused(self) -> Iterator[None]:
        """Who works with it is somewhere else, and not to be seen: their locks make `replace_with` fail."""
        yield

    def replace_with(self, path: Path, manifest: Manifest) -> None:
        if strange := sorted({*connection.introspection.table_names()} - {*manifest.counts}):
            # They would stay, and be in the way of the migrations that make them.
            raise BackupError(f"Empty the database first: the backup does not know its tables {', '.join(strange)}.")
        connection.close()
        self._run("pg_restore", "--clean", "--if-exists", *ANYBODYS, "--single-transaction", str(path))

    def _run(self, program: str, *arguments: str) -> None:
        if not shutil.which(program):
            raise BackupError(f"{program} was not found: install PostgreSQL's client programs, as new as the server.")
        ended = subprocess.run(  # noqa: S603
            [program, f"--dbname={self._where()}", *arguments],
            env={**os.environ, **self._environment()},
            stderr=subprocess.PIPE,
            text=True,
        )
        if ended.returncode:
            raise BackupError(f"{program} failed, and nothing has changed: {ended.stderr.strip()}")

    def _where(self) -> str:
        """The database's address, without a password: arguments can be read by everybody on this machine."""
        found = connection.settings_dict
        names = {"dbname": "NAME", "user": "USER", "host": "HOST", "port": "PORT"}
        options = {name: value for name, value in found["OPTIONS"].items() if isinstance(value, str)}
        return make_conninfo("", **{name: found[setting] or None for name, setting in names.items()}, **options)

    def _environment(self) -> dict[str, str]:
        password = connection.settings_dict["PASSWORD"]
        # Rather an error than waiting for ever behind somebody who works with a table.
        patience = {"PGOPTIONS": "-c lock_timeout=10s"}
        return {**patience, "PGPASSWORD": password} if password else patience
