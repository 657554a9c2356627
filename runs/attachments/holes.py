"""A request without the data of its files, and with it again. Pure: no Django, no I/O.

A conversation with a large image sends it with every message; a record of each run that held it would fill the disk.
So whoever writes a request puts a placeholder where the data belongs. The bytes are kept without it, with the places
at which something is missing, and filled whenever they are needed: byte for byte the same each time.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence

# [place in the bytes without data, SHA-256 of the file]
Hole = tuple[int, str]

PLACEHOLDER = re.compile(rb"attachment\.([0-9a-f]{64})\.([0-9a-f]{64})")
# A person may type anything, also what looks like a placeholder for somebody else's file. Nobody can type this, and
# nothing with a placeholder in it leaves the process that wrote it.
SECRET = secrets.token_bytes(32)


def placeholder(sha256: str) -> str:
    """What stands in a message where the file's data belongs, in base64."""
    return f"attachment.{sha256}.{_seal(sha256)}"


def cut(body: bytes) -> tuple[bytes, list[Hole]]:
    """The body without its placeholders, and where they were."""
    kept, holes, length, last = [], [], 0, 0
    for found in PLACEHOLDER.finditer(body):
        sha256, seal = found[1].decode(), found[2].decode()
        if hmac.compare_digest(seal, _seal(sha256)):
            kept.append(body[last : found.start()])
            length += found.start() - last
            holes.append((length, sha256))
            last = found.end()
    return b"".join([*kept, body[last:]]), holes


def fill(body: bytes, holes: Sequence[Hole], data_of: Callable[[str], bytes]) -> bytes:
    """The body with what `data_of` says of each file in its place."""
    if not holes:
        return body
    filled, last = [], 0
    for place, sha256 in holes:
        filled += [body[last:place], data_of(sha256)]
        last = place
    return b"".join([*filled, body[last:]])


def _seal(sha256: str) -> str:
    return hmac.new(SECRET, sha256.encode(), hashlib.sha256).hexdigest()
