"""How messages leave a socket: as which bytes, in which order, and when; and how short ones come in."""

import socket
import struct
from collections.abc import Iterator

import pytest
from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet import tcp
from twisted.internet.error import ConnectionLost
from twisted.internet.testing import StringTransport

from playground.sockets import MESSAGE_BYTES, SocketProtocol, frame, short_text_in


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
    protocol.state, protocol.data, protocol.inside_message = SocketProtocol.STATE_OPEN, b"", False
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


def masked(payload: bytes, first: int = 0b1000_0001, mask: bytes = b"\x01\xfe\x80\x37") -> bytes:
    """A frame as a page sends it; `first` says whether it is whole, and what it holds."""
    size = bytes([0x80 + len(payload)]) if len(payload) < 126 else struct.pack("!BH", 0x80 + 126, len(payload))
    return bytes([first]) + size + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 57, 124, 125])
def test_a_short_text_is_read_as_it_was_written(size: int) -> None:
    text = bytes(32 + place % 95 for place in range(size))

    assert short_text_in(masked(text)) == text


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(masked(b""), id="an empty message"),
        pytest.param(masked(b"x" * 126), id="a long one"),
        pytest.param(masked(b"half of it")[:-1], id="one that is not all there"),
        pytest.param(masked(b"one") + masked(b"two"), id="two of them"),
        pytest.param(frame(b"unmasked", is_binary=False), id="one without a mask"),
        pytest.param(masked(b"bytes", 0b1000_0010), id="a binary one"),
        pytest.param(masked(b"begun", 0b0000_0001), id="the first part of one"),
        pytest.param(masked(b"ended", 0b1000_0000), id="the last part of one"),
        pytest.param(masked(b"ping", 0b1000_1001), id="a ping"),
        pytest.param(masked(b"close", 0b1000_1000), id="a close"),
        pytest.param(masked(b"packed", 0b1100_0001), id="a compressed one"),
        pytest.param(masked("wörter".encode()), id="other characters"),
        pytest.param(masked(b"\xff\xfe"), id="no characters at all"),
    ],
)
def test_anything_else_is_left_to_whoever_knows_the_whole_protocol(data: bytes) -> None:
    assert short_text_in(data) is None


class Application:
    """The application that a socket belongs to, with the texts that came to it."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def put_nowait(self, message: dict[str, str]) -> None:
        if message["type"] == "websocket.receive":
            self.texts.append(message["text"])


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def listening(application: Application) -> SocketProtocol:
    """A socket whose handshake is over, with all of Autobahn's reader behind it."""
    protocol = SocketProtocol()
    protocol.factory = WebSocketServerFactory()  # type: ignore[no-untyped-call]
    transport = StringTransport()  # type: ignore[no-untyped-call]
    # As the reactor's own have one by then; it is given back when a connection is dropped.
    transport.registerProducer(protocol, True)  # type: ignore[no-untyped-call]
    protocol.makeConnection(transport)
    protocol.application_queue, protocol.client_addr = application, None
    protocol.path, protocol.websocket_version = "/ws/", 13
    protocol.state, protocol.inside_message, protocol.current_frame = SocketProtocol.STATE_OPEN, False, None
    return protocol


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_message_that_comes_in_two_pieces_is_one_message(
    listening: SocketProtocol, application: Application, cut: int
) -> None:
    message = masked(b"in two")

    listening.dataReceived(message[:cut])
    listening.dataReceived(message[cut:])
    listening.dataReceived(masked(b"whole"))

    assert application.texts == ["in two", "whole"]


def test_a_message_behind_a_ping_that_comes_in_pieces_is_one_message(
    listening: SocketProtocol, application: Application
) -> None:
    ping = masked(b"ping", 0b1000_1001)

    listening.dataReceived(ping[:7])
    listening.dataReceived(ping[7:])
    listening.dataReceived(masked(b"whole"))

    assert application.texts == ["whole"]


def test_what_is_left_of_a_ping_is_no_message(listening: SocketProtocol, application: Application) -> None:
    # Its payload is what a message looks like.
    inner = masked(b"message", mask=bytes(4))
    ping = masked(inner, 0b1000_1001, mask=bytes(4))

    listening.dataReceived(ping[:6])
    listening.dataReceived(ping[6:])

    assert application.texts == []


def test_a_short_message_between_the_parts_of_a_long_one_is_refused(
    listening: SocketProtocol, application: Application
) -> None:
    listening.dataReceived(masked(b"begun", 0b0000_0001))
    listening.dataReceived(masked(b"whole"))

    assert application.texts == []
    assert listening.state != SocketProtocol.STATE_OPEN


def test_who_listens_gets_each_text_first_and_leaves_what_it_wants(
    listening: SocketProtocol, application: Application
) -> None:
    listening.heard_by(lambda text: text.startswith("ack"))

    listening.dataReceived(masked(b"follow"))
    listening.dataReceived(masked(b"ack"))
    listening.dataReceived(masked("ack für alle".encode()))
    listening.dataReceived(masked(b"stop"))

    assert application.texts == ["follow", "stop"]


@pytest.mark.parametrize("text", [b"ack", "größer".encode()])
def test_what_a_page_says_is_a_sign_of_life(
    listening: SocketProtocol, text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[bool] = []
    listening.heard_by(lambda _: True)
    listening.last_ping, listening.autoPingTimeoutCall, listening.autoPingRestartOnAnyTraffic = 0.0, "a ping", True
    monkeypatch.setattr(listening, "_cancelAutoPingTimeoutCall", lambda: cancelled.append(True))

    listening.dataReceived(masked(text))

    assert listening.last_ping > 0
    assert cancelled == [True]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (SocketProtocol.STATE_OPEN, b"\x88\x02" + struct.pack("!H", 1012)),
        # It is still being let in, and no obstacle to closing the others.
        (SocketProtocol.STATE_CONNECTING, b""),
    ],
)
def test_a_socket_that_is_open_is_closed_with_the_code_it_is_given(
    listening: SocketProtocol, state: int, said: bytes
) -> None:
    listening.state, listening.closeHandshakeTimeout = state, 0

    listening.serverClose(1012)

    assert listening.transport.value() == said
