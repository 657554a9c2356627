"""What processes cost: CPU seconds and resident memory, from /proc."""

import os
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def two_cpus() -> tuple[set[int], set[int]]:
    """The CPU of those who ask, and the one of the playground: they are not to wait for each other."""
    cpus = sorted(os.sched_getaffinity(0))
    return {cpus[-1]}, {cpus[0]}


def tree(root: int) -> list[int]:
    """A process with all that it has started."""
    found = [root]
    for pid in found:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            # A thread may end while we look.
            with suppress(FileNotFoundError, ProcessLookupError):
                found += [int(child) for child in children.read_text().split()]
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a tree, with that of its children that have ended."""
    # The name of a program, in brackets, may hold blanks; what is counted comes after it.
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in tree(root)]
    return sum(int(ticks) for process in fields for ticks in process[11:15]) / TICKS


def resident_bytes(root: int) -> int:
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in tree(root)) * PAGE_BYTES


def machine_busy_seconds() -> float:
    """What all processes of this machine have used since it started, on all its CPUs."""
    user, nice, system, _, _, *interrupts = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(interrupts)) / TICKS


def open_files(root: int) -> int:
    """Files, sockets and pipes that a tree holds open."""
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in tree(root))


def threads(root: int) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/task")) for pid in tree(root))
