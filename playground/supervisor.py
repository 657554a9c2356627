"""Starts the web process and the worker, starts again what dies, and ends them all.

Nothing but the standard library: this process watches as long as the product runs, in a fifth of the memory that Django
takes.
"""

import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playground.bootstrap import say
from playground.child import Child

# Seconds: what a child gets above the time that what it runs may take to finish.
STOP_MARGIN_SECONDS = 5
# Seconds after which a person who pressed Ctrl-C is told what is being waited for.
WORD_AFTER_SECONDS = 5.0


class Supervisor:
    """The web process first, which also prepares the database; the worker as soon as the web process answers."""

    def __init__(
        self, listener: socket.socket, *, opens_browser: bool, drain_seconds: int, worker_drain_seconds: int
    ) -> None:
        # Nobody writes to it: it closes when this process is gone, and that is what the children wait for.
        lifeline_end, self._lifeline = os.pipe()
        # The web process writes to this one when it answers.
        self._ready_end, ready = os.pipe()
        web = ["manage.py", "serve", "--fd", str(listener.fileno())]
        at_first = ["--prepare", "--ready-fd", str(ready), *(["--browser"] if opens_browser else [])]
        self.web = Child(
            "web process",
            web,
            lifeline_end,
            at_first=at_first,
            patience=drain_seconds + STOP_MARGIN_SECONDS,
            descriptors=[listener.fileno(), ready],
        )
        self.worker = Child(
            "worker",
            _worker_command(),
            lifeline_end,
            patience=worker_drain_seconds + STOP_MARGIN_SECONDS,
            # Celery greets and takes leave on standard output; what matters goes to its log, on standard error.
            stdout=subprocess.DEVNULL,
        )
        self._is_answering = False

    def run(self) -> int:
        """Until asked to stop; the exit code is 0 when that was what ended it."""
        with _wake_ups() as wake_ups, selectors.DefaultSelector() as selector:
            selector.register(wake_ups, selectors.EVENT_READ)
            selector.register(self._ready_end, selectors.EVENT_READ)
            self.web.start()
            # What dies before it has once answered would only die again.
            while self._is_answering or self.web.is_running:
                for key, _ in selector.select(self._seconds_to_next_start()):
                    if key.fileobj is not wake_ups:
                        selector.unregister(self._ready_end)
                        self._go_on()
                    elif _asks_to_stop(wake_ups):
                        self._stop(wake_ups)
                        return 0
                if self._is_answering:
                    self._look_after_children()
            say("The web process does not start; the reason is above.")
            return 1

    def _go_on(self) -> None:
        self._is_answering = True
        self.web.at_first = []
        self.worker.start()

    def _look_after_children(self) -> None:
        for child in (self.web, self.worker):
            if child.has_just_died():
                say(f"The {child.name} ended ({child.how}); starting it again in {child.delay:g} s.")
            if child.starts_at is not None and time.monotonic() >= child.starts_at:
                child.start()

    def _seconds_to_next_start(self) -> float | None:
        planned = [child.starts_at for child in (self.web, self.worker) if child.starts_at is not None]
        return max(0.0, min(planned) - time.monotonic()) if planned else None

    def _stop(self, wake_ups: socket.socket) -> None:
        """Ask the children to end and wait for them; a second signal, or the end of patience, ends them at once."""
        asked_at = time.monotonic()
        for child in (self.web, self.worker):
            child.terminate()
        was_told = False
        while running := [child for child in (self.web, self.worker) if child.is_running]:
            seconds = min(child.patience for child in running) if was_told else WORD_AFTER_SECONDS
            wake_ups.settimeout(max(0.1, asked_at + seconds - time.monotonic()))
            try:
                wants_no_more = _asks_to_stop(wake_ups)
            except TimeoutError:
                wants_no_more = False
                if not was_told:
                    say("Waiting for what still runs; Ctrl-C again ends it now.")
                    was_told = True
            for child in running:
                if wants_no_more or time.monotonic() >= asked_at + child.patience:
                    child.kill()


def _worker_command() -> list[str]:
    name = f"up-{os.getpid()}@%h"
    # Each job waits on a provider, and costs nothing meanwhile.
    threads = ["--pool", "threads", "--concurrency", "16"]
    # One worker needs no word from others, and gossip takes a worker down with its Redis.
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    program = ["-m", "celery", "--quiet", "--app", "playground", "worker", "--hostname", name]
    return [*program, *threads, "--queues", "long,cells", *alone, "--loglevel", "WARNING"]


@contextmanager
def _wake_ups() -> Iterator[socket.socket]:
    """A socket from which the numbers of arriving signals are read."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    with reading, writing:
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            # Started with nohup, it is meant to outlive the terminal.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda *_: None)
        yield reading


def _asks_to_stop(wake_ups: socket.socket) -> bool:
    return bool(set(wake_ups.recv(4096)) - {signal.SIGCHLD})
