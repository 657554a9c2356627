"""Where attachments lie: `attachments/<two digits>/<sha256>`, each once, whoever attached it. None is ever changed."""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


class LostError(Exception):
    """A file that should be here is not; its SHA-256."""


def folder() -> Path:
    return Path(settings.ATTACHMENTS_DIR)


def path_of(sha256: str) -> Path:
    return folder() / sha256[:2] / sha256


def read(sha256: str) -> bytes:
    try:
        return path_of(sha256).read_bytes()
    except FileNotFoundError:
        raise LostError(sha256) from None


def base64_of(sha256: str) -> bytes:
    return base64.b64encode(read(sha256))


def glimpse_of(sha256: str) -> bytes:
    """The beginning of its base64, for where people read."""
    path = path_of(sha256)
    try:
        with path.open("rb") as file:
            beginning = base64.b64encode(file.read(30))
    except FileNotFoundError:
        return b"\xe2\x80\xa6"
    return beginning + f"… ({-(-path.stat().st_size // 3) * 4:,} characters)".encode()


@contextmanager
def draft(chunks: Iterable[bytes]) -> Iterator[Path]:
    """These bytes as a file without a name of its own, on the disk for certain; gone at the end unless it was kept."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder() / f".{secrets.token_hex(16)}"
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def keep(path: Path) -> str:
    """Give a file of this disk its place and name; its SHA-256. One that is there already stays."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    place = path_of(sha256)
    if not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(place)
        _sync(place.parent)
    return sha256


def kept() -> Iterator[Path]:
    """All of them."""
    return (path for path in folder().glob("??/*") if len(path.name) == 64)


def _sync(path: Path) -> None:
    """A new name is on the disk once its folder is."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
