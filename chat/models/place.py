import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds and a number, neither longer than a database takes.
WRITTEN = re.compile(r"([0-9]{1,17})-([0-9]{1,18})")


class Place(NamedTuple):
    """A place in the list of conversations; it stays when the conversation that stood there moves or goes."""

    updated_at: datetime
    number: int

    @classmethod
    def read(cls, written: str) -> Self | None:
        """The place as an address names it; None where it names none."""
        found = WRITTEN.fullmatch(written)
        return cls(EPOCH + timedelta(microseconds=int(found[1])), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{(self.updated_at - EPOCH) // timedelta(microseconds=1)}-{self.number}"
