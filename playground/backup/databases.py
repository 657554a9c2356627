"""What a backup needs of a database, whichever it is."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from django.db import connection

from playground.backup.archive import Manifest
from playground.backup.contents import Contents
from playground.backup.postgres import Postgres
from playground.backup.sqlite import Sqlite


class Database(Protocol):
    # The name of its copy in an archive.
    member: str

    def copy_to(self, path: Path) -> Contents:
        """A copy as of one moment, while others go on writing."""
        ...

    def unused(self) -> AbstractContextManager[None]:
        """Until the end of the block no server works with it. Raises `BackupError`."""
        ...

    def replace_with(self, path: Path, manifest: Manifest) -> None:
        """Hold what the copy holds. Raises `BackupError`, and then still holds what it held."""
        ...


def database() -> Database:
    """This server's own."""
    return Postgres() if connection.vendor == "postgresql" else Sqlite()
