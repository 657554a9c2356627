"""A program that is started again when it dies, as a container's restart policy would have it."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread

from playground.env import BASE_DIR
from tests import peak

# Seconds between a death and the next start.
PAUSE = 0.3
# Seconds that a program may take to end when it is asked to.
PATIENCE = 45


class Kept:
    def __init__(
        self, command: Sequence[str | Path], log: Path, *, environment: Mapping[str, str] | None = None, user: str = ""
    ) -> None:
        """`user`: who it runs as, where we may choose; PostgreSQL refuses to run as root."""
        self._command, self._log, self._environment = list(command), log, environment
        self._user = user if user and os.geteuid() == 0 else None
        # How often it was started.
        self.starts = 0
        self._is_wanted = False
        self._lock = Lock()

    @property
    def log(self) -> str:
        """All that it said so far."""
        return self._log.read_text(errors="replace")

    @property
    def resident_bytes(self) -> int:
        """What it has of this machine's memory."""
        command = ["ps", "-o", "rss=", "-p", str(self._process.pid)]
        return int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) * 1024

    @property
    def peak_bytes(self) -> int:
        """The most that it had of it at any moment since `forget_peak`."""
        return peak.peak_bytes(self._process.pid)

    def forget_peak(self) -> None:
        peak.forget_peak(self._process.pid)

    def start(self) -> None:
        self._is_wanted = True
        self._launch()
        self._keeper = Thread(target=self._keep, name=f"keeper of {self._log.stem}")
        self._keeper.start()

    def hit(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal. When that ends it, another one is started."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it for good, or until it is started again."""
        with self._lock:
            self._is_wanted = False
            self.hit(number)
        self._keeper.join(PATIENCE)
        self._process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        while True:
            self._process.wait()
            if self._is_wanted:
                time.sleep(PAUSE)
            with self._lock:
                if not self._is_wanted:
                    return
                self._launch()

    def _launch(self) -> None:
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=BASE_DIR,
                env=self._environment,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests, which end these in order.
                process_group=0,
            )
