"""A provider that fails on demand: a real TCP server that says, byte for byte, what a test tells it to.

    with FaultServer() as faults:
        faults.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "2"})
        faults.stream("Hello world", tokens_per_second=50)
        faults.stream("Hello ", threading.Event(), "world")
        faults.say(http_head(), b"data: {", RESET)
        ...                     # call faults.base_url + "/chat/completions": each call takes the next thing told
        assert faults.requests[0].json["model"] == "some-model"

When nothing was told, the request's model decides: a name in `FAULTS` fails that way, `tokens/500` answers with 500
tokens at once, `tokens/500@50` with 50 of them a second, and any other with `tok0 tok1 … tok7 `. Requests that do not
stream get whole answers. It runs in a thread with a loop of its own, so that tests of every kind can use it.
"""

import asyncio
import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

WIRE = Path(__file__).parent / "wire"
WRONG_KEY = "wrong"
# Seconds that anything may take on a busy machine; less than the longest answers last.
PATIENCE = 10


class End:
    """How a script may end, other than by having said everything."""


# Close with a TCP reset.
RESET = End()
# Say nothing more, and wait until the client leaves.
SILENCE = End()
# Keep the connection open for another request.
KEEP = End()
# A step is bytes to send, seconds to wait, something to wait for, or an end. A script without an end closes the
# connection in good order. A test that wants something to happen between two steps has the server wait for it: how long
# it takes is up to the machine.
Step = bytes | float | threading.Event | End
Script = Sequence[Step]


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


def tokens(count: int) -> str:
    """The text that `tokens/<count>` answers."""
    return "".join(f"tok{number} " for number in range(count))


