"""Events as rows: what a commit of the journal writes of them. Plain SQL, because this is the path each token takes."""

from collections.abc import Sequence
from typing import Any

from runs.folding import StoredEvent
from runs.run_log import RunLog

# A log, and those of its events that a commit takes.
Taken = tuple[RunLog, list[StoredEvent]]


def store_events(cursor: Any, owner: str, batch: Sequence[Taken], *, mark: str = "%s", lock: str = "") -> set[int]:
    """Store the events of the runs that are still this owner's, whose numbers it gives.

    Within the caller's transaction. `mark` stands for a value in SQL, `lock` holds the runs until the transaction ends.
    """
    if not batch:
        return set()

    def several(sql: str, numbers: list[int]) -> str:
        return sql.format(", ".join([mark] * len(numbers))).replace("%s", mark)

    run_ids = [log.run_id for log, _ in batch]
    cursor.execute(several(STILL_OURS, run_ids) + lock, [owner, *run_ids])
    ours = {run_id for (run_id,) in cursor.fetchall()}
    rows = [(log.run_id, *event) for log, events in batch if log.run_id in ours for event in events]
    if rows:
        cursor.executemany(INSERT_EVENT.replace("%s", mark), rows)
    if begun := [log.run_id for log, _ in batch if log.run_id in ours and not log.stored]:
        cursor.execute(several(BEGUN, begun), begun)
    return ours


BEGUN = "UPDATE runs_attempt SET state = 'first_byte' WHERE state = 'sent' AND run_id IN ({})"
STILL_OURS = "SELECT id FROM runs_run WHERE state = 'running' AND owner = %s AND id IN ({})"
# A commit may have been made although the database went away before it said so; made again, it changes nothing. Nobody
# else can be in conflict: the transaction holds the run as ours.
INSERT_EVENT = """
    INSERT INTO runs_runevent (run_id, seq, type, payload, ms) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
