"""What stands in front of the web processes: hands each connection to one of them that takes it.

It knows nothing of requests and repeats none: what goes wrong behind it, whoever asked gets to see.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress

from yarl import URL


class Proxy:
    def __init__(self, urls: Sequence[str], idle: float | None = None) -> None:
        """`idle`: seconds after which a connection on which nothing moves is cut."""
        self._idle = idle
        self._addresses = [(str(url.host), int(url.port or 80)) for url in map(URL, urls)]
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def before(cls, urls: Sequence[str], *, idle: float | None = None) -> AsyncIterator["Proxy"]:
        proxy = cls(urls, idle)
        server = await asyncio.start_server(proxy._take, "127.0.0.1", 0, backlog=512)
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield proxy
        finally:
            server.close()
            for task in proxy._tasks:
                task.cancel()
            await asyncio.gather(*proxy._tasks, return_exceptions=True)
            # What was closed just now is gone with the next turn of the loop.
            await asyncio.sleep(0)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # One after the other, so that each gets as many.
        self._addresses.append(self._addresses.pop(0))
        with closing(writer):
            for address in list(self._addresses):
                try:
                    far_reader, far_writer = await asyncio.open_connection(*address)
                except OSError:
                    continue
                with closing(far_writer), suppress(TimeoutError):
                    async with asyncio.timeout(self._idle) as patience:
                        await asyncio.gather(
                            self._carry(reader, far_writer, patience), self._carry(far_reader, writer, patience)
                        )
                return

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: asyncio.Timeout
    ) -> None:
        """What comes in at one end goes out at the other, and the end of it too."""
        with closing(writer), suppress(OSError):
            while data := await reader.read(1 << 16):
                if self._idle is not None:
                    patience.reschedule(asyncio.get_running_loop().time() + self._idle)
                writer.write(data)
                await writer.drain()
