"""The headers of a call as they may be shown: all of them, and not the key."""

from urllib.parse import urlsplit

import httpx

from providers.client.connections import HEADERS
from providers.dialects import Dialect


def shown_headers(dialect: Dialect, url: str, body: bytes, key: str | None) -> list[tuple[str, str]]:
    """Names and values in the order in which they leave. `key` is what stands in the place of the secret."""
    headers = httpx.Headers({"Host": urlsplit(url).netloc, "Accept": "*/*", "Connection": "keep-alive", **HEADERS})
    headers["Content-Type"] = "application/json"
    headers.update(dialect.headers(None))
    shown = [*headers.items()]
    # Not through the library: a header of its own could not hold the dots that stand for the key.
    shown += [(name.lower(), value) for name, value in dialect.headers(key).items() if name.lower() not in headers]
    return [*shown, ("content-length", str(len(body)))]
