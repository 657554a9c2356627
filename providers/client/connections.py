"""One HTTP client for each event loop, kept open: making a TLS context costs 72 ms, a connection several round trips.

httpx over aiohttp's connections, because httpx's own took three times the CPU for each token and gave an eighth of the
throughput. It follows no redirect, keeps no cookie, and reads no proxy from the environment.
"""

import asyncio
import functools
import ssl
from collections.abc import AsyncGenerator, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream

from providers.client.faults import GONE
from providers.demo.transport import DemoTransport
from providers.egress import CheckedResolver

DEMO_ORIGIN = "https://demo.invalid"
HEADERS = {
    "User-Agent": "playground",
    # Compression holds tokens back, and a small body may unpack to a huge one.
    "Accept-Encoding": "identity",
}
# Bytes of one response header; aiohttp takes 128 of them.
HEADER_BYTES = 16 * 1024
# Seconds that an unused connection is kept for the next call.
KEEPALIVE = 30
# Seconds that judged addresses are reused; without it a burst of calls asks for one name in as many threads.
NAME_CACHE = 10

# The extension of a response by which its body is read.
ARRIVALS = "arrivals"
# Bytes that are waited for and taken at once, so that others have their turn in between.
PIECE_BYTES = 16 * 1024

# The open client of a loop, and the generator whose end closes it.
_open: dict[asyncio.AbstractEventLoop, tuple[httpx.AsyncClient, AsyncGenerator[httpx.AsyncClient, None]]] = {}


async def warm_up() -> None:
    """Makes now what the first call would otherwise wait for."""
    await client()


async def close() -> None:
    """Closes the connections of the running loop. A loop run by `asyncio.run` does so by itself at its end."""
    if opened := _open.pop(asyncio.get_running_loop(), None):
        await opened[1].aclose()


async def client() -> httpx.AsyncClient:
    """The running loop's client, made at its first call."""
    loop = asyncio.get_running_loop()
    if loop not in _open:
        for closed in [other for other in _open if other.is_closed()]:
            del _open[closed]
        # A loop that shuts down closes its asynchronous generators, and with this one its connections: the short-lived
        # loop of a worker thread leaves nothing behind.
        lifetime = _lifetime()
        _open[loop] = await anext(lifetime), lifetime
    return _open[loop][0]


async def _lifetime() -> AsyncGenerator[httpx.AsyncClient, None]:
    connector = aiohttp.TCPConnector(
        resolver=CheckedResolver(),
        ssl=_tls_context(),
        # Streams are many and long; how many a person may have is decided where runs are started.
        limit=0,
        keepalive_timeout=KEEPALIVE,
        ttl_dns_cache=NAME_CACHE,
    )
    # The connector has no argument for it.
    connector._factory = functools.partial(Connection, loop=asyncio.get_running_loop())  # type: ignore[assignment]
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
    )
    async with Client(
        transport=Transport(client=session, verify=_tls_context(), trust_env=False),
        mounts={DEMO_ORIGIN: DemoTransport()},
        headers=HEADERS,
        # One client serves everybody: a provider's cookie for one person must not go out with the next one's call.
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    ) as opened:
        yield opened


class Client(httpx.AsyncClient):
    """Hands a request straight to its transport.

    What httpx does around that is for what we never have, at half the price of a request: accounts, redirects that are
    followed, and cookies.
    """

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """The response from its headers on; whoever asked reads it, and closes it."""
        response = await self._transport_for_url(request.url).handle_async_request(request)
        response.request = request
        return response


def _nobody() -> None:
    pass


class Connection(ResponseHandler):
    """A connection that says at once that something has come, or that it is gone.

    To wait for it, as one usually does, is a task that wakes up for each token.
    """

    on_data: Callable[[], None] = staticmethod(_nobody)
    on_lost: Callable[[], None] = staticmethod(_nobody)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if data:
            self.on_data()

    def resume_reading(self, resume_parser: bool = True) -> None:
        # aiohttp asks for this with each piece that is read, also where nothing was held up, and then looks for what
        # may have been: that took as long as the reading.
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def connection_lost(self, exc: BaseException | None) -> None:
        # Under TLS the end gets through to one that is held up. What it had not parsed would be lost with its parser.
        while self._reading_paused:
            self.resume_reading()
        body = self._payload
        super().connection_lost(exc)
        # At a chunk that is none aiohttp hangs up, and tells nobody: whoever waits for more would until the deadline.
        if body and not body.is_eof() and body.exception() is None:
            body.set_exception(httpx.RemoteProtocolError("A chunk is not one."))
        self.on_lost()


class Arrivals:
    """What has come of the body of one response."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._content = response.content
        self._connection: Connection | None = None
        self._read = 0

    async def next(self) -> bytes:
        """The next bytes, or none at the end. Its errors are aiohttp's."""
        data = await self._content.read(PIECE_BYTES)
        self._read += len(data)
        return data

    def watch(self, on_data: Callable[[], None], on_end: Callable[[], None]) -> None:
        """Call these for whatever comes, and at the end, until `unwatch`."""
        if self._response.connection:
            self._connection = cast("Connection", self._response.connection.protocol)
            self._connection.on_data, self._connection.on_lost = on_data, on_end
        self._content.on_eof(self.unwatch)
        self._content.on_eof(on_end)
        if self.error:
            on_end()

    def unwatch(self) -> None:
        """Tell nobody any more: the connection serves others next."""
        # Not by its truth: a connection is a queue as well, and an empty one.
        if self._connection is not None:
            self._connection.on_data = self._connection.on_lost = _nobody
            self._connection = None

    @property
    def error(self) -> Exception | None:
        """What broke it, in aiohttp's words."""
        error = cast("Exception | None", self._content.exception())
        if error or self._content.is_eof() or self._connection is None or self._connection.connected:
            return error
        # We closed it ourselves, with the client.
        return RuntimeError(GONE)

    @property
    def has_more(self) -> bool:
        """Something has come that was not read."""
        return self._content.total_bytes > self._read

    def read(self, most: int) -> bytes:
        """What has come, at most so many bytes; all of it once the connection broke."""
        content = self._content
        if content.exception() is None:
            data = content.read_nowait(most)
        else:
            # aiohttp gives nothing any more then, not even what had come before.
            data = b"".join(content._buffer)[content._buffer_offset :]
            content._buffer.clear()
        self._read += len(data)
        return data


class Transport(AiohttpTransport):
    """The way through aiohttp, whose responses say what has come of them without an iterator within an iterator."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if isinstance(response.stream, AiohttpResponseStream):
            response.extensions[ARRIVALS] = Arrivals(response.stream._aiohttp_response)
        return response


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """Trusts the packaged authorities, or those in the operator's `SSL_CERT_FILE`."""
    return httpx.create_ssl_context()
