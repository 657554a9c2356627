"""How log records look: a line for a person, or JSON for a machine. No secret gets into either.

Everything is logged with the standard library, facts as `extra`; every record of every library comes through here. A
record says what happened to which run, person or host. Prompts and answers are never in it.
"""

import logging
from collections.abc import Iterator, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings

from accounts.secret import living_secrets
from playground.redaction import redact

if TYPE_CHECKING:
    from structlog.stdlib import ProcessorFormatter


class Formatter(logging.Formatter):
    """Renders a record as `lines` or as `json`.

    structlog comes with the first record: 0.1 s and 2 MB that a process with nothing to say does not pay.
    """

    def __init__(self, layout: str) -> None:
        super().__init__()
        self._layout = layout

    def format(self, record: logging.LogRecord) -> str:
        return self._formatter.format(record)

    @cached_property
    def _formatter(self) -> "ProcessorFormatter":
        from structlog import processors, stdlib

        return stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                processors.TimeStamper(fmt="iso", utc=True),
                stdlib.add_log_level,
                stdlib.add_logger_name,
                stdlib.ExtraAdder(),
            ],
            processors=[
                stdlib.ProcessorFormatter.remove_processors_meta,
                processors.format_exc_info,
                # After the traceback has become a text, and before anything is rendered.
                hide_secrets,
                processors.JSONRenderer(ensure_ascii=False) if self._layout == "json" else as_lines,
            ],
        )


class InOneLine(logging.Filter):
    """Puts the error into the message, in place of a traceback that says nothing more."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and (error := record.exc_info[1]):
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}: {error}", None
            record.exc_info = record.exc_text = None
        return True


def hide_secrets(logger: object, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    known = list(known_secrets())
    hidden = redact(dict(event), known)
    assert isinstance(hidden, dict)  # noqa: S101 - a dict stays one
    return hidden


def known_secrets() -> Iterator[str]:
    """What this process knows to be secret, whatever it looks like."""
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS
    yield from (key for _, key in settings.DATA_KEYS)
    yield str(settings.DATABASES["default"].get("PASSWORD", ""))
    yield settings.METRICS_TOKEN
    yield from living_secrets()


def as_lines(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
    """One line with the facts at its end, the traceback below it.

    Further lines are indented, so that no text from outside can pass for a record of its own.
    """
    head = f"{event.pop('timestamp')} {event.pop('level').upper()} {event.pop('logger')}: {event.pop('event')}"
    traceback = event.pop("exception", "")
    facts = "".join(f" {name}={value}" for name, value in event.items())
    return "\n    ".join(f"{head}{facts}\n{traceback}".splitlines())
