"""A relay on the product's packages that does nothing else, as a mark to measure the product by.

    python bench/bare.py 8390 http://127.0.0.1:9100/v1

Daphne on uvloop, a Channels consumer, httpx over aiohttp, used as they come: what a read of the provider gave is taken
apart and sent on as one frame. Nobody signs in; nothing is stored, acknowledged, checked, resumed or rendered, and the
provider asks for no key. For a harness whose driver sends a question, `{"model", "prompt"}`, over a socket and
understands `{"t": "d", "c": text}`, `{"t": "error", "c": why}` and `{"t": "end"}`.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import aiohttp
import httpx
import uvloop
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.conf import settings
from httpx_aiohttp import AiohttpTransport
from twisted.internet import asyncioreactor

# Bytes, as in the product.
PIECE = 16 * 1024


class Relay(AsyncWebsocketConsumer):
    """Answers one question at a time."""

    provider_url = ""
    answering: asyncio.Task[None] | None = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        question = json.loads(text_data or "")
        self.answering = asyncio.create_task(self._answer(question["model"], question["prompt"]))

    async def disconnect(self, code: int) -> None:
        if self.answering:
            self.answering.cancel()

    async def _answer(self, model: str, prompt: str) -> None:
        try:
            async for text in _heard(model, prompt):
                await self.send(json.dumps({"t": "d", "c": text}))
        except Exception as error:
            await self.send(json.dumps({"t": "error", "c": repr(error)}))
        await self.send(json.dumps({"t": "end"}))


async def _heard(model: str, prompt: str) -> AsyncIterator[str]:
    """The text that each read gave."""
    asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": prompt}]}
    request = httpx.Request("POST", f"{Relay.provider_url}/chat/completions", json=asked)
    response: Any = await _transport().handle_async_request(request)
    try:
        assert response.status_code == 200, f"the provider answers with {response.status_code}"
        content, rest = response.stream._aiohttp_response.content, b""
        while data := await content.read(PIECE):
            *events, rest = (rest + data).split(b"\n\n")
            if text := "".join(map(_text, events)):
                yield text
    finally:
        await response.aclose()


@cache
def _transport() -> AiohttpTransport:
    """Made at the first question, since it belongs to the loop."""
    return AiohttpTransport(client=aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))


def _text(event: bytes) -> str:
    said = event.removeprefix(b"data:").strip()
    if not said or said == b"[DONE]":
        return ""
    return "".join(choice["delta"].get("content") or "" for choice in json.loads(said)["choices"])


async def _alive(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"alive"})


def main() -> None:
    port, Relay.provider_url = int(sys.argv[1]), sys.argv[2]
    settings.configure()
    asyncioreactor.install(uvloop.new_event_loop())  # type: ignore[no-untyped-call]
    # It takes the reactor that is installed when it is imported.
    from daphne.server import Server  # type: ignore[import-untyped]

    application = ProtocolTypeRouter({"websocket": Relay.as_asgi(), "http": _alive})
    Server(application, endpoints=[f"tcp:port={port}:interface=127.0.0.1"]).run()


if __name__ == "__main__":
    main()
