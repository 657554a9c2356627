"""What the AI/ML API gateway says about an account and its keys. Pure: no Django, no I/O.

Whatever it leaves out, or says in another form than it documents, is unknown, and never zero.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from accounts.secret import Secret
from providers.dialects.values import name_in, within
from providers.dialects.wire import parsed
from providers.errors import Broken

# Keys of one account that are read; nobody looks through more.
MOST_KEYS = 200
# Scopes of one key.
MOST_SCOPES = 40
# Amounts beyond which a figure is a mistake.
MOST = 10**12
# What can stand in an address; it is how a key is named there.
PREFIX = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Balance:
    """What is left on an account, as it was written."""

    amount: str
    currency: str


@dataclass(frozen=True)
class KeyFacts:
    """One key as the provider lists it. Texts are empty where it says nothing."""

    prefix: str
    name: str = ""
    # None: not said.
    is_disabled: bool | None = None
    scopes: tuple[str, ...] = ()
    retention: str = ""
    threshold: str = ""
    monthly_usage: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def label(self) -> str:
        """What a person knows it by."""
        return f"{self.name} ({self.prefix}…)" if self.name else f"{self.prefix}…"

    @property
    def element_id(self) -> str:
        return f"managed-{self.prefix}"

    @property
    def scopes_text(self) -> str:
        return " ".join(self.scopes)


def read_balance(body: bytes) -> Balance:
    """Raises `Broken` when it says no amount."""
    answer = _object(body)
    amount = _amount(answer.get("current_balance"))
    if not amount:
        raise Broken("protocol_error", "The answer names no balance.")
    return Balance(amount, name_in(answer.get("currency"))[:10])


def read_key(body: bytes) -> KeyFacts:
    """The one key of an answer. Raises `Broken` when there is none."""
    return _facts(_data(_object(body)))


def read_keys(body: bytes) -> tuple[list[KeyFacts], int]:
    """The first keys of a list, in its order, and how many it has. Raises `Broken` when it is none."""
    listing = parsed(body)
    items = listing.get("data") if isinstance(listing, dict) else listing
    if not isinstance(items, list):
        raise Broken("protocol_error", "This is not a list of keys.")
    keys = [_facts(item) for item in items if isinstance(item, dict)]
    return keys[:MOST_KEYS], len(keys)


def read_created(body: bytes) -> tuple[KeyFacts, Secret]:
    """A key that was just made: its facts and the key itself, which no other answer has. Raises `Broken`."""
    data = _data(_object(body))
    written = data.get("key")
    if not isinstance(written, str) or not written:
        raise Broken("protocol_error", "The answer does not contain the new key.")
    return _facts(data), Secret(written)


def read_deleted(body: bytes) -> bool:
    """Whether it says that the key is gone."""
    return within(_object(body), "data", "deleted") is True


def _object(body: bytes) -> Mapping[str, Any]:
    answer = parsed(body)
    if not isinstance(answer, dict):
        raise Broken("protocol_error", "The answer is not an object.")
    return answer


def _data(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    data = answer.get("data")
    if not isinstance(data, dict):
        raise Broken("protocol_error", "The answer describes no key.")
    return data


def _facts(item: Mapping[str, Any]) -> KeyFacts:
    prefix, disabled, scopes = name_in(item.get("prefix")), item.get("disabled"), item.get("scopes")
    return KeyFacts(
        prefix=prefix if PREFIX.fullmatch(prefix) else "",
        name=name_in(item.get("name")),
        is_disabled=disabled if isinstance(disabled, bool) else None,
        scopes=tuple(filter(None, map(name_in, scopes[:MOST_SCOPES]))) if isinstance(scopes, list) else (),
        retention=name_in(within(item, "limit", "retention")),
        threshold=_amount(within(item, "limit", "threshold")),
        monthly_usage=_amount(item.get("monthly_usage")),
        created_at=_moment(item.get("created_at")),
        updated_at=_moment(item.get("updated_at")),
    )


def _amount(value: Any) -> str:
    """A number in its usual spelling. A balance may be below zero."""
    if type(value) not in {int, float} or not isfinite(value) or abs(value) >= MOST:
        return ""
    return f"{Decimal(str(value)):f}"


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment and (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
