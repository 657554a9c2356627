"""The far end of a connection that asks and does not listen, and that takes in little by itself."""

import json
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from yarl import URL

from tests.full.person import Person

# Seconds between two looks at the server's end.
PAUSE = 0.2
# The first byte of a frame: a whole text, the beginning of one, and a piece between its beginning and its end.
TEXT, BEGINNING, PIECE = 0x81, 0x01, 0x00


@dataclass(frozen=True)
class Heard:
    """What the server had said to somebody who listened after all, until it closed."""

    size: int
    # Of the close frame; None where the connection was cut without one.
    close_code: int | None
    # From the first question on.
    seconds: float


class Deaf:
    """A connection on which nothing is read."""

    def __init__(self, person: Person, url: str, path: str, *, status: int) -> None:
        """`status` is what the server answers with when it takes this in."""
        address = URL(url)
        cookies = person.session.cookie_jar.filter_cookies(address)
        self._path, self._status = path, status
        self._head = {
            "Host": address.authority,
            "Origin": person.base_url,
            "Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies.values()),
        }
        self._address = (str(address.host), int(address.port or 80))
        self._socket = socket.socket()
        self._watcher = Thread(target=self._watch, name="watcher of a deaf connection", daemon=True)
        self._stopped = Event()
        self._asked_at = self._let_go_at = 0.0

    def __enter__(self) -> Self:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(self._address)
        lines = [f"GET {self._path} HTTP/1.1", *(f"{name}: {value}" for name, value in self._head.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        status = f"HTTP/1.1 {self._status}".encode()
        assert self._socket.recv(len(status)) == status
        # Not before that: until the server takes the connection, nobody has its end, as if it were let go.
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._watcher.join()
        self._socket.close()

    def let_go_after(self, seconds: float) -> float:
        """Seconds from the first question until the server had let go of it; `TimeoutError` when so many pass."""
        self._watcher.join(max(0.0, self._asked_at + seconds - time.monotonic()))
        if not self._let_go_at:
            raise TimeoutError
        return self._let_go_at - self._asked_at

    def _watch(self) -> None:
        while self._is_held():
            if self._stopped.wait(PAUSE):
                return
        self._let_go_at = time.monotonic()

    def _is_held(self) -> bool:
        """Whether a process has the server's end of the connection.

        Without one the kernel may still keep what had been written, and nothing of that is seen at this end. Such a
        connection has no inode: https://docs.kernel.org/networking/proc_net_tcp.html
        """
        ends = [f"{port:04X}" for port in (self._address[1], self._socket.getsockname()[1])]
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any([row[1][-4:], row[2][-4:]] == ends and row[9] != "0" for row in rows)


class DeafStream(Deaf):
    """It asks for the events of a run over HTTP."""

    def __init__(self, person: Person, url: str, run: str) -> None:
        super().__init__(person, url, f"/runs/{run}/events/", status=200)

    def __enter__(self) -> Self:
        super().__enter__()
        self._asked_at = time.monotonic()
        return self


class DeafSocket(Deaf):
    """It follows runs over a WebSocket, and acknowledges nothing either."""

    def __init__(self, person: Person, url: str) -> None:
        super().__init__(person, url, "/ws/", status=101)
        self._head |= {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }

    def follow(self, run: str) -> None:
        self.say(json.dumps({"op": "follow", "run": run, "after": 0}).encode())

    def say(self, payload: bytes, *, first: int = TEXT) -> None:
        """A frame that begins with this byte, masked with nothing: https://www.rfc-editor.org/rfc/rfc6455#section-5.2."""
        self._asked_at = self._asked_at or time.monotonic()
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB4x", first, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH4x", first, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ4x", first, 0x80 | 127, size)
        # The server may have given us up by now.
        with suppress(ConnectionError):
            self._socket.sendall(head + payload)

    def hear_out(self, seconds: float) -> Heard:
        """Listen after all, until the server has closed. Raises `TimeoutError`."""
        heard, ends = bytearray(), time.monotonic() + seconds
        # The server waits a second for somebody to say goodbye, and cuts the connection then.
        with suppress(ConnectionResetError):
            while True:
                self._socket.settimeout(max(0.1, ends - time.monotonic()))
                received = self._socket.recv(1 << 16)
                heard += received
                if not received:
                    break
        return Heard(len(heard), _close_code(bytes(heard)), time.monotonic() - self._asked_at)


def _close_code(heard: bytes) -> int | None:
    """The code in the close frame, behind the head of the answer and the frames before it."""
    place = heard.find(b"\r\n\r\n") + 4
    while place + 2 <= len(heard):
        kind, size = heard[place] & 0x0F, heard[place + 1]
        place += 2
        if size == 126:
            (size,) = struct.unpack_from("!H", heard, place)
            place += 2
        elif size == 127:
            (size,) = struct.unpack_from("!Q", heard, place)
            place += 8
        if kind == 0x8:
            return int.from_bytes(heard[place : place + 2])
        place += size
    return None
