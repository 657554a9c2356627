"""Whether this server can store anything, as far as this process has found out.

A full disk, or a database that takes no changes, is noticed by whoever writes next: a form, the journal, the sweeper.
They say so here. It is logged once, pages can tell it without asking the database, and `check` finds out when it is
over.
"""

import logging
import secrets
import sqlite3
import time
from enum import Enum

from django.contrib.sessions.models import Session
from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.utils import timezone

logger = logging.getLogger(__name__)

# What Django raises for a database that cannot do its work. The third is for a PostgreSQL that takes no changes.
FAILURES = (OperationalError, InterfaceError, InternalError)

# Characters that `check` writes, which no page of the database has room for: it has to ask for more of them.
CHECKED = 16 * 1024
# Seconds that a check which went well is believed, where several ask for one.
BELIEVED = 30.0


class Trouble(Enum):
    """Why nothing can be stored, and when it is worth another try, in words for people."""

    FULL = "the server's disk is full", "once its operator has made room"
    READ_ONLY = "the server's database takes no changes", "once its operator has mended that"
    BUSY = "the server's database is held up by something else", "again in a moment"
    AWAY = "the server's database cannot be reached", "again in a moment"

    def __init__(self, clause: str, end: str) -> None:
        self.clause = clause
        self.end = end

    @property
    def passes_soon(self) -> bool:
        """Whether it may be over while somebody waits. Nobody makes room on a disk within seconds."""
        return self in {Trouble.BUSY, Trouble.AWAY}


# Primary result codes: https://www.sqlite.org/rescode.html. A file system that was turned read-only under an open
# database shows itself as an I/O error.
SQLITE_TROUBLES = {
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_IOERR: Trouble.READ_ONLY,
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_CANTOPEN: Trouble.AWAY,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes, then classes of them.
POSTGRES_TROUBLES = {
    "53100": Trouble.FULL,
    "25006": Trouble.READ_ONLY,
    "53": Trouble.BUSY,
    "55": Trouble.BUSY,
    "40": Trouble.BUSY,
    "08": Trouble.AWAY,
    "57": Trouble.AWAY,
    "58": Trouble.AWAY,
}


def trouble_of(error: BaseException) -> Trouble | None:
    """The trouble behind this error of Django's database layer; None where it is a mistake of ours."""
    if not isinstance(error, FAILURES):
        return None
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # Of the extended code the last byte is the primary one.
        return SQLITE_TROUBLES.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    code = getattr(cause, "sqlstate", None)
    if code:
        return POSTGRES_TROUBLES.get(code, POSTGRES_TROUBLES.get(code[:2]))
    # No server said this: there was none to say anything, or none of its connections was free.
    return None if isinstance(error, InternalError) else Trouble.AWAY


class Storage:
    """What this process knows. Threads share it: whatever the last one found out is as good as anything."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self._well_until = 0.0

    def failed(self, error: BaseException) -> Trouble | None:
        """Something could not be stored. Gives the trouble behind it, which is logged when it is news."""
        trouble = trouble_of(error)
        if trouble and trouble is not self.trouble:
            logger.error("Nothing can be stored: %s (%s)", trouble.clause, error)
        self.trouble = trouble or self.trouble
        return trouble

    def works(self) -> None:
        """Something was stored."""
        self._well_until = time.monotonic() + BELIEVED
        if self.trouble:
            logger.warning("The database stores again")
        self.trouble = None

    @property
    def is_well(self) -> bool:
        """Whether nothing is known to be wrong, by a look that is not long ago."""
        return self.trouble is None and time.monotonic() < self._well_until

    def check(self) -> bool:
        """Find out by really storing something, since nothing less reaches the disk; nobody ever sees the row."""
        try:
            with transaction.atomic():
                row = Session(session_key=secrets.token_hex(20), expire_date=timezone.now())
                row.session_data = secrets.token_urlsafe(CHECKED)[:CHECKED]
                row.save(force_insert=True)
                row.delete()
        except FAILURES as error:
            if self.failed(error) is None:
                raise
        else:
            self.works()
        return self.trouble is None


storage = Storage()
