"""The ways to call a provider."""

import string
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import httpx

from accounts.secret import Secret
from providers.client.answers import Answer, Batch, read_whole, refuse_web_page
from providers.client.body import Body
from providers.client.connections import client
from providers.client.deadlines import Deadlines, Timeouts
from providers.client.faults import in_our_words
from providers.dialects import Dialect
from providers.egress import checked
from providers.errors import NotSent, ProviderError, Refused
from providers.events import Event, Served

# Bytes of an error's body that are read: enough for a reason.
ERROR_BYTES = 64 * 1024
# For what a person waits for in front of a form.
FORM_TIMEOUTS = Timeouts(connect=5, first_byte=10, idle=10, total=15)
# Bytes above which a request leaves in pieces, so that other runs have their turn in between.
LARGE_REQUEST = 512 * 1024
PIECE = 64 * 1024

# Where providers, and the proxies before them, put the number that their support asks for.
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "cf-ray")
# Of a key: what a header can carry, without blanks.
KEY_CHARACTERS = frozenset(string.ascii_letters + string.digits + string.punctuation)


@dataclass(frozen=True)
class Call:
    """One request to a provider, ready to leave."""

    base_url: str
    dialect: Dialect
    body: bytes
    key: Secret | None = None
    timeouts: Timeouts = field(default=Timeouts())
    idempotency_key: str = ""
    # Whether the body asks for a stream.
    streams: bool = True


@asynccontextmanager
async def stream(call: Call) -> AsyncIterator[Answer]:
    """The answer while it comes. Leaving, or being cancelled, closes the connection and so ends the work behind it."""
    with Deadlines(call.timeouts) as deadlines:
        async with (
            _response(await _post(call), call.dialect, call.key, deadlines) as response,
            aclosing(Body(response, deadlines)) as body,
        ):
            yield Answer(body, call.dialect, _served(response))


async def complete(call: Call) -> Batch:
    """The whole answer to a request that does not stream. It begins when it is done, so only the total time counts."""
    total = call.timeouts.total
    with Deadlines(replace(call.timeouts, first_byte=total, idle=total)) as deadlines:
        async with _response(await _post(call), call.dialect, call.key, deadlines) as response:
            return read_whole(await _body(response, deadlines), call.dialect, _served(response))


async def fetch(url: str, dialect: Dialect, key: Secret | None) -> bytes:
    """What a GET of this address answers: a model list, or the check of a key."""
    return await submit("GET", url, dialect, key)


async def submit(method: str, url: str, dialect: Dialect, key: Secret | None, body: bytes = b"") -> bytes:
    """What is answered to this method at this address, where something other than a model is asked for or changed."""
    request = (await client()).build_request(
        method, checked(url), content=body or None, headers=_headers(dialect, key), timeout=_connecting(FORM_TIMEOUTS)
    )
    with Deadlines(FORM_TIMEOUTS) as deadlines:
        async with _response(request, dialect, key, deadlines) as response:
            return await _body(response, deadlines)


async def _post(call: Call) -> httpx.Request:
    url = checked(call.dialect.completion_url(call.base_url))
    headers = _headers(call.dialect, call.key)
    headers["Content-Length"] = str(len(call.body))
    if call.idempotency_key:
        headers["Idempotency-Key"] = call.idempotency_key
    content = call.body if len(call.body) < LARGE_REQUEST else _in_pieces(call.body)
    return (await client()).build_request(
        "POST", url, content=content, headers=headers, timeout=_connecting(call.timeouts)
    )


def _headers(dialect: Dialect, key: Secret | None) -> httpx.Headers:
    headers = httpx.Headers({"Content-Type": "application/json"})
    revealed = key.reveal() if key else None
    if revealed is not None and not KEY_CHARACTERS.issuperset(revealed):
        # Caught here because the library would print the whole header.
        raise NotSent(
            "key_rejected", "The key contains characters that no key has; it may have been pasted with others."
        )
    headers.update(dialect.headers(revealed))
    return headers


def _connecting(timeouts: Timeouts) -> httpx.Timeout:
    """Only what no deadline of ours covers: `pool` is where the connection waits for names and TLS as well."""
    return httpx.Timeout(None, connect=timeouts.connect, pool=timeouts.connect)


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(body), PIECE):
        yield body[begin : begin + PIECE]


@asynccontextmanager
async def _response(
    request: httpx.Request, dialect: Dialect, key: Secret | None, deadlines: Deadlines
) -> AsyncIterator[httpx.Response]:
    """The successful response to a request, from its headers on; any other is raised as what it means."""
    response = await deadlines.wait((await client()).send(request, stream=True))
    try:
        if not response.is_success:
            raise await _refusal(response, dialect, key, deadlines)
        yield response
    finally:
        await in_our_words(response.aclose())


async def _refusal(
    response: httpx.Response, dialect: Dialect, key: Secret | None, deadlines: Deadlines
) -> ProviderError:
    if response.has_redirect_location:
        error: ProviderError = Refused("redirect_refused", response.headers["Location"], status=response.status_code)
    else:
        body = await _reason(response, deadlines)
        if key:
            # Some providers quote the key that they refuse.
            body = body.replace(key.reveal().encode(), "…".encode())
        error = dialect.error(response.status_code, response.headers, body)
    error.request_id = error.request_id or _request_id(response)
    return error


async def _reason(response: httpx.Response, deadlines: Deadlines) -> bytes:
    """As much of an error's body as can be had: the status has said the most."""
    read = b""
    with suppress(ProviderError):
        async with aclosing(Body(response, deadlines)) as body:
            while piece := await body.piece():
                read += piece
                if len(read) >= ERROR_BYTES:
                    break
    return read[:ERROR_BYTES]


async def _body(response: httpx.Response, deadlines: Deadlines) -> bytes:
    async with aclosing(Body(response, deadlines)) as body:
        whole = await body.gather()
    refuse_web_page(whole)
    return whole


def _served(response: httpx.Response) -> list[Event]:
    request_id = _request_id(response)
    return [Served(request_id=request_id)] if request_id else []


def _request_id(response: httpx.Response) -> str:
    return next((response.headers[name] for name in REQUEST_ID_HEADERS if response.headers.get(name)), "")
