"""A child process of the supervisor: started, ended, and started again when it dies, later each time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from playground import lifeline

# Seconds before a dead child is started again: the first time, doubled each time, up to the last.
FIRST_DELAY, LAST_DELAY = 0.5, 30.0
# A child that lived this long was well: its next death counts as its first.
WELL_AFTER_SECONDS = 60.0


class Child:
    def __init__(
        self,
        name: str,
        command: list[str],
        lifeline_end: int,
        *,
        at_first: Sequence[str] = (),
        patience: float,
        descriptors: Sequence[int] = (),
        stdout: int | None = None,
    ) -> None:
        self.name = name
        # Seconds that it may take to end when it is asked to.
        self.patience = patience
        # Arguments for as long as it has not once been well.
        self.at_first = list(at_first)
        self.deaths = 0
        self.delay = 0.0
        # When it is to be started again, by the monotonic clock.
        self.starts_at: float | None = None
        self._command = command
        self._environment = {lifeline.VARIABLE: str(lifeline_end)}
        self._descriptors = [*descriptors, lifeline_end]
        self._stdout = stdout
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def how(self) -> str:
        """How it ended, in a few words."""
        code = self._process.returncode if self._process else 0
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def start(self) -> None:
        self.starts_at = None
        self._started_at = time.monotonic()
        environment = {**os.environ, **self._environment}
        if not self.at_first:
            # Whoever prepares the server puts it into the vault; nobody else is to have it.
            environment.pop("AIML_API_KEY", None)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, *self._command, *self.at_first],
            env=environment,
            pass_fds=self._descriptors,
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            # A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which ends things in order.
            process_group=0,
        )

    def has_just_died(self) -> bool:
        """True once for each death; `starts_at` is then set."""
        if self._process is None or self.is_running or self.starts_at is not None:
            return False
        was_well = time.monotonic() - self._started_at > WELL_AFTER_SECONDS
        self.deaths = 1 if was_well else self.deaths + 1
        self.delay = min(FIRST_DELAY * 2 ** (self.deaths - 1), LAST_DELAY)
        self.starts_at = time.monotonic() + self.delay
        return True

    def terminate(self) -> None:
        if self._process and self.is_running:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once, with whatever it has started."""
        if self._process and self.is_running:
            os.killpg(self._process.pid, signal.SIGKILL)
