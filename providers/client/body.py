"""The body of a response: bytes as the network gives them, each in its time."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import cast

import httpx

from providers.client.connections import ARRIVALS, Arrivals
from providers.client.deadlines import Deadlines
from providers.client.faults import worded
from providers.errors import Broken, ProviderError

# Bytes of an answer that comes in one piece.
ANSWER_BYTES = 10 * 1024 * 1024
# Seconds that the end of the framing may come after the end mark. Usually it is there already, and a connection that
# was read to its end serves the next call.
LINGER = 0.05
# Bytes that one without connection may have ahead of its reader.
MOST_UNREAD = 256 * 1024


class Body:
    """What a response says. It is waited for, piece by piece; or it flows, and is read by somebody who never waits."""

    def __init__(self, response: httpx.Response, deadlines: Deadlines) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Broken("protocol_error", "The response is compressed, which was not asked for.")
        self._deadlines = deadlines
        # Absent where a transport has no connection of aiohttp's, as the demo.
        self._arrivals: Arrivals | None = response.extensions.get(ARRIVALS)
        self._chunks: AsyncGenerator[bytes, None] | None = None
        self._next: Callable[[], Awaitable[bytes]]
        if self._arrivals:
            self._next = self._arrivals.next
        else:
            self._chunks = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
            self._next = partial(anext, self._chunks, b"")
        # What has come and was not read, of what passed through here.
        self._unread = bytearray()
        self._was_read = asyncio.Event()
        self._over: asyncio.Future[None] | None = None

    async def aclose(self) -> None:
        if self._chunks:
            await self._chunks.aclose()

    # Waited for

    async def piece(self) -> bytes:
        """The next piece, or nothing at the end."""
        piece = await self._deadlines.wait(self._next())
        if piece:
            self._deadlines.began = True
        return piece

    async def gather(self, beginning: bytes = b"") -> bytes:
        """All of it. Raises `Broken` when it is too large."""
        parts, size = [beginning], len(beginning)
        while piece := await self.piece():
            parts.append(piece)
            size += len(piece)
            if size > ANSWER_BYTES:
                raise Broken("too_large")
        return b"".join(parts)

    # Flowing

    def put_back(self, piece: bytes) -> None:
        """This was looked at, and is still to be read."""
        self._unread += piece

    async def flow(self, on_news: Callable[[], None]) -> None:
        """Until the body ends, or `end` says that no more of it counts; `on_news` is called for whatever comes.

        Raises a `ProviderError` where it breaks. What had come before that is still there to be read.
        """
        self._over = asyncio.get_running_loop().create_future()
        if self._arrivals is None:
            while not self._over.done() and (piece := await self.piece()):
                self.put_back(piece)
                on_news()
                while len(self._unread) > MOST_UNREAD and not self._over.done():
                    self._was_read.clear()
                    await self._was_read.wait()
            return
        self._deadlines.is_unread = lambda: self.has_more
        self._arrivals.watch(on_news, self.end)
        try:
            await self._deadlines.wait(self._over)
            error = self._arrivals.error
        finally:
            self._deadlines.is_unread = None
            self._arrivals.unwatch()
        if error:
            raise worded(error)

    def end(self) -> None:
        """No more of it counts, or will come."""
        if self._over and not self._over.done():
            self._over.set_result(None)
        self._was_read.set()

    @property
    def has_more(self) -> bool:
        """Something has come that was not read."""
        return bool(self._unread) or (self._arrivals is not None and self._arrivals.has_more)

    def read(self, most: int) -> bytes:
        """What has come, without waiting: at most so many bytes."""
        if self._unread:
            data = bytes(self._unread[:most])
            del self._unread[:most]
            self._was_read.set()
        else:
            data = self._arrivals.read(most) if self._arrivals else b""
        if data:
            self._deadlines.was_read()
        return data

    async def linger(self) -> None:
        """Wait a moment for an end that is due."""
        with suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(LINGER):
                await self.piece()
