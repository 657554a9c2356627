"""The far end of a WebSocket that asks and does not listen, on a connection that takes in little by itself."""

import json
import socket
import struct
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from yarl import URL

from tests.full.person import Person


class DeafSocket:
    def __init__(self, person: Person, url: str) -> None:
        address = URL(url)
        cookies = person.session.cookie_jar.filter_cookies(address)
        self._head = {
            "Host": address.authority,
            "Origin": person.base_url,
            "Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies.values()),
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        self._address = (str(address.host), int(address.port or 80))
        self._socket = socket.socket()

    def __enter__(self) -> Self:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(self._address)
        lines = ["GET /ws/ HTTP/1.1", *(f"{name}: {value}" for name, value in self._head.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        assert self._socket.recv(12) == b"HTTP/1.1 101"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def follow(self, run: str) -> None:
        payload = json.dumps({"op": "follow", "run": run, "after": 0}).encode()
        # A single frame of text, masked with nothing: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
        # On a slow machine the server may have given us up by now.
        with suppress(ConnectionError):
            self._socket.sendall(struct.pack("!BB4x", 0x81, 0x80 | len(payload)) + payload)

    def hear_out(self, seconds: float) -> int:
        """Listen after all, until the server has closed; how many bytes it had said. Raises `TimeoutError`."""
        heard, ends = 0, time.monotonic() + seconds
        try:
            while True:
                self._socket.settimeout(max(0.1, ends - time.monotonic()))
                received = len(self._socket.recv(1 << 16))
                heard += received
                if not received:
                    return heard
        except ConnectionResetError:
            # The server waits a second for somebody to say goodbye.
            return heard
