"""A network that gets in the way: what stands between many an office and the rest of the world."""

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Network:
    """A proxy before the product, in a thread with a loop of its own. Every request has a connection to itself."""

    def __init__(
        self, product: str, *, refuses_sockets: bool = False, holds_back: bool = False, cuts_after: float | None = None
    ) -> None:
        """`holds_back`: an answer is passed on once it has ended; `cuts_after`: seconds that a connection lasts."""
        self._product = urlsplit(product)
        self._refuses_sockets = refuses_sockets
        self._holds_back = holds_back
        self._cuts_after = cuts_after
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="network", daemon=True)
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # First lines of the requests that came.
        self.requests: list[str] = []
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _run(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A browser opens connections in advance and leaves some of them unused.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head.split(b"\r\n")[0].decode())
            if self._refuses_sockets and b"upgrade: websocket" in head.lower():
                writer.write(REFUSAL)
            else:
                async with asyncio.timeout(self._cuts_after):
                    await self._pass_on(head, reader, writer)
            await writer.drain()
        writer.close()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, request = await asyncio.open_connection(self._product.hostname, self._product.port)
        # The product knows pages by its own address only, in Host and in Origin.
        head = head.replace(urlsplit(self.url).netloc.encode(), self._product.netloc.encode())
        request.write(head.replace(b"Connection: keep-alive", b"Connection: close"))
        ways = [
            asyncio.create_task(_pour(reader, request)),
            asyncio.create_task(_pour(upstream, writer, at_once=self._holds_back)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            request.close()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, at_once: bool = False) -> None:
    while content := await source.read(-1 if at_once else 65536):
        target.write(content)
        await target.drain()
