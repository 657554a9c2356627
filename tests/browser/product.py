"""The product as a process of its own, started, killed and started again as an operator would."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.env import BASE_DIR

# Seconds that a start may take on a busy machine.
PATIENCE = 120


class Product:
    """A server on a folder and a listening socket that outlive it: what comes while it is down waits for the next."""

    def __init__(self, folder: Path, private_hosts: list[tuple[str, int]]) -> None:
        self.var_dir = folder / "var"
        self._log = folder / "server.log"
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "AIML_"))}
        self._environment = {
            **clean,
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            "PLAYGROUND_NO_BOOTSTRAP": "1",
            "PLAYGROUND_VAR_DIR": str(self.var_dir),
            "PLAYGROUND_BASE_URL": self.url,
            "PLAYGROUND_ALLOWED_PRIVATE_HOSTS": ",".join(f"{host}:{port}" for host, port in private_hosts),
            # All that it would ever say: a secret must not be in the most talkative log either.
            "PLAYGROUND_LOG_LEVEL": "DEBUG",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def link(self) -> str:
        """The sign-in link that the last start printed."""
        deadline = time.monotonic() + PATIENCE
        while not (links := re.findall(r"^Open (\S+)$", self.log, re.MULTILINE)):
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)
        return str(links[-1])

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Returns when it answers."""
        command = [sys.executable, "manage.py", "serve", "--prepare", "--fd", str(self._listener.fileno())]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=self._environment,
                pass_fds=[self._listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        with urllib.request.urlopen(self.url + "/healthz", timeout=PATIENCE):  # noqa: S310
            pass

    @contextmanager
    def worker(self) -> Iterator[None]:
        """A worker on the same folder, for as long as the block lasts."""
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        celery = [sys.executable, "-m", "celery", "--quiet", "--app", "playground", "worker", "--pool", "threads"]
        command = [*celery, "--concurrency", "4", "--queues", "long,cells", *alone, "--loglevel", "WARNING"]
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=BASE_DIR, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Ends it without a chance to say goodbye."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        self.kill()
        self._listener.close()

    def run(self, *arguments: str) -> str:
        """What another program of the product prints, run on the same folder."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, env=self._environment, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode()
