"""A fake provider that speaks OpenAI's chat completions, and remembers what it said.

    python bench/upstream.py --port 9188 --models timed/150x30,timed/500x0

A model's name says how many tokens it answers and how many a second: `timed/150x30`; at 0 a second they go out as fast
as they are taken. `markdown/20000x200` says Markdown of every kind instead of send times. `GET /said/<name>` gives
the SHA-256 of the text that was said to a message with `stream-<name>` in it, so that a client can prove that it got
the same.
"""

import argparse
import asyncio
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from typing import Any

import markdown_text
import uvloop
from timed_text import token

KEY = "sk-bench-0123456789abcdef"
STREAM = re.compile(rb"stream-([0-9a-f]{8})")
# Tokens in one write when there is no pace; a real server at its limit sends several in one packet, too.
BURST = 8

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"


class Upstream:
    def __init__(self, models: list[str]) -> None:
        self.models = models
        self.said: dict[str, str] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The requests of one connection, one after the other."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._answer(head, await reader.readexactly(_content_length(head)), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/said/"):
            writer.write(_reply(200, {"sha256": self.said.get(path.removeprefix("/said/"), "")}))
        elif f"Bearer {KEY}".encode() not in head:
            writer.write(_reply(401, {"error": {"message": "This is not the key.", "code": "invalid_api_key"}}))
        elif path == "/v1/models":
            writer.write(_reply(200, {"object": "list", "data": [{"id": model} for model in self.models]}))
        else:
            found = STREAM.findall(body)
            await self._stream(json.loads(body)["model"], found[-1].decode() if found else "", writer)

    async def _stream(self, model: str, name: str, writer: asyncio.StreamWriter) -> None:
        length, rate = pace_of(model)
        tokens = _tokens(model)
        said = hashlib.sha256()
        writer.write(HEAD + _event(_chunk(model, {"role": "assistant", "content": ""})))
        loop = asyncio.get_running_loop()
        began = loop.time()
        at_once = 1 if rate else BURST
        for first in range(0, length, at_once):
            if rate:
                # At absolute times, so that lateness does not add up.
                await asyncio.sleep(began + first / rate - loop.time())
            now = list(islice(tokens, min(at_once, length - first)))
            writer.write(b"".join(_event(_chunk(model, {"content": text})) for text in now))
            await writer.drain()
            said.update("".join(now).encode())
        self.said[name] = said.hexdigest()
        writer.write(_event(_chunk(model, {}, "stop")) + _event("[DONE]") + b"0\r\n\r\n")


def pace_of(model: str) -> tuple[int, float]:
    """How many tokens a model answers, and how many a second."""
    count, _, rate = model.rpartition("/")[2].partition("x")
    return int(count), float(rate)


def _tokens(model: str) -> Iterator[str]:
    """What a model says, each token made at the moment at which it is sent."""
    return markdown_text.tokens() if model.startswith("markdown/") else map(token, count())


def _content_length(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _reply(status: int, content: dict[str, Any]) -> bytes:
    body = json.dumps(content).encode()
    return b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status,
        len(body),
        body,
    )


def _chunk(model: str, delta: dict[str, str], finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return json.dumps(
        {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _event(data: str) -> bytes:
    """A server-sent event in an HTTP chunk of its own."""
    event = f"data: {data}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


@contextmanager
def running(port: int, models: Sequence[str]) -> Iterator[int]:
    """A process with this provider, until the end of the block; its id."""
    command = [sys.executable, __file__, "--port", str(port), "--models", ",".join(models)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        # It says when it listens.
        assert process.stdout.readline(), "the provider did not start"
        try:
            yield process.pid
        finally:
            process.terminate()


async def main() -> None:
    parser = argparse.ArgumentParser(description="A fake provider whose tokens carry their send times.")
    parser.add_argument("--port", type=int, default=9188)
    parser.add_argument("--models", default="timed/150x30", help="what it lists, with commas")
    options = parser.parse_args()
    upstream = Upstream(options.models.split(","))
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", options.port, backlog=2048)
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
