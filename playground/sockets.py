"""The sockets of our pages, beneath Channels: how a message leaves, how one comes in, and how a socket is closed."""

import struct
import time
from collections.abc import Callable, Sequence

from daphne.ws_protocol import WebSocketProtocol  # type: ignore[import-untyped]
from twisted.internet import tcp

# Bytes of one message from a browser: orders such as "follow" and "stop", never content.
MESSAGE_BYTES = 64 * 1024
# Bytes of a frame with a text of one character: two of header, four of mask.
SHORTEST_FRAME = 7


def _nobody(text: str) -> bool:
    return False


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """Daphne's sockets, which write each message themselves, read short ones at sight, and close with any code.

    Each token of each reader passes here. By way of Autobahn and the reactor's next turn it took three times the calls,
    and Autobahn put limits on the server's own words: it raised for them, and a socket that was to be closed, or to be
    told much at once, stayed open and silent.
    """

    # Who gets each text first, and says whether it is done with it.
    _listener: Callable[[str], bool] = staticmethod(_nobody)

    def heard_by(self, listener: Callable[[str], bool]) -> None:
        """From now on this gets each text before the application does, which gets those that it leaves."""
        self._listener = listener

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
        """What has come: nearly always an acknowledgement, which took as long as several tokens by Autobahn's way."""
        is_open = self.state == self.STATE_OPEN
        is_between_messages = is_open and not (self.data or self.current_frame or self.inside_message)
        text = short_text_in(data) if is_between_messages else None
        if text is None:
            # Without composing a line for Autobahn's log, which nobody reads.
            self._dataReceived(data)
        else:
            if self.autoPingTimeoutCall:
                # As Autobahn has it: whoever says something is there.
                self._cancelAutoPingTimeoutCall()
            self.onMessage(text, False)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """A whole message. It is a sign of life, so for a while nobody has to be asked for one."""
        self.last_ping = time.time()
        if isBinary or not self._listener(payload.decode()):
            super().onMessage(payload, isBinary)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N802, N803
        """It is over; whoever listened need not be remembered."""
        self._listener = _nobody
        super().onClose(wasClean, code, reason)

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
        # Of one that is still being let in there is nothing to close yet, and Autobahn would raise.
        if self.state != self.STATE_CONNECTING:
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


def short_text_in(data: bytes) -> bytes | None:
    """The text, if this is one whole short message of a page in plain characters, and nothing else.

    Anything else is for a reader who knows all of https://www.rfc-editor.org/rfc/rfc6455#section-5.2.
    """
    if len(data) < SHORTEST_FRAME or data[0] != 0x81 or not 0x80 <= data[1] < 0x80 + 126:
        return None
    size = data[1] - 0x80
    if len(data) != 6 + size:
        return None
    key = (data[2:6] * (size // 4 + 1))[:size]
    text = (int.from_bytes(data[6:]) ^ int.from_bytes(key)).to_bytes(size)
    return text if text.isascii() else None
