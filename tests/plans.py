"""How SQLite means to find what it is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# Tables that grow with use; there will never be many providers.
GROWING = ("chat_", "runs_")


@contextmanager
def captured_plans() -> Iterator[list[str]]:
    """The steps of each statement about growing tables in the block: `SEARCH chat_message USING INDEX …`, `SCAN …`."""
    steps: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        is_looking = sql.startswith(("SELECT", "UPDATE", "DELETE")) and not many
        if is_looking and any(f'"{name}' in sql for name in GROWING):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                steps.extend(row[-1] for row in cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield steps


def reads_a_whole_table(step: str) -> bool:
    return step.startswith("SCAN")
