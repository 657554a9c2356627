"""The two ways to run the product, and what can be done to each."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle
from pathlib import Path
from time import sleep
from typing import Protocol

from playground.env import BASE_DIR
from tests.full.deployment import Deployment, deployed, is_ready
from tests.full.servers import free_port
from tests.playground.running import Running, children_of, up, wait_until

# Seconds that running answers get when a process is asked to end; less than some answers take.
DRAIN_SECONDS = 3
# Seconds that Redis stays away.
AWAY = 2
# Seconds that a process stands still: longer than its leases last.
STILL = 20


class System(Protocol):
    name: str
    # By what they are called in the report.
    damages: dict[str, Callable[[], None]]

    @property
    def base_url(self) -> str: ...

    @property
    def urls(self) -> list[str]:
        """Of its web processes."""
        ...

    def wait_until_ready(self) -> None: ...

    def run(self, *arguments: str) -> str:
        """What another program of the product prints, run on the same database."""
        ...

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What stands in the database."""
        ...


class Embedded:
    """`manage.py up` on SQLite."""

    name = "embedded"

    def __init__(self, folder: Path, private_hosts: Sequence[tuple[str, int]]) -> None:
        self._var_dir, self._port = folder / "var", free_port()
        self.base_url = f"http://127.0.0.1:{self._port}"
        self.urls = [self.base_url]
        self._environment = {
            "PLAYGROUND_ALLOWED_PRIVATE_HOSTS": ",".join(f"{host}:{port}" for host, port in private_hosts),
            "PLAYGROUND_RUNS_PER_PERSON": "1000",
            # Nothing leaves this machine.
            "PLAYGROUND_REFRESH_HOURS": "0",
            "PLAYGROUND_DRAIN_SECONDS": str(DRAIN_SECONDS),
        }
        self._stack = ExitStack()
        self._running: Running
        self.damages = {
            "web killed": lambda: self._hit("serve"),
            "web stood still": lambda: stand_still(lambda number: self._hit("serve", number)),
            "worker killed": lambda: self._hit("celery"),
            "worker restarted": lambda: self._hit("celery", signal.SIGTERM),
            "all killed": self._kill_all,
            "stopped, started": self._stop_and_start,
        }

    def start(self) -> None:
        self._running = self._stack.enter_context(up(self._var_dir, "--port", str(self._port), **self._environment))

    def close(self) -> None:
        self._stack.close()

    def wait_until_ready(self) -> None:
        wait_until(lambda: is_ready(self.base_url) and len(self._running.children()) == 2)

    def run(self, *arguments: str) -> str:
        ours = {
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            "PLAYGROUND_NO_BOOTSTRAP": "1",
            "PLAYGROUND_VAR_DIR": str(self._var_dir),
        }
        environment = {**os.environ, **self._environment, **ours}
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self._var_dir / "playground.sqlite3", timeout=20)) as connection:
            return connection.execute(query).fetchall()

    def _hit(self, word: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the child whose command has this word in it a signal; it may be dead already."""
        for pid in self._running.child(word):
            os.kill(pid, number)

    def _kill_all(self) -> None:
        """The supervisor first, so that it starts nothing again: as good as a power cut for the processes."""
        children = children_of(self._running.process.pid)
        self._running.process.kill()
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        self._stack.close()
        found = self.rows("PRAGMA integrity_check")
        assert found == [("ok",)], f"the database is not whole: {found}"
        self.start()

    def _stop_and_start(self) -> None:
        self._running.process.send_signal(signal.SIGINT)
        self._running.process.wait(60)
        self._stack.close()
        self.start()


class Full:
    """Two web processes and two workers on PostgreSQL and Redis."""

    name = "full"

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.base_url, self.urls = deployment.base_url, deployment.urls
        self.run, self.rows = deployment.run, deployment.rows
        self.wait_until_ready = deployment.wait_until_ready
        # One after the other.
        webs, workers = cycle(deployment.webs), cycle(deployment.workers)
        self.damages = {
            "web killed": lambda: next(webs).hit(),
            "web restarted": lambda: next(webs).hit(signal.SIGTERM),
            "web stood still": lambda: stand_still(next(webs).hit),
            "worker killed": lambda: next(workers).hit(),
            "worker restarted": lambda: next(workers).hit(signal.SIGTERM),
            "worker stood still": lambda: stand_still(next(workers).hit),
            "redis killed": self._lose_redis,
            "database crashed": deployment.postgres.crash,
        }

    def _lose_redis(self) -> None:
        self._deployment.redis.stop(signal.SIGKILL)
        sleep(AWAY)
        self._deployment.redis.start()


def stand_still(hit: Callable[[signal.Signals], None]) -> None:
    """Others take it for dead, and it goes on as if nothing had been."""
    hit(signal.SIGSTOP)
    sleep(STILL)
    hit(signal.SIGCONT)


@contextmanager
def embedded(folder: Path, private_hosts: Sequence[tuple[str, int]]) -> Iterator[System]:
    system = Embedded(folder, private_hosts)
    system.start()
    try:
        system.wait_until_ready()
        yield system
    finally:
        system.close()


@contextmanager
def full(folder: Path, private_hosts: Sequence[tuple[str, int]]) -> Iterator[System]:
    with deployed(folder, private_hosts, DRAIN_SECONDS=str(DRAIN_SECONDS)) as deployment:
        yield Full(deployment)