def http_head(status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A status line and headers; without others, those of a stream that ends with the connection."""
    lines = headers if headers is not None else {"Content-Type": "text/event-stream", "Connection": "close"}
    return "\r\n".join(
        [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in lines.items()), "", ""]
    ).encode()


def framed(status: int, body: bytes, headers: Mapping[str, str]) -> Script:
    """A whole response after which the connection serves another request."""
    return [http_head(status, {**headers, "Content-Length": str(len(body))}) + body, KEEP]


# The head of a stream in HTTP chunks, in which a cut can be told from an end.
CHUNKED = http_head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})


def http_chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


ENVELOPE = {"id": "chatcmpl-fault", "created": 1, "model": "served"}


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def chunk(delta: Mapping[str, object], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return event({**ENVELOPE, "object": "chat.completion.chunk", "choices": [choice]})


def said(text: str) -> list[bytes]:
    """One chunk for each word of the text, blanks included."""
    words = text.split(" ")
    return [chunk({"content": word + " " * (index < len(words) - 1)}) for index, word in enumerate(words)]


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
USAGE_CHUNK = event({**ENVELOPE, "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
ENDING = chunk({}, "stop") + USAGE_CHUNK + b"data: [DONE]\n\n"
HELLO = b"".join(said("Hello world"))


def completion(text: str) -> bytes:
    """A whole answer, with what it cost."""
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
    meta = {"usage": {"credits_used": 2000, "usd_spent": 0.001}}
    answer = {**ENVELOPE, "object": "chat.completion", "choices": choices, "usage": USAGE, "meta": meta}
    return json.dumps(answer).encode()


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Script:
    body = json.dumps({"error": {"message": message, "type": "fault", "code": None}}).encode()
    return framed(status, body, {"Content-Type": "application/json", **(headers or {})})


FAULTS: dict[str, Script] = {
    "fault/key-rejected": refusal(401, "bad key"),
    "fault/out-of-credit": refusal(402, "no credit left"),
    "fault/not-allowed": refusal(403, "the key has no such scope"),
    "fault/model-not-found": refusal(404, "no such model"),
    "fault/bad-request": refusal(400, "temperature is out of range"),
    "fault/too-long": refusal(400, "maximum context length is 10 tokens"),
    "fault/rate-limited": refusal(429, "slow down", {"Retry-After": "1"}),
    "fault/overloaded": refusal(503, "too busy", {"Retry-After": "1"}),
    "fault/provider-error": refusal(500, "our mistake"),
    "fault/redirect": framed(307, b"", {"Location": "http://127.0.0.1:1/v1/chat/completions"}),
    "fault/html": framed(200, b"<!DOCTYPE html><html><script>alert(1)</script></html>", {"Content-Type": "text/html"}),
    "fault/error-in-200": framed(200, b'{"error": {"message": "not today"}}', {"Content-Type": "application/json"}),
    "fault/truncated": [http_head(), HELLO],
    "fault/no-done": [http_head(), HELLO, chunk({}, "stop")],
    "fault/no-last-blank-line": [http_head(), HELLO, b"data: [DONE]"],
    "fault/two-terminators": [http_head(), HELLO, ENDING, *said("ignored"), ENDING],
    "fault/error-midway": [http_head(), HELLO, event({"error": {"message": "gave up", "code": 500}}), ENDING],
    "fault/malformed-event": [http_head(), HELLO, b'data: {"choices": [\n\n', ENDING],
    "fault/reset-before-headers": [RESET],
    "fault/reset-after-headers": [CHUNKED, 0.05, RESET],
    "fault/reset-mid-event": [CHUNKED, http_chunk(HELLO + b'data: {"choi'), 0.05, RESET],
    "fault/cut-mid-event": [http_head(), HELLO, b'data: {"choi'],
    "fault/whole-but-cut": [CHUNKED, http_chunk(HELLO + chunk({}, "stop")), 0.05, RESET],
    "fault/closed-before-headers": [],
    "fault/no-headers": [SILENCE],
    "fault/no-body": [http_head(), SILENCE],
    "fault/silence": [http_head(), HELLO, SILENCE],
    "fault/not-http": [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "fault/bad-chunk": [CHUNKED, b"zz\r\n"],
    "fault/bad-chunk-later": [CHUNKED, http_chunk(HELLO), 0.05, b"zz\r\n", SILENCE],
    "fault/cut-chunk": [CHUNKED, b"%x\r\n" % (len(HELLO) + 9), HELLO],
    "fault/huge-header": [b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 1_000_000 + b"\r\n\r\n"],
    "fault/many-headers": [b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: x\r\n" % n for n in range(5000)) + b"\r\n"],
    "fault/endless-line": [http_head(), b"data: ", *[b"x" * 65536] * 1000],
    "fault/gzip": framed(200, gzip.compress(b"x" * 1_000_000), {"Content-Encoding": "gzip"}),
    "fault/lf": [http_head(), HELLO, ENDING],
    "fault/crlf": [http_head(), (HELLO + ENDING).replace(b"\n", b"\r\n")],
    "fault/cr": [http_head(), (HELLO + ENDING).replace(b"\n", b"\r")],
    "fault/byte-by-byte": [http_head(), *(bytes([byte]) for byte in HELLO + ENDING)],
    "fault/slow-loris": [http_head(), *(step for byte in HELLO + ENDING for step in (bytes([byte]), 0.5))],
    "fault/text-plain": [http_head(200, {"Content-Type": "text/plain", "Connection": "close"}), HELLO, ENDING],
    "fault/json-to-a-stream": framed(200, completion("Hello world"), {"Content-Type": "application/json"}),
}


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
        self.say(*_streamed(words, tokens_per_second))

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
        return _by_path(request) if request.method == "GET" else _by_model(request)

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


def _by_model(request: Recorded) -> Script:
    """What is answered to a completion when nothing was told."""
    asked = request.json
    model = str(asked.get("model"))
    if model in FAULTS:
        return FAULTS[model]
    count, _, rate = model.removeprefix("tokens/").partition("@") if model.startswith("tokens/") else ("8", "", "")
    if not asked.get("stream"):
        return framed(200, completion(tokens(int(count))), {"Content-Type": "application/json"})
    return _streamed([chunk({"content": f"tok{number} "}) for number in range(int(count))], float(rate or 0))


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


def _streamed(pieces: Sequence[bytes | threading.Event], rate: float) -> Script:
    """A stream in HTTP chunks, so that the connection can serve another request."""
    beginning = CHUNKED + http_chunk(chunk({"role": "assistant", "content": ""}))
    ending = http_chunk(ENDING) + b"0\r\n\r\n"
    steps = [http_chunk(piece) if isinstance(piece, bytes) else piece for piece in pieces]
    if not rate:
        return [*_joined([beginning, *steps, ending]), KEEP]
    return [beginning, *_at_pace(steps, rate), ending, KEEP]


def _joined(steps: Iterable[bytes | threading.Event]) -> Iterator[Step]:
    """What is to be sent at once, in one write."""
    for is_said, group in groupby(steps, lambda step: isinstance(step, bytes)):
        if is_said:
            yield b"".join(step for step in group if isinstance(step, bytes))
        else:
            yield from group


def _at_pace(steps: Iterable[bytes | threading.Event], rate: float) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step, bytes):
            yield 1 / rate
