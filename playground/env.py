"""Settings from the environment, typed, and loud about nonsense.

Everything an operator may set starts with `PLAYGROUND_`; the README has the table. A value that cannot be
understood stops the program with one line that names it, because a setting that is silently ignored is worse
than none.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

PREFIX = "PLAYGROUND_"
BASE_DIR = Path(__file__).resolve().parent.parent
# Seconds that a transaction may stand still before PostgreSQL ends it; below the lease of a run.
FROZEN_SECONDS = 10


class EnvError(Exception):
    """A setting that cannot be used; the message is one line for the operator."""


@dataclass(frozen=True)
class Env:
    """The environment, read by kind: text, number, switch, list."""

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(PREFIX + name, "").strip() or default

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        written = self.text(name)
        if not written:
            return default
        if not written.isascii() or not written.isdigit() or int(written) < least:
            raise EnvError(f"{PREFIX}{name} must be a whole number of at least {least}, not {written!r}.")
        return int(written)

    def switch(self, name: str, default: bool = False) -> bool:
        written = self.text(name).lower()
        if not written:
            return default
        if written in {"1", "true", "yes", "on"}:
            return True
        if written in {"0", "false", "no", "off"}:
            return False
        raise EnvError(f"{PREFIX}{name} must be on or off, not {written!r}.")

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        written = self.text(name, default)
        if written not in choices:
            raise EnvError(f"{PREFIX}{name} must be one of {', '.join(choices)}, not {written!r}.")
        return written

    def items(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A list written with commas."""
        written = self.text(name)
        return [item.strip() for item in written.split(",") if item.strip()] if written else list(default)

    def url(self, name: str, default: str) -> str:
        """An address of the web, without the slash at its end."""
        written = self.text(name, default).rstrip("/")
        parts = urlsplit(written)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            raise EnvError(f"{PREFIX}{name} must look like https://playground.example.org, not {written!r}.")
        return written

    def path(self, name: str, default: Path) -> Path:
        written = self.text(name)
        return Path(written).expanduser().resolve() if written else default

    def host_ports(self, name: str) -> frozenset[tuple[str, int]]:
        """A list of `host:port`, as pairs; IPv6 addresses in brackets."""
        return frozenset(_host_port(PREFIX + name, item) for item in self.items(name))


def _host_port(name: str, written: str) -> tuple[str, int]:
    host, colon, port = written.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65536 or not host:
        raise EnvError(f"{name} takes host:port, not {written!r}.")
    return host.removeprefix("[").removesuffix("]").lower(), int(port)


def database(url: str) -> dict[str, object]:
    """Django's database settings for a `sqlite:///path` or `postgres://user:password@host:port/name` URL."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                # A process that freezes between two statements would keep its runs locked, and the sweeper out.
                "options": f"-c idle_in_transaction_session_timeout={FROZEN_SECONDS}s",
                **dict(parse_qsl(parts.query)),
                # The native pool keeps connections for all threads of the process. Where the server has none to give,
                # a person is told so within a second, instead of waiting; the journal asks again by itself.
                "pool": {"min_size": 1, "max_size": 16, "timeout": 0.75},
            },
        }
    raise EnvError(f"{PREFIX}DATABASE_URL must begin with sqlite:// or postgres://, not {parts.scheme or 'nothing'}.")


def mail(url: str, sender: str) -> dict[str, object]:
    """Django's mail settings for `smtp://user:password@host:port`, which turns to TLS; `smtps://` begins with it."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise EnvError(f"{PREFIX}EMAIL_URL must look like smtp://user:password@host:587, not {parts.scheme or 'this'}.")
    if not sender:
        raise EnvError(f"{PREFIX}EMAIL_FROM is needed with {PREFIX}EMAIL_URL: the address that e-mails come from.")
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        # A password never travels in the clear; a server on this machine needs none.
        "EMAIL_USE_TLS": parts.scheme == "smtp" and not is_local,
        "DEFAULT_FROM_EMAIL": sender,
    }


def sqlite(path: Path) -> dict[str, object]:
    """Django's settings for a SQLite file that many threads and two processes write.

    Measured with 50 writers: Django's defaults lost 1914 of 2000 transactions to "database is locked"; WAL with
    IMMEDIATE transactions and a busy timeout lost none. `synchronous=FULL` keeps the last commit through a power cut.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        # Kept by the threads that live on; opening one costs 0.4 ms, more than most queries.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
        },
    }
