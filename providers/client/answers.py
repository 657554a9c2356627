"""Reading what a provider answers: bytes in, events out, bounded.

What the bytes are is read from the bytes. Content types are often wrong: streams that call themselves text/plain,
errors that call themselves a stream, sign-in pages of a network in the way.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import cast

import httpx

from providers.client.connections import READER
from providers.client.deadlines import Deadlines
from providers.dialects import Dialect, StreamReader
from providers.errors import Broken, ProviderError
from providers.events import Event
from providers.sse import EventStream

# Bytes of an answer that comes in one piece.
ANSWER_BYTES = 10 * 1024 * 1024
# Seconds that the end of the framing may come after the end mark. Usually it is there already, and a connection that
# was read to its end serves the next call.
LINGER = 0.05
# Bytes that may be blank before the first that is not.
BLANK_BYTES = 4096
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one read of the network gave: the events, and the data of the server-sent events they were read from."""

    events: list[Event]
    raw: list[str]


class Body:
    """The body of a response, as the network gives it, each piece in its time.

    No generator: each token is a piece, and aiohttp's iterator within httpx's three within one of ours took as long as
    all that is done with it.
    """

    def __init__(self, response: httpx.Response, deadlines: Deadlines) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Broken("protocol_error", "The response is compressed, which was not asked for.")
        self._deadlines = deadlines
        # Of a transport that has no quick way to read.
        self._chunks: AsyncGenerator[bytes, None] | None = None
        self._read: Callable[[], Awaitable[bytes]]
        if READER in response.extensions:
            self._read = response.extensions[READER]
        else:
            self._chunks = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
            self._read = partial(anext, self._chunks, b"")

    async def piece(self) -> bytes:
        """The next piece, or nothing at the end."""
        piece = await self._deadlines.wait(self._read())
        if piece:
            self._deadlines.began = True
        return piece

    async def aclose(self) -> None:
        if self._chunks:
            await self._chunks.aclose()


async def batches(
    response: httpx.Response, dialect: Dialect, deadlines: Deadlines, served: list[Event]
) -> AsyncGenerator[Batch, None]:
    """The answer of a successful response, as it comes; the first batch begins with `served`.

    Raises a `ProviderError` where it breaks, after everything before it was given.
    """
    async with aclosing(Body(response, deadlines)) as body:
        piece = await _beginning(body)
        refuse_web_page(piece)
        if _is_json(piece):
            yield read_whole(await gather(body, piece), dialect, served)
            return
        stream, reader = EventStream(), dialect.stream_reader()
        while piece:
            batch, error = _understood(stream.feed(piece), reader, served)
            if batch:
                served = []
                yield batch
            if error:
                raise error
            if reader.is_over:
                await _finish_reading(body)
                return
            try:
                piece = await body.piece()
            except Broken:
                # Once the answer is whole, a broken connection is only another end.
                if not reader.saw_end:
                    raise
                piece = b""
        for batch in _rest(stream, reader, served):
            yield batch


async def gather(body: Body, beginning: bytes = b"") -> bytes:
    """A body in one piece. Raises `Broken` when it is too large."""
    parts, size = [beginning], len(beginning)
    while piece := await body.piece():
        parts.append(piece)
        size += len(piece)
        if size > ANSWER_BYTES:
            raise Broken("too_large")
    return b"".join(parts)


def read_whole(body: bytes, dialect: Dialect, served: list[Event]) -> Batch:
    """The one batch of an answer that came in one piece."""
    return Batch(served + dialect.read_answer(body), [body.decode(errors="replace")])


def refuse_web_page(body: bytes) -> None:
    """JSON and event streams never begin with an angle bracket; pages do, whatever status they come with."""
    if _first_byte(body) == b"<":
        raise Broken("not_an_api")


def _is_json(beginning: bytes) -> bool:
    return _first_byte(beginning) in (b"{", b"[")


def _first_byte(body: bytes) -> bytes:
    return body.removeprefix(BYTE_ORDER_MARK).lstrip()[:1]


async def _beginning(body: Body) -> bytes:
    """As much of the body as tells what it is."""
    read = b""
    while piece := await body.piece():
        read += piece
        if (_first_byte(read) and len(read) >= len(BYTE_ORDER_MARK)) or len(read) > BLANK_BYTES:
            break
    return read


def _understood(
    data: list[str], reader: StreamReader, served: list[Event]
) -> tuple[Batch | None, ProviderError | None]:
    """What the data says. Where the reader stops at an error, what came before it, and the error that comes then."""
    events, error = [*served], None
    try:
        for text in data:
            events += reader.feed(text)
    except ProviderError as stopped_at:
        error = stopped_at
    return (Batch(events, data) if data else None), error


def _rest(stream: EventStream, reader: StreamReader, served: list[Event]) -> Iterator[Batch]:
    """What is still to be said when a stream has ended. Raises `Broken` where it ended too early."""
    batch, error = _understood(stream.close(), reader, served)
    if batch:
        yield batch
    if error and not (isinstance(error, Broken) and error.kind.name == "protocol_error"):
        raise error
    if rest := reader.close():
        yield Batch(rest, [])
    if not reader.saw_end:
        # The last data may be half an event, which nobody can read.
        raise Broken("incomplete") from error


async def _finish_reading(body: Body) -> None:
    with suppress(TimeoutError, ProviderError):
        async with asyncio.timeout(LINGER):
            await body.piece()
