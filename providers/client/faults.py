"""The errors of the HTTP libraries, as ours.

httpx over aiohttp calls every failed connection a `ConnectTimeout`, also one that breaks later, and lets some of
aiohttp's errors through as they are. So the type of the underlying error decides.
"""

from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
import httpx
from aiohttp.http_exceptions import LineTooLong

from providers.errors import Broken, NotSent, ProviderError

T = TypeVar("T")

# What the libraries raise when something goes wrong in the network. A `RuntimeError` is what aiohttp says to a reader
# who comes for more after the connection has gone.
FAULTS = (httpx.HTTPError, aiohttp.ClientError, OSError, RuntimeError)
GONE = "Connection closed."
NOT_HTTP = "The response is not HTTP."


async def in_our_words(step: Awaitable[T]) -> T:
    """What the step gives; what goes wrong in the network becomes a `ProviderError`."""
    try:
        return await step
    except FAULTS as error:
        ours = worded(error)
    raise ours


def worded(error: Exception) -> Exception:
    """One of `FAULTS` as a `ProviderError`, to be raised after it was left; a mistake of ours as it is."""
    if isinstance(error, aiohttp.ClientResponseError):
        # Its repr shows the request's headers, the key too. So it is left behind, and is neither the cause nor the
        # context of what is raised.
        return _unreadable(error)
    if isinstance(error, httpx.HTTPError | aiohttp.ClientError | OSError):
        ours = _provider_error(error)
    elif str(error) == GONE:
        ours = Broken("connection_lost", "It hung up in the middle of the answer.")
    else:
        return error
    ours.__cause__ = error
    return ours


def _unreadable(error: aiohttp.ClientResponseError) -> ProviderError:
    reason = error.__cause__ and error.__cause__.__cause__
    if isinstance(reason, LineTooLong) or "Too many headers" in error.message:
        return Broken("too_large", "The headers of the response are too large.")
    return Broken("protocol_error", NOT_HTTP)


def _provider_error(error: Exception) -> ProviderError:
    reason = error.__cause__ if isinstance(error, httpx.HTTPError) and error.__cause__ else error
    match reason:
        case aiohttp.ClientConnectorDNSError():
            return NotSent("unknown_host", f"{reason.host} is not known.")
        case aiohttp.ClientSSLError():
            return NotSent("tls_error", str(reason))
        case aiohttp.ClientConnectorError():
            return NotSent("connect_failed", str(reason))
        case aiohttp.ConnectionTimeoutError():
            return NotSent("connect_failed", "It did not accept a connection in time.")
        case aiohttp.ServerDisconnectedError():
            return Broken("connection_lost", "It hung up before it answered.")
        case aiohttp.ClientPayloadError():
            return Broken("connection_lost", "It hung up in the middle of the answer.")
        case httpx.RemoteProtocolError():
            return Broken("protocol_error", NOT_HTTP)
        case aiohttp.ClientConnectionError() | httpx.NetworkError() | OSError():
            return Broken("connection_lost", str(reason))
        case _:
            return Broken("protocol_error", type(reason).__name__)
