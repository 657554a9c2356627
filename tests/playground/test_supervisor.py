"""How the children are ended: each gets its own time, and none gets more."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from playground import supervisor
from playground.child import Child
from playground.supervisor import Supervisor
from tests.playground.running import wait_until

# Says that it is there, hears no request to end, and ends when a file says so.
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
here, may_end = map(pathlib.Path, sys.argv[1:])
here.touch()
while not may_end.exists():
    time.sleep(0.02)
"""


class Stubborn:
    """A child with this patience that ends when it wants to."""

    def __init__(self, folder: Path, name: str, lifeline_end: int, patience: float) -> None:
        self.here, self.may_end = folder / f"{name}.here", folder / f"{name}.may-end"
        command = ["-c", STUBBORN, str(self.here), str(self.may_end)]
        self.child = Child(name, command, lifeline_end, patience=patience)

    def start(self) -> None:
        self.child.start()
        wait_until(self.here.exists)


@pytest.fixture
def lifeline_end() -> Iterator[int]:
    reading, writing = os.pipe()
    yield reading
    os.close(reading)
    os.close(writing)


@pytest.fixture
def supervised() -> Iterator[Supervisor]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Supervisor(listener, opens_browser=False, drain_seconds=0, worker_drain_seconds=0)


@pytest.fixture
def signals() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Where signals are read, and where a test puts one."""
    reading, writing = socket.socketpair()
    with reading, writing:
        yield reading, writing


Pair = tuple[socket.socket, socket.socket]


def stop(supervised: Supervisor, web: Stubborn, worker: Stubborn, signals: Pair) -> Thread:
    """Begin to end both."""
    supervised.web, supervised.worker = web.child, worker.child
    for child in (web, worker):
        child.start()
    stopping = Thread(target=supervised._stop, args=[signals[0]])
    stopping.start()
    return stopping


def test_a_worker_goes_on_when_the_time_of_the_web_process_is_over(
    supervised: Supervisor, tmp_path: Path, lifeline_end: int, signals: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "WORD_AFTER_SECONDS", 0.1)
    web = Stubborn(tmp_path, "web", lifeline_end, patience=0.2)
    worker = Stubborn(tmp_path, "worker", lifeline_end, patience=600)
    stopping = stop(supervised, web, worker, signals)
    wait_until(lambda: not web.child.is_running)
    is_waited_for = worker.child.is_running

    worker.may_end.touch()

    wait_until(lambda: not worker.child.is_running)
    # As the system tells a supervisor whose child has ended.
    signals[1].send(bytes([signal.SIGCHLD]))
    stopping.join(60)
    assert is_waited_for
    assert (web.child.how, worker.child.how) == ("SIGKILL", "exit code 0")


def test_a_second_signal_ends_both_at_once(
    supervised: Supervisor, tmp_path: Path, lifeline_end: int, signals: Pair
) -> None:
    web = Stubborn(tmp_path, "web", lifeline_end, patience=600)
    worker = Stubborn(tmp_path, "worker", lifeline_end, patience=600)
    stopping = stop(supervised, web, worker, signals)

    signals[1].send(bytes([signal.SIGINT]))

    stopping.join(60)
    assert (web.child.how, worker.child.how) == ("SIGKILL", "SIGKILL")
