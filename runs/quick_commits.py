"""Commits of events in the event loop itself, on SQLite, as long as the disk is quick.

To have a thread make such a commit, and to be told of it, takes more than the commit: two wake-ups, and the interpreter
handed over at each row. So the loop makes it, and nothing else happens in the loop for the half millisecond that it
takes. That is right for a disk that is quick and a file that nobody holds; for anything else there is the thread.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from django.db import connection

from runs.event_rows import Taken, store_events

# Seconds that a commit may take; whoever is slower than that must not hold up everybody else.
LONGEST = 0.005
# Seconds for which commits are left to the thread after one that was slow or failed: twice as long each time in a row.
# That somebody else was writing says nothing about the disk, and changes nothing about what is known of it.
SHORTEST_REST, LONGEST_REST = 0.25, 60.0
# No copying from the log into the file, which may take long: that is done behind a commit of some thread, and while
# anything runs the journal's makes one each second.
PRAGMAS = "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0"


class QuickCommits:
    """The loop's own connection to the file. Whatever goes wrong is undone and left to the thread, to be done again."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._path = str(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else ""
        self._database: sqlite3.Connection | None = None
        self._rest = SHORTEST_REST
        # By the monotonic clock.
        self._rests_until = 0.0
        # Whether somebody else was writing when the last one was to be made.
        self._was_held = False

    def commit(self, batch: Sequence[Taken]) -> set[int] | None:
        """Store these events; the numbers of the runs that are still ours. None where it is for a thread to do."""
        begun = monotonic()
        if not self._path or begun < self._rests_until:
            return None
        self._was_held = False
        ours = self._commit(batch)
        if self._was_held:
            self._rests_until = monotonic() + SHORTEST_REST
        elif ours is None or monotonic() - begun > LONGEST:
            self._rests_until = monotonic() + self._rest
            self._rest = min(2 * self._rest, LONGEST_REST)
        else:
            self._rest = SHORTEST_REST
        return ours

    def _commit(self, batch: Sequence[Taken]) -> set[int] | None:
        try:
            database = self._database = self._database or self._open()
            database.execute("BEGIN IMMEDIATE")
            ours = store_events(database.cursor(), self._owner, batch, mark="?")
            database.execute("COMMIT")
        except Exception as error:
            # The thread finds out what it is, and says it where it is known what to do about it.
            self._undo(error)
            return None
        return ours

    def _undo(self, error: Exception) -> None:
        if self._database:
            # Closing would not do: what is still being read keeps a closed connection, and its lock, for a while.
            with suppress(sqlite3.Error):
                self._database.rollback()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            self._was_held = True
        else:
            self.close()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        database.executescript(PRAGMAS)
        return database

    def close(self) -> None:
        """Give the connection back."""
        if self._database:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None
