"""The broker of a machine without Redis: kombu's folder of messages, each file whole as soon as it is there.

Kombu opens a file under its name, and writes it then. A worker that looked in that moment read an empty message, and
took no other until all that it had begun had ended: up to half an hour. A disk that was full left half a table.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import time_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.json import dumps

# The scheme of its address, `folder://localhost`. The host means nothing; without one, a warning is logged.
SCHEME = "folder"


class Channel(filesystem.Channel):
    """Puts messages into the folder, and takes them out in the order of their names.

    Kombu's own signatures do not fit those that it inherits; these are like them.
    """

    def get_table(self, exchange: str) -> list[exchange_queue_t]:  # type: ignore[override]
        """The queues that are bound to an exchange; a table that nobody can read is none, and written anew."""
        try:
            return super().get_table(exchange)
        except ValueError:
            return []

    def queue_bind(
        self,
        queue: str,
        exchange: str | None = None,
        routing_key: str = "",
        arguments: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Kombu remembers a binding before it is made: one that failed would not be tried again."""
        try:
            super().queue_bind(queue, exchange, routing_key, arguments, **options)
        except ChannelError:
            self.state.queue_bindings_delete(queue)
            raise

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._alone():
            queues = self.get_table(exchange)
            if bound not in queues:
                _write_whole(self.control_folder / f"{exchange}.exchange", [bound, *queues])

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """The next message. What nobody can read is none: a machine that lost its power may have left an empty one."""
        while True:
            with suppress(ValueError):
                message: dict[str, Any] = super()._get(queue)
                return message

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        _write_whole(Path(self.data_folder_out) / f"{time_ns():020}_{uuid4()}.{queue}.msg", payload)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process changes a table meanwhile."""
        with ExitStack() as stack:
            try:
                lock = stack.enter_context((self.control_folder / "lock").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError as error:
                raise ChannelError("the broker's folder cannot be written") from error
            yield


class Transport(filesystem.Transport):
    """What kombu asks for by the scheme."""

    Channel = Channel


def _write_whole(place: Path, content: object) -> None:
    """Raises `ChannelError` where it cannot be written; then nothing is left of it."""
    new = place.with_name(f".{uuid4()}.new")
    try:
        try:
            new.write_text(dumps(content))
            new.replace(place)
        except OSError:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ChannelError(f"{place.name} cannot be written: {error.strerror}") from error


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
