"""A provider that fails on demand: a real TCP server that says, byte for byte, what a test tells it to.

    with FaultServer() as faults:
        faults.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "2"})
        faults.stream("Hello world", tokens_per_second=50)
        faults.stream("Hello ", threading.Event(), "world")
        faults.say(http_head(), b"data: {", RESET)
        ...                     # call faults.base_url + "/chat/completions": each call takes the next thing told
        assert faults.requests[0].json["model"] == "some-model"

When nothing was told, the request's model decides: a name in `faultscript.FAULTS` fails that way, any other gets an
answer of so many tokens. Requests that do not stream get whole answers. It runs in a thread with a loop of its own, so
that tests of every kind can use it.
"""

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faultscript import (
    KEEP,
    RESET,
    SILENCE,
    End,
    Script,
    Step,
    answer_of,
    framed,
    http_head,
    refusal,
    said,
    streamed,
)

WIRE = Path(__file__).parent / "wire"
WRONG_KEY = "wrong"
# Seconds that anything may take on a busy machine; less than the longest answers last.
PATIENCE = 10


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived."""

    method: str
    path: str
    # Names in lower case.
    headers: dict[str, str]
    head: bytes
    body: bytes

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FaultServer:
    """The server, on a port of its own. Give a TLS context to have it speak https."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._told: deque[Script] = deque()
        self._lock = threading.Condition()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="fault server", daemon=True)
        self._ready = threading.Event()
        self._connected: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        # What addresses other than that of completions answer, by method and path.
        self._placed: dict[tuple[str, str], Script] = {}
        self.requests: list[Recorded] = []
        # Those whose answer is not at its end.
        self._answering: list[Recorded] = []
        # TCP connections accepted so far, and those open now.
        self.connections = 0
        self.connections_open = 0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(PATIENCE)

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def private_host(self) -> tuple[str, int]:
        """What `ALLOWED_PRIVATE_HOSTS` must hold for this server to be called."""
        return "127.0.0.1", self.port

    def say(self, *steps: Step) -> None:
        """Answer the next call with these bytes, pauses and end."""
        with self._lock:
            self._told.append(steps)

    def answer(self, status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> None:
        """Answer the next call with a whole response; what is not bytes is sent as JSON."""
        written = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.say(*framed(status, written, {"Content-Type": "application/json", **(headers or {})}))

    def place(self, method: str, path: str, status: int, body: object = b"") -> None:
        """From now on answer this method at this path so, whatever else is told."""
        written = body if isinstance(body, bytes) else json.dumps(body).encode()
        with self._lock:
            self._placed[method, path] = framed(status, written, {"Content-Type": "application/json"})

    def place_fixture(self, method: str, path: str, name: str) -> None:
        """The same, with a recorded sample from `tests/wire`."""
        self.place(method, path, 200, (WIRE / name).read_bytes())

    def stream(self, *parts: str | threading.Event, tokens_per_second: float = 0) -> None:
        """Answer the next call with this text, a word at a time; where an event stands, once it is set."""
        words = [word for part in parts for word in (said(part) if isinstance(part, str) else [part])]
        self.say(*streamed(words, tokens_per_second))

    def fixture(self, name: str) -> None:
        """Answer the next call with a recorded sample from `tests/wire`."""
        body = (WIRE / name).read_bytes()
        if name.endswith(".sse"):
            self.say(http_head(), body)
        else:
            self.answer(200, body)

    def wait_until_idle(self, seconds: float = PATIENCE) -> bool:
        """Have all connections been closed, at the latest after so many seconds?"""
        with self._lock:
            return self._lock.wait_for(lambda: self.connections_open == 0, seconds)

    def wait_until_left(self, words: str, seconds: float = 15) -> bool:
        """Is nobody waiting for an answer to a request with these words any more, at the latest after so many seconds?

        Unlike `wait_until_idle` it does not mind the connections that clients keep for their next request.
        """
        asked = words.encode()
        with self._lock:
            return self._lock.wait_for(lambda: not any(asked in request.body for request in self._answering), seconds)

    def wait_for_requests(self, count: int, seconds: float = PATIENCE) -> bool:
        """Have so many requests arrived, at the latest after so many seconds?"""
        with self._lock:
            return self._lock.wait_for(lambda: len(self.requests) >= count, seconds)

    async def _run(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        server.close()
        await self._hang_up()

    async def _hang_up(self) -> None:
        for task, writer in self._connected.items():
            task.cancel()
            # asyncio raises this for a transport that was closed with bytes to send and has sent them since.
            with suppress(AttributeError):
                writer.transport.abort()
        await asyncio.gather(*self._connected, return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for writer in self._connected.values()), return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closing.is_set():
            writer.transport.abort()
        else:
            self._connected[asyncio.create_task(self._serve(reader, writer))] = writer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._count(1)
        try:
            while await self._answer(await _read(reader), reader, writer) is KEEP:
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._count(-1)

    async def _answer(
        self, request: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> End | None:
        script = self._script_for(request)
        try:
            return await _perform(script, reader, writer)
        finally:
            with self._lock:
                self._answering.remove(request)
                self._lock.notify_all()

    def _script_for(self, request: Recorded) -> Script:
        with self._lock:
            self.requests.append(request)
            self._answering.append(request)
            self._lock.notify_all()
            if placed := self._placed.get((request.method, request.path)):
                return placed
            if request.method == "POST" and self._told:
                return self._told.popleft()
        return _by_path(request) if request.method == "GET" else _of_model(request)

    def _count(self, step: int) -> None:
        with self._lock:
            self.connections += max(step, 0)
            self.connections_open += step
            self._lock.notify_all()


@contextmanager
def dead_port() -> Iterator[int]:
    """A port of this machine that refuses every connection for as long as the block lasts: it is ours, and silent."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])


async def _read(reader: asyncio.StreamReader) -> Recorded:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Recorded(method, path, headers, head, body)


async def _perform(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> End | None:
    for step in script:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
        elif step is RESET:
            # Lingering for zero seconds turns the close into a reset.
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            return step
        elif isinstance(step, threading.Event):
            while not step.is_set():
                await _pause(0.02, reader)
        elif isinstance(step, End):
            if step is SILENCE:
                await reader.read()
            return step
        else:
            await _pause(step, reader)
    return None


async def _pause(seconds: float, reader: asyncio.StreamReader) -> None:
    """Waits, and notices when the client leaves meanwhile."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if reader.at_eof():
            raise ConnectionResetError
        await asyncio.sleep(min(left, 0.05))


def _of_model(request: Recorded) -> Script:
    asked = request.json
    return answer_of(str(asked.get("model")), streams=bool(asked.get("stream")))


def _by_path(request: Recorded) -> Script:
    json_headers = {"Content-Type": "application/json"}
    match request.path.partition("?")[0]:
        case "/v1/models" if "anthropic-version" in request.headers:
            name = "error" if request.headers.get("x-api-key") in (None, WRONG_KEY) else "models"
            body = (WIRE / "anthropic" / f"{name}.json").read_bytes()
            return framed(401 if name == "error" else 200, body, json_headers)
        case "/models":
            return framed(200, (WIRE / "models-items-chat-image-video.json").read_bytes(), json_headers)
        case "/v1/models":
            listing = {"object": "list", "data": [{"id": "tokens/8", "object": "model"}]}
            return framed(200, json.dumps(listing).encode(), json_headers)
        case "/v1/key" if request.authorization in ("", f"Bearer {WRONG_KEY}"):
            return refusal(401, "bad key")
        case "/v1/key":
            return framed(200, (WIRE / "keys-get-current-response.json").read_bytes(), json_headers)
        case _:
            return refusal(404, "nothing here")
