"""The demo models that fail, one for each way a provider can: to see what the product makes of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import httpx

from providers.demo.wire import Completion, as_event, as_json

# Tokens that come before a stream breaks.
BEFORE_THE_BREAK = 6
# Seconds; longer than anybody waits.
FOREVER = 24 * 3600.0

SIGN_IN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Welcome to the network</title></head><body>Please sign in.</body></html>"
)


@dataclass(frozen=True)
class Refusal:
    """A whole response that says no."""

    status: int
    body: bytes
    headers: dict[str, str]

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, stream=httpx.ByteStream(self.body))


def refused(status: int, message: str, code: str, headers: dict[str, str] | None = None) -> Refusal:
    """A refusal in the gateway's words."""
    error = {"message": f"This is the demo provider; {message}", "type": "demo_error", "code": code, "param": None}
    return Refusal(status, as_json({"error": error}), {"Content-Type": "application/json"} | (headers or {}))


REFUSALS: dict[str, Refusal] = {
    "demo/key-rejected": refused(401, "this model accepts no API key.", "invalid_api_key"),
    "demo/out-of-credit": refused(402, "the account has no credit left.", "insufficient_credit"),
    "demo/not-allowed": refused(403, "the key's scopes do not allow this model.", "forbidden"),
    "demo/model-not-found": refused(404, "there is no such model.", "model_not_found"),
    "demo/bad-request": refused(400, "temperature must not be what it is.", "invalid_value"),
    "demo/too-long": refused(400, "this model's maximum context length is 8 tokens.", "context_length_exceeded"),
    "demo/rate-limited": refused(429, "too many requests.", "rate_limit_exceeded", {"Retry-After": "2"}),
    "demo/overloaded": refused(503, "too much to do.", "overloaded", {"Retry-After": "2"}),
    "demo/provider-error": refused(500, "something went wrong in it.", "internal_error"),
    "demo/redirect-refused": Refusal(307, b"", {"Location": "https://elsewhere.invalid/v1/chat/completions"}),
    "demo/not-an-api": Refusal(200, SIGN_IN_PAGE, {"Content-Type": "text/html; charset=utf-8"}),
}


async def incomplete(completion: Completion) -> AsyncIterator[bytes]:
    for chunk in _beginning(completion):
        yield chunk


async def connection_lost(completion: Completion) -> AsyncIterator[bytes]:
    for chunk in _beginning(completion):
        yield chunk
    raise httpx.ReadError("The demo hung up.")


async def protocol_error(completion: Completion) -> AsyncIterator[bytes]:
    for chunk in _beginning(completion):
        yield chunk
    yield b'data: {"choices": [{"index": 0, "delta"\n\n'


async def error_midway(completion: Completion) -> AsyncIterator[bytes]:
    for chunk in _beginning(completion):
        yield chunk
    error: dict[str, Any] = {"message": "This is the demo provider; it gave up halfway.", "code": "internal_error"}
    yield as_event({"error": error})


async def too_large(completion: Completion) -> AsyncIterator[bytes]:
    for chunk in _beginning(completion):
        yield chunk
    while True:
        yield b"x" * 65536
        await asyncio.sleep(0)


async def idle_timeout(completion: Completion) -> AsyncIterator[bytes]:
    for chunk in _beginning(completion):
        yield chunk
    await asyncio.sleep(FOREVER)


async def first_byte_timeout(completion: Completion) -> AsyncIterator[bytes]:
    await asyncio.sleep(FOREVER)
    yield b""


# What comes instead of a whole stream.
BREAKS: dict[str, Callable[[Completion], AsyncIterator[bytes]]] = {
    "demo/incomplete": incomplete,
    "demo/connection-lost": connection_lost,
    "demo/protocol-error": protocol_error,
    "demo/error-midway": error_midway,
    "demo/too-large": too_large,
    "demo/idle-timeout": idle_timeout,
    "demo/first-byte-timeout": first_byte_timeout,
}


def _beginning(completion: Completion) -> list[bytes]:
    return list(islice(completion.chunks(), BEFORE_THE_BREAK + 1))
