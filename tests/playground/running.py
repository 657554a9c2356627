"""The product started as a person starts it, in a folder of its own, on a port of its own."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from playground.env import BASE_DIR

# Seconds that anything may take on a busy machine.
PATIENCE = 120


class Running:
    """`manage.py up` and what it has said so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.output = ""
        self._listener = Thread(target=self._listen)
        self._listener.start()

    @property
    def link(self) -> str:
        """The sign-in link, once it is printed."""
        wait_until(lambda: "Open http" in self.output or self.process.poll() is not None)
        found = re.search(r"^Open (\S+)$", self.output, re.MULTILINE)
        assert found, self.output
        return found[1]

    @property
    def url(self) -> str:
        return self.link.partition("/welcome/")[0]

    def children(self) -> set[int]:
        return children_of(self.process.pid)

    def child(self, word: str) -> set[int]:
        """The child whose command has this word in it, if it runs."""
        return {pid for pid in self.children() if word in command_of(pid).split()}

    def hear_out(self) -> str:
        """All that was said by it and by its children, which have ended."""
        self._listener.join()
        return self.output

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.output += line


@contextmanager
def up(var_dir: Path, *arguments: str, **settings: str) -> Iterator[Running]:
    command = [sys.executable, "manage.py", "up", "--no-browser", *(arguments or ["--port", "0"])]
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "AIML_", "DJANGO_"))
    }
    environment = {**clean, **settings, "PLAYGROUND_VAR_DIR": str(var_dir), "PLAYGROUND_NO_BOOTSTRAP": "1"}
    process = subprocess.Popen(
        command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    running = Running(process)
    try:
        yield running
    finally:
        left = running.children()
        process.kill()
        process.wait()
        for pid in left & alive():
            os.kill(pid, signal.SIGKILL)
        running.hear_out()


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310
        return int(answer.status)


def children_of(parent: int) -> set[int]:
    rows = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    return {int(pid) for pid, ppid in zip(rows[::2], rows[1::2], strict=True) if int(ppid) == parent}


def command_of(pid: int) -> str:
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout


def alive() -> set[int]:
    """All processes that have not ended; one that nobody has asked for its exit code has."""
    rows = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True).stdout.split()
    return {int(pid) for pid, state in zip(rows[::2], rows[1::2], strict=True) if not state.startswith("Z")}


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.05)
