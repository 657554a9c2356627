"""A process of its own that makes one call, and says what became of it and by how much it grew meanwhile.

    python -m tests.providers.growing <port> <stream|whole>

Without the rest of the product, so that what is measured is the call.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from providers import client
from providers.dialects import DIALECTS
from tests.providers.calling import read

# Writing 5 here resets the peak to what there is now: https://docs.kernel.org/filesystems/proc.html.
FORGET_PEAK = Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Growth:
    error_kind: str
    # From what it had before the call to the most it had at any moment of it.
    bytes: int


async def grow(port: int, *, stream: bool) -> Growth:
    call = client.Call(f"http://127.0.0.1:{port}/v1", DIALECTS["openai"], b'{"model": "any"}', streams=stream)
    # What a first call makes for all others is not its own.
    await read(call)
    before = _resident_bytes()
    _, error = await read(call)
    return Growth(error.kind.name if error else "", _peak_bytes() - before)


def _resident_bytes() -> int:
    """What there is now, from which the peak is counted anew."""
    FORGET_PEAK.write_text("5")
    return _peak_bytes()


def _peak_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024


if __name__ == "__main__":
    port = int(sys.argv[1])
    settings.configure(ALLOWED_PRIVATE_HOSTS={("127.0.0.1", port)})
    print(json.dumps(asdict(asyncio.run(grow(port, stream=sys.argv[2] == "stream")))))  # noqa: T201
