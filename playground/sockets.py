"""The sockets of our pages, beneath Channels: how a message leaves, and how a socket is closed."""

import struct
from collections.abc import Sequence

from daphne.ws_protocol import WebSocketProtocol  # type: ignore[import-untyped]
from twisted.internet import tcp

# Bytes of one message from a browser: orders such as "follow" and "stop", never content.
MESSAGE_BYTES = 64 * 1024


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """Daphne's sockets, which write each message themselves, and close with any code.

    Each token of each reader passes here. By way of Autobahn and the reactor's next turn it took three times the calls,
    and Autobahn put limits on the server's own words: it raised for them, and a socket that was to be closed, or to be
    told much at once, stayed open and silent.
    """

    def say(self, texts: Sequence[str]) -> None:
        """These messages, one after the other."""
        left = len(texts)
        for text in texts:
            left -= 1
            self.sendMessage(text.encode(), has_more=left > 0)

    def sendMessage(self, payload: bytes, isBinary: bool = False, *, has_more: bool = False) -> None:  # noqa: N802, N803
        """One message, of any size, as one frame; `MESSAGE_BYTES` are for what comes in.

        It leaves at once, unless `has_more` says that others follow at once: then they leave together.
        """
        if self.state != self.STATE_OPEN:
            # Whoever is just leaving has not come to our notice yet, and is no error.
            return
        message = frame(payload, is_binary=isBinary)
        if not has_more and self._may_write_at_once():
            written = self.transport.writeSomeData(message)
            # What cannot be written now is the reactor's, and so is finding out that the connection is broken.
            message = message[written:] if isinstance(written, int) else message
        if message:
            self.transport.write(message)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Without composing a line for Autobahn's log, which nobody reads, for each acknowledgement."""
        self._dataReceived(data)

    def _may_write_at_once(self) -> bool:
        """On a connection of ours without TLS, where nothing waits that was to be written before."""
        transport = self.transport
        return (
            isinstance(transport, tcp.Connection)
            and not transport.TLS
            and bool(transport.connected)
            and transport not in transport.reactor.getWriters()  # type: ignore[misc]
        )

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802
        """With any code, also one that the standard has named, such as 1013."""
        self.sendCloseFrame(code=code or 1000)


def frame(payload: bytes, *, is_binary: bool) -> bytes:
    """A whole message as a server sends it, unmasked: https://www.rfc-editor.org/rfc/rfc6455#section-5.2."""
    first, size = (0x82 if is_binary else 0x81), len(payload)
    if size < 126:
        header = bytes((first, size))
    elif size < 1 << 16:
        header = struct.pack("!BBH", first, 126, size)
    else:
        header = struct.pack("!BBQ", first, 127, size)
    return header + payload
