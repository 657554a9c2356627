"""PostgreSQL and Redis of our own, on ports of their own, so that both can be killed."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom

import psycopg
import redis

from tests.full.kept import Kept
from tests.playground.running import wait_until

# Below those that systems give to whoever asks for any port, or connects to somebody. Drawn, since other tests may run
# at the same time; not by `random`, which begins alike in all of them.
_drawn_ports = iter(SystemRandom().sample(range(20_000, 32_000), 12_000))


def program(name: str) -> Path | None:
    """Where a program of Redis or PostgreSQL is; Debian keeps those of PostgreSQL's server off the PATH."""
    found = shutil.which(name)
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return Path(found) if found else next(reversed(beside), None)


def missing_programs() -> list[str]:
    return [name for name in ("initdb", "postgres", "redis-server") if program(name) is None]


def free_port() -> int:
    """A port for a server that is killed and started again: nobody gets it by chance while the server is away."""
    return next(port for port in _drawn_ports if _is_free(port))


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class Postgres(Kept):
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            # Safe for whatever is done to processes here, and kind to the disk: only a power cut would tell.
            "fsync": "off",
        }
        chosen = [f"--{name}={value}" for name, value in settings.items()]
        command = [program("postgres") or "postgres", "-D", folder / "data", *chosen]
        super().__init__(command, folder / "postgres.log", user="postgres")

    def crash(self) -> None:
        """End it at once, as an immediate restart would: nothing is finished, the log is replayed at the start."""
        self.hit(signal.SIGQUIT)

    def is_answering(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Kept):
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        # As in docker-compose.yml: nothing is written down, so each start is an empty one.
        nothing_kept = ["--save", "", "--appendonly", "no"]
        command = [program("redis-server") or "redis-server", "--port", str(self.port), *nothing_kept]
        super().__init__([*command, "--bind", "127.0.0.1", "--dir", folder], folder / "redis.log")

    def is_answering(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=2) as server:
                return bool(server.ping())
        except redis.RedisError:
            return False


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="playground-postgres-") as folder:
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        initdb = [program("initdb") or "initdb", "-D", f"{folder}/data"]
        chosen = ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
        subprocess.run([*initdb, *chosen], cwd="/", user=user, stdout=subprocess.DEVNULL, check=True)
        server = Postgres(Path(folder))
        server.start()
        try:
            wait_until(server.is_answering)
            yield server
        finally:
            server.stop(signal.SIGINT)


@contextmanager
def own_redis(folder: Path) -> Iterator[Redis]:
    server = Redis(folder)
    server.start()
    try:
        wait_until(server.is_answering)
        yield server
    finally:
        server.stop()
