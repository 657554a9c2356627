"""A process of its own that makes one call, and says what became of it and by how much it grew meanwhile.

    python -m tests.providers.growing <port> <stream|whole>

Without the rest of the product, so that what is measured is the call.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass

from django.conf import settings

from providers import client
from providers.dialects import DIALECTS
from tests.peak import forget_peak, peak_bytes
from tests.providers.calling import read


@dataclass(frozen=True)
class Growth:
    error_kind: str
    # From what it had before the call to the most it had at any moment of it.
    bytes: int


async def grow(port: int, *, stream: bool) -> Growth:
    call = client.Call(f"http://127.0.0.1:{port}/v1", DIALECTS["openai"], b'{"model": "any"}', streams=stream)
    # What a first call makes for all others is not its own.
    await read(call)
    forget_peak()
    before = peak_bytes()
    _, error = await read(call)
    return Growth(error.kind.name if error else "", peak_bytes() - before)


if __name__ == "__main__":
    port = int(sys.argv[1])
    settings.configure(ALLOWED_PRIVATE_HOSTS={("127.0.0.1", port)})
    print(json.dumps(asdict(asyncio.run(grow(port, stream=sys.argv[2] == "stream")))))  # noqa: T201
