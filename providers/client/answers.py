"""Reading what a provider answers: bytes in, events out, bounded.

What the bytes are is read from the bytes. Content types are often wrong: streams that call themselves text/plain,
errors that call themselves a stream, sign-in pages of a network in the way.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import cast

import httpx

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


async def batches(
    response: httpx.Response, dialect: Dialect, deadlines: Deadlines, served: list[Event]
) -> AsyncGenerator[Batch, None]:
    """The answer of a successful response, as it comes; the first batch begins with `served`.

    Raises a `ProviderError` where it breaks, after everything before it was given.
    """
    async with aclosing(pieces(response, deadlines)) as body:
        beginning = await _beginning(body)
        refuse_web_page(beginning)
        if _is_json(beginning):
            yield read_whole(await gather(body, beginning), dialect, served)
        else:
            async with aclosing(_streamed(beginning, body, dialect.stream_reader(), served)) as streamed:
                async for batch in streamed:
                    yield batch


async def pieces(response: httpx.Response, deadlines: Deadlines) -> AsyncGenerator[bytes, None]:
    """The body of a response, as the network gives it, each piece in its time."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Broken("protocol_error", "The response is compressed, which was not asked for.")
    async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_raw())) as chunks:
        while (piece := await deadlines.wait(anext(chunks, None))) is not None:
            deadlines.began = True
            yield piece


async def gather(body: AsyncGenerator[bytes, None], beginning: bytes = b"") -> bytes:
    """A body in one piece. Raises `Broken` when it is too large."""
    parts, size = [beginning], len(beginning)
    async for piece in body:
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


async def _beginning(body: AsyncGenerator[bytes, None]) -> bytes:
    """As much of the body as tells what it is."""
    read = b""
    async for piece in body:
        read += piece
        if (_first_byte(read) and len(read) >= len(BYTE_ORDER_MARK)) or len(read) > BLANK_BYTES:
            break
    return read


async def _streamed(
    beginning: bytes, body: AsyncGenerator[bytes, None], reader: StreamReader, served: list[Event]
) -> AsyncGenerator[Batch, None]:
    stream = EventStream()
    piece: bytes | None = beginning
    while piece is not None:
        data = stream.feed(piece)
        for batch in _understood(data, reader, served):
            served = []
            yield batch
        if reader.is_over:
            await _finish_reading(body)
            return
        piece = await _next(body, reader)
    half_an_event: Broken | None = None
    try:
        for batch in _understood(stream.close(), reader, served):
            yield batch
    except Broken as error:
        if error.kind.name != "protocol_error":
            raise
        half_an_event = error
    if rest := reader.close():
        yield Batch(rest, [])
    if not reader.saw_end:
        raise Broken("incomplete") from half_an_event


async def _next(body: AsyncGenerator[bytes, None], reader: StreamReader) -> bytes | None:
    """The next piece, or None at the end. Once the answer is whole, a broken connection is only another end."""
    try:
        return await anext(body, None)
    except Broken:
        if not reader.saw_end:
            raise
        return None


def _understood(data: list[str], reader: StreamReader, served: list[Event]) -> Iterator[Batch]:
    """One batch of what the data says. When the reader stops at an error, first what came before it, then the error."""
    events = [*served]
    try:
        for text in data:
            events += reader.feed(text)
    except ProviderError:
        yield Batch(events, data)
        raise
    if data:
        yield Batch(events, data)


async def _finish_reading(body: AsyncGenerator[bytes, None]) -> None:
    with suppress(TimeoutError, ProviderError):
        async with asyncio.timeout(LINGER):
            await anext(body, None)
