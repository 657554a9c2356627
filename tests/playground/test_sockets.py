"""How messages leave a socket: as which bytes, in which order, and when."""

import socket
import struct
from collections.abc import Iterator

import pytest
from twisted.internet import tcp
from twisted.internet.error import ConnectionLost

from playground.sockets import MESSAGE_BYTES, SocketProtocol, frame


class Reactor:
    """Stands in for the reactor: remembers who wants to write, and lets them when it is told to."""

    def __init__(self) -> None:
        self.writers: list[tcp.Connection] = []

    def getWriters(self) -> list[tcp.Connection]:  # noqa: N802
        return list(self.writers)

    def addWriter(self, writer: tcp.Connection) -> None:  # noqa: N802
        if writer not in self.writers:
            self.writers.append(writer)

    def removeWriter(self, writer: tcp.Connection) -> None:  # noqa: N802
        if writer in self.writers:
            self.writers.remove(writer)

    def turn(self) -> list[object]:
        """What the writers say; an error is what the reactor ends a connection for."""
        return [writer.doWrite() for writer in self.getWriters()]  # type: ignore[no-untyped-call]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def reactor() -> Reactor:
    return Reactor()


@pytest.fixture
def opened(pair: tuple[socket.socket, socket.socket], reactor: Reactor) -> SocketProtocol:
    """The server's end of a socket that is open; the page has the other end of the pair."""
    protocol = SocketProtocol()
    protocol.transport = tcp.Connection(pair[0], protocol, reactor)  # type: ignore[arg-type]
    protocol.transport.connected = 1
    protocol.state = SocketProtocol.STATE_OPEN
    return protocol


def read(page: socket.socket) -> bytes:
    """All that has arrived."""
    arrived = b""
    while True:
        try:
            arrived += page.recv(1 << 20)
        except BlockingIOError:
            return arrived


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_message_of_any_size_is_one_whole_frame(size: int) -> None:
    payload = b"x" * size

    said = frame(payload, is_binary=False)

    assert said[0] == 0b1000_0001
    assert not said[1] & 0b1000_0000
    length, begin = said[1], 2
    if length == 126:
        (length,), begin = struct.unpack("!H", said[2:4]), 4
        assert length > 125
    elif length == 127:
        (length,), begin = struct.unpack("!Q", said[2:10]), 10
        assert length > 65_535
    assert (length, said[begin:]) == (size, payload)


def test_bytes_are_marked_as_such() -> None:
    assert frame(b"\xff", is_binary=True) == b"\x82\x01\xff"


def test_a_message_leaves_at_once(
    opened: SocketProtocol, pair: tuple[socket.socket, socket.socket], reactor: Reactor
) -> None:
    opened.sendMessage(b"a token")

    assert read(pair[1]) == frame(b"a token", is_binary=False)
    assert reactor.writers == []


def test_messages_that_follow_at_once_leave_together(
    opened: SocketProtocol, pair: tuple[socket.socket, socket.socket], reactor: Reactor
) -> None:
    opened.sendMessage(b"first", has_more=True)
    opened.sendMessage(b"second")
    assert read(pair[1]) == b""

    reactor.turn()

    assert read(pair[1]) == frame(b"first", is_binary=False) + frame(b"second", is_binary=False)


def test_a_page_that_does_not_read_gets_all_in_order_when_it_does(
    opened: SocketProtocol, pair: tuple[socket.socket, socket.socket], reactor: Reactor
) -> None:
    # Each is larger than what may come in, and all of them than what the system holds for a reader.
    messages = [bytes([65 + number]) * (2 * MESSAGE_BYTES) for number in range(20)]
    for message in messages:
        opened.sendMessage(message)
    arrived = b""

    while reactor.writers:
        arrived += read(pair[1])
        reactor.turn()
    opened.sendMessage(b"the last")
    arrived += read(pair[1])

    assert arrived == b"".join(frame(message, is_binary=False) for message in [*messages, b"the last"])


def test_a_connection_that_is_broken_is_left_to_the_reactor(
    opened: SocketProtocol, pair: tuple[socket.socket, socket.socket], reactor: Reactor
) -> None:
    pair[1].close()

    opened.sendMessage(b"to nobody")
    (why,) = reactor.turn()

    assert isinstance(why, ConnectionLost)


def test_to_a_socket_that_is_closing_nothing_is_said(
    opened: SocketProtocol, pair: tuple[socket.socket, socket.socket], reactor: Reactor
) -> None:
    opened.state = SocketProtocol.STATE_CLOSING

    opened.sendMessage(b"too late")

    assert (read(pair[1]), reactor.writers) == (b"", [])
