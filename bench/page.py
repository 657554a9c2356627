"""A page of the playground, as far as a server can tell: a form that is sent and a socket that is read."""

import asyncio
import json
import re
from uuid import uuid4

import aiohttp
from answer import Answer
from timed_text import microseconds

# As in static/js/run-socket.js.
ACKNOWLEDGE_SECONDS = 1.0
ACKNOWLEDGE_FRAMES = 32
ACKNOWLEDGE_CHARACTERS = 64 * 1024

RUN = re.compile(r'data-run-id="(\d+)"')
REPLY = re.compile(r'data-href="(/messages/\d+/)"')


class Page:
    """An open page of a person who is signed in. It asks one question at a time."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
        self._session, self._socket, self._token = session, socket, token
        self._seq = self._unacknowledged = self._characters = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, session: aiohttp.ClientSession, origin: str, token: str) -> "Page":
        """All that a page has before its person begins to write: the socket, and a connection kept for the form."""
        async with session.get("/healthz"):
            socket = await session.ws_connect("/ws/", origin=origin)
        return cls(session, socket, token)

    async def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        await self._socket.close()

    async def ask(self, model: str, answer: Answer) -> None:
        """Send a first message, follow its run to the end, and fetch the finished reply."""
        form = {"text": f"stream-{answer.name}", "model": model, "client_token": uuid4().hex}
        headers = {"X-CSRFToken": self._token, "HX-Request": "true"}
        async with self._session.post("/conversations/", data=form, headers=headers) as response:
            html = await response.text()
        run, href = RUN.search(html), REPLY.search(html)
        if response.status != 200 or not run or not href:
            answer.end(f"the message was answered with {response.status}")
            return
        await self._follow(run[1], answer)
        async with self._session.get(href[1], headers=headers) as response:
            if 'data-state="done"' not in await response.text():
                answer.problem = answer.problem or "the reply is not shown as done"

    async def _follow(self, run: str, answer: Answer) -> None:
        self._seq = 0
        await self._socket.send_json({"op": "follow", "run": run, "after": 0})
        async for message in self._socket:
            at = microseconds()
            frame = json.loads(message.data)
            if frame["type"] == "end":
                answer.end("" if frame["state"] == "done" else f"the run ended as {frame['state']}")
                break
            if frame["type"] == "text":
                answer.arrived(frame["text"], at)
            if "seq" in frame:
                self._got(run, frame["seq"], len(message.data), answer)
        else:
            answer.end(f"the socket was closed with {self._socket.close_code}")
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _got(self, run: str, seq: int, characters: int, answer: Answer) -> None:
        # Numbers may be left out: what a reader missed comes as few frames as possible. They never go back.
        if seq <= self._seq:
            answer.problem = answer.problem or f"frame {seq} came after frame {self._seq}"
        self._seq = seq
        self._unacknowledged += 1
        self._characters += characters
        if self._unacknowledged >= ACKNOWLEDGE_FRAMES or self._characters >= ACKNOWLEDGE_CHARACTERS:
            self._acknowledge(run)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(ACKNOWLEDGE_SECONDS, self._acknowledge, run)

    def _acknowledge(self, run: str) -> None:
        self._unacknowledged = self._characters = 0
        if self._timer:
            self._timer.cancel()
            self._timer = None
        task = asyncio.ensure_future(self._socket.send_json({"op": "ack", "run": run, "seq": self._seq}))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
