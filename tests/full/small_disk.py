"""A disk of a few megabytes, which can be filled and emptied; and processes that may write no file for a while."""

import errno
import resource
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path

from tests.missing import missing

# Bytes that are written at a time until nothing more fits.
PIECE = 4096


class SmallDisk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """To the last byte."""
        with self._filler.open("wb", buffering=0) as filler:
            while _fits(filler):
                pass

    def empty(self) -> None:
        self._filler.unlink(missing_ok=True)


def _fits(file: RawIOBase) -> bool:
    try:
        file.write(bytes(PIECE))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A file system of this size in this folder, which must exist."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        missing(f"to mount a file system of its own: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        # Whoever has just died may still hold a file.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def forbid_writing(pids: Iterable[int]) -> None:
    """No write to a file of these processes succeeds, as if its file system had been turned read-only under them."""
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def allow_writing(pids: Iterable[int]) -> None:
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
