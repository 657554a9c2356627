"""Static files: stored under names that change with their content, served by an ASGI application of their own.

Outside Django: a file needs no session and no database, and the middleware would cost more than the file.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any
from wsgiref.headers import Headers

from whitenoise import WhiteNoise  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

from playground.middleware import HEADERS

AsyncCallable = Callable[..., Awaitable[Any]]

# Names as Django's storage makes them: twelve hex digits of the content's hash before the ending.
HASHED_NAME = r"\.[0-9a-f]{12}\.[^/]+$"
# What Django says on every page; a file that is opened by itself, such as a picture in SVG, is a page too.
SECURITY_HEADERS = [
    *HEADERS.items(),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
]


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    # Our modules import each other by their plain names. Unless those become hashed ones too, a browser gets a module
    # twice, under two addresses, and each copy has a state of its own. (Django's own pattern for this also looks into
    # the comments of other people's files, and stops at what it does not find.)
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((r'(?P<matched>(?P<word>from|import) "(?P<url>\./[^"]+)")', '%(word)s "%(url)s"'),)),
    )


class StaticFiles:
    """Answers what lies under the prefix from this folder, as it was found at the start; the rest goes further in."""

    def __init__(self, inner: AsyncCallable, *, root: Path, prefix: str) -> None:
        self._inner = inner
        self._prefix = prefix
        self._files = WhiteNoise(
            None, immutable_file_test=HASHED_NAME, add_headers_function=_add_headers, allow_all_origins=False
        )
        # Nothing is collected yet in tests, and before the first start.
        if root.is_dir():
            self._files.add_files(str(root), prefix)

    async def __call__(self, scope: dict[str, Any], receive: AsyncCallable, send: AsyncCallable) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            await self._answer(scope, send)
        else:
            await self._inner(scope, receive, send)

    async def _answer(self, scope: dict[str, Any], send: AsyncCallable) -> None:
        file = self._files.files.get(scope["path"])
        if file is None:
            status, headers, content = 404, [("Content-Type", "text/plain"), *SECURITY_HEADERS], b"Not found\n"
        else:
            response = file.get_response(scope["method"], _environ(scope))
            status, headers = int(response.status), response.headers
            content = await asyncio.to_thread(_read, response.file) if response.file else b""
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            }
        )
        await send({"type": "http.response.body", "body": content})


def _add_headers(headers: Headers, path: str, url: str) -> None:
    for name, value in SECURITY_HEADERS:
        headers[name] = value


def _environ(scope: dict[str, Any]) -> dict[str, str]:
    """The request's headers as WhiteNoise reads them."""
    return {
        f"HTTP_{name.decode().upper().replace('-', '_')}": value.decode("latin-1") for name, value in scope["headers"]
    }


def _read(file: IO[bytes]) -> bytes:
    with file:
        return file.read()
