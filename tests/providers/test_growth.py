"""No provider can make this server hold much, whatever it sends."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache

import pytest

from playground.env import BASE_DIR
from tests.faultscript import CHUNKED, JSON, Script, answer_of, completion, framed, http_chunk, http_head
from tests.faultserver import FaultServer
from tests.peak import expect_peaks
from tests.providers.growing import Growth

# Bytes by which a process may grow for an answer that it does not take.
MOST_GROWTH = 20_000_000
# Bytes of what is sent, or of what it unpacks to.
LARGE = 60_000_000
LARGE_PIECES = [b"x" * 60_000] * 1000
GZIP = {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}


@cache
def bomb() -> bytes:
    """A thousandth of what it unpacks to."""
    return gzip.compress(b"x" * LARGE)


HOSTILE: list[tuple[str, str, str, Callable[[], Script]]] = [
    ("one line", "stream", "too_large", lambda: [http_head(), b"data: ", *LARGE_PIECES, b"\n\n"]),
    ("one line", "whole", "too_large", lambda: [JSON, b'{"choices": "', *LARGE_PIECES, b'"}']),
    ("one chunk", "stream", "too_large", lambda: [CHUNKED, b"%x\r\ndata: " % (LARGE + 8), *LARGE_PIECES, b"\n\n\r\n"]),
    ("no stream", "stream", "too_large", lambda: [JSON, b'{"choices": "', *LARGE_PIECES, b'"}']),
    ("blanks", "stream", "too_large", lambda: [http_head(), *[b" " * 60_000] * 1000]),
    ("a header", "stream", "too_large", lambda: [b"HTTP/1.1 200 OK\r\nX-Long: ", *LARGE_PIECES]),
    ("a refusal", "stream", "provider_error", lambda: [http_head(500), *LARGE_PIECES]),
    ("a bomb", "stream", "protocol_error", lambda: framed(200, bomb(), GZIP)),
    ("a bomb", "whole", "protocol_error", lambda: framed(200, bomb(), GZIP)),
    (
        "a bomb in chunks",
        "stream",
        "protocol_error",
        lambda: [http_head(200, {**GZIP, "Transfer-Encoding": "chunked"}), http_chunk(bomb()), b"0\r\n\r\n"],
    ),
    ("a bomb in a refusal", "stream", "provider_error", lambda: framed(500, bomb(), GZIP)),
]


def growth_by(script: Script, way: str) -> Growth:
    expect_peaks()
    with FaultServer() as faults:
        # To the call before the one that counts.
        faults.say(*answer_of("tokens/2", streams=way == "stream"))
        faults.say(*script)
        command = [sys.executable, "-m", "tests.providers.growing", str(faults.port), way]
        done = subprocess.run(command, cwd=BASE_DIR, stdout=subprocess.PIPE, check=True)
    return Growth(**json.loads(done.stdout))


@pytest.mark.parametrize(
    ("way", "kind", "script"), [row[1:] for row in HOSTILE], ids=[f"{row[0]}-{row[1]}" for row in HOSTILE]
)
def test_little_is_held_of_what_is_too_much(way: str, kind: str, script: Callable[[], Script]) -> None:
    growth = growth_by(script(), way)

    assert growth.error_kind == kind
    assert growth.bytes < MOST_GROWTH


def test_what_is_held_is_seen() -> None:
    growth = growth_by(framed(200, completion("x" * 9_000_000), {"Content-Type": "application/json"}), "whole")

    assert growth.error_kind == ""
    assert growth.bytes > 9_000_000
