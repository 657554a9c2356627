"""Which pages may open the socket: our own.

A socket carries the visitor's cookies and is not bound by the same-origin policy, so any page of the internet could
open one in the name of its visitor (https://www.rfc-editor.org/rfc/rfc6455#section-10.2). Browsers always send the
origin; a page without one (`null`: a sandboxed frame, a file) is not ours, and neither is a program that sends none.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

AsyncCallable = Callable[..., Awaitable[Any]]


class ExactOrigin:
    """Lets a handshake through when its Origin is one of these, character by character; answers 403 otherwise."""

    def __init__(self, inner: AsyncCallable, *, allowed: frozenset[bytes]) -> None:
        self._inner = inner
        self._allowed = allowed

    async def __call__(self, scope: dict[str, Any], receive: AsyncCallable, send: AsyncCallable) -> None:
        written = [value for name, value in scope["headers"] if name == b"origin"]
        if len(written) == 1 and written[0] in self._allowed:
            await self._inner(scope, receive, send)
        else:
            await refuse(scope, receive, send)


async def refuse(scope: dict[str, Any], receive: AsyncCallable, send: AsyncCallable) -> None:
    """A socket closed before it was accepted is answered with 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def origins_of(base_url: str, hosts: Iterable[str]) -> frozenset[bytes]:
    """The origins of our pages, as browsers write them: the base URL's scheme and port on each of these hosts."""
    base = urlsplit(base_url)
    standard = {"http": 80, "https": 443}[base.scheme]
    port = f":{base.port}" if base.port not in {None, standard} else ""
    # A host that stands for many (".example.org", "*") is no exact origin.
    names = [host for host in hosts if host[0] not in ".*"]
    return frozenset(f"{base.scheme}://{name}{port}".lower().encode("ascii") for name in names)
