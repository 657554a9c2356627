"""What a database holds, counted: the same before a backup and after a restore."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.backends.utils import CursorWrapper

# Asks a database, which may be a copy that Django does not know.
Query = Callable[[str], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True)
class Contents:
    # Rows of each table.
    counts: dict[str, int]
    # `app.name` of every migration that the tables have seen.
    migrations: list[str]
    # The kind of database and its version.
    version: str


def contents(query: Query, tables: Iterable[str], version: str) -> Contents:
    migrations = query("SELECT app, name FROM django_migrations ORDER BY app, name")
    return Contents(count(query, tables), [f"{app}.{name}" for app, name in migrations], version)


def count(query: Query, tables: Iterable[str]) -> dict[str, int]:
    counts = {}
    for table in sorted(tables):
        [(rows,)] = query(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - a name that the database told
        counts[table] = int(rows)
    return counts


def asking(cursor: CursorWrapper) -> Query:
    def query(sql: str) -> Iterable[tuple[Any, ...]]:
        cursor.execute(sql)
        return list(cursor.fetchall())

    return query
