"""An open page: it follows runs over its socket, and comes back with its last numbers when that breaks."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from typing import Any, Self

import aiohttp

from tests.full.person import Person, Reply

# Between two acknowledgements; static/js/run-socket.js sends fewer.
ACKNOWLEDGE_SECONDS = 0.25
# Seconds after which a dead process's runs have ended: the lease, a sweep, and a machine that is busy.
PATIENCE = 60
# Seconds until a socket that broke is opened again.
PAUSE = 0.3


@dataclass
class Shown:
    """What a page shows of a run."""

    text: str
    seq: int
    # The final state, once it has ended.
    state: str = ""
    # Why it waits for another attempt.
    waits_for: str = ""
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def has_ended(self) -> bool:
        return self.state != ""

    async def words(self, count: int, seconds: float = PATIENCE) -> None:
        """Wait until so many words are shown."""
        await self._until(lambda: len(self.text.split()) >= count, seconds)

    async def end(self, seconds: float = PATIENCE) -> None:
        await self._until(lambda: self.has_ended, seconds)

    async def wait(self, reason: str, *, or_end: bool = False) -> None:
        """Until it is said to wait for this reason; where it need not come to that, until it has ended."""
        await self._until(lambda: self.waits_for == reason or (or_end and self.has_ended), PATIENCE)

    def take(self, frame: dict[str, Any]) -> None:
        self.seq = frame.get("seq", self.seq)
        self.text += frame["text"] if frame["type"] == "text" else ""
        self.state = frame["state"] if frame["type"] == "end" else self.state
        self.waits_for = frame.get("reason", "")
        self._moved.set()

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                self._moved.clear()
                await self._moved.wait()


class Page:
    def __init__(self, person: Person, urls: Sequence[str]) -> None:
        """The socket goes to the first of these; when it breaks, to the next, and round."""
        self._person, self._urls = person, list(urls)
        self.shown: dict[str, Shown] = {}
        # What should not have come.
        self.problems: list[str] = []
        # Characters of the largest message that came.
        self.largest = 0
        # Sockets it has opened.
        self.connections = 0
        # With which code each of them was closed; 1006 where nobody said so.
        self.close_codes: list[int | None] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen(), name="page")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def follow(self, reply: Reply) -> Shown:
        """Show this reply, and go on from where it is."""
        shown = self.shown[reply.run] = Shown(reply.text, reply.after, reply.state if reply.has_ended else "")
        if not shown.has_ended:
            await self._say(op="follow", run=reply.run, after=reply.after)
        return shown

    def drop(self) -> None:
        """The network goes away under the socket."""
        if self._socket:
            self._socket.get_extra_info("socket").shutdown(SHUT_RDWR)

    async def _listen(self) -> None:
        while True:
            with suppress(aiohttp.ClientError, OSError):
                address = self._urls[0] + "/ws/"
                async with self._person.session.ws_connect(address, origin=self._person.base_url) as socket:
                    await self._hear_out(socket)
            self._socket = None
            self._urls.append(self._urls.pop(0))
            await asyncio.sleep(PAUSE)

    async def _hear_out(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.connections += 1
        # Whatever is added from here on is followed by whoever adds it.
        for run, shown in list(self.shown.items()):
            if not shown.has_ended:
                await self._say(op="follow", run=run, after=shown.seq)
        acknowledging = asyncio.create_task(self._acknowledge())
        try:
            async for message in socket:
                self.largest = max(self.largest, len(message.data))
                self._take(json.loads(message.data))
        finally:
            acknowledging.cancel()
            self.close_codes.append(socket.close_code)

    async def _acknowledge(self) -> None:
        acknowledged: dict[str, int] = {}
        while True:
            await asyncio.sleep(ACKNOWLEDGE_SECONDS)
            for run, shown in list(self.shown.items()):
                if acknowledged.get(run, 0) < shown.seq:
                    acknowledged[run] = shown.seq
                    await self._say(op="ack", run=run, seq=shown.seq)

    def _take(self, frame: dict[str, Any]) -> None:
        shown = self.shown[frame["run"]]
        if frame["type"] == "error" or ("seq" in frame and frame["seq"] <= shown.seq):
            self.problems.append(f"after event {shown.seq}: {frame}")
        shown.take(frame)

    async def _say(self, **message: object) -> None:
        # A socket that breaks just now is noticed by whoever listens, and follows again.
        if self._socket:
            with suppress(aiohttp.ClientError, OSError):
                await self._socket.send_json(message)
