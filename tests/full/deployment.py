"""The full deployment without containers: two web processes and two workers on PostgreSQL and Redis of their own.

All of them are started again when they die. There is no proxy: a test goes to the one or the other web process itself,
under the address that a proxy would stand at.
"""

import os
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import yaml

from playground.env import BASE_DIR
from tests.full.kept import Kept
from tests.full.servers import Postgres, Redis, free_port, own_postgres, own_redis
from tests.playground.running import wait_until


def is_ready(url: str) -> bool:
    """Whether this web process can do its work."""
    return _is_well(url + "/readyz")


def _is_well(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return True
    except OSError:
        return False


class Web(Kept):
    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
        super().__init__(command, folder / f"{name}.log", environment=environment)

    def is_answering(self) -> bool:
        return is_ready(self.url)

    def is_alive(self) -> bool:
        """It answers, whatever else it can do."""
        return _is_well(self.url + "/healthz")


class Worker(Kept):
    """As docker-compose.yml starts it."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        compose = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
        words = shlex.split(compose["services"]["worker"]["command"])
        command = [sys.executable, "-m", *words, "--hostname", f"{name}@%h"]
        super().__init__(command, folder / f"{name}.log", environment=environment)


@dataclass(frozen=True)
class Deployment:
    postgres: Postgres
    redis: Redis
    webs: tuple[Web, Web]
    workers: tuple[Worker, Worker]
    environment: dict[str, str]

    @property
    def base_url(self) -> str:
        return self.environment["PLAYGROUND_BASE_URL"]

    @property
    def urls(self) -> list[str]:
        return [web.url for web in self.webs]

    def wait_until_ready(self) -> None:
        for part in (self.postgres, self.redis, *self.webs):
            wait_until(part.is_answering)

    def run(self, *arguments: str) -> str:
        """What another program of the product prints, run on the same database."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, env=self.environment, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What stands in the database."""
        wait_until(self.postgres.is_answering)
        with psycopg.connect(self.postgres.url) as connection:
            return connection.execute(query.encode()).fetchall()


@contextmanager
def deployed(folder: Path, private_hosts: Sequence[tuple[str, int]], **settings: str) -> Iterator[Deployment]:
    """The whole of it until the end of the block, with nothing left behind."""
    with ExitStack() as stack:
        postgres, redis = stack.enter_context(own_postgres()), stack.enter_context(own_redis(folder))
        chosen = {
            "NO_BOOTSTRAP": "1",
            "VAR_DIR": str(folder / "var"),
            "BASE_URL": "http://127.0.0.1:8000",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "ALLOWED_PRIVATE_HOSTS": ",".join(f"{host}:{port}" for host, port in private_hosts),
            "RUNS_PER_PERSON": "1000",
            **settings,
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "AIML_"))}
        environment = {
            **clean,
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            **{f"PLAYGROUND_{name}": value for name, value in chosen.items()},
        }
        webs = Web("web-1", folder, environment), Web("web-2", folder, environment)
        workers = Worker("worker-1", folder, environment), Worker("worker-2", folder, environment)
        deployment = Deployment(postgres, redis, webs, workers, environment)
        deployment.run("manage.py", "prepare")
        deployment.run("manage.py", "collectstatic", "--no-input", "--verbosity", "0")
        for part in (*webs, *workers):
            part.start()
            stack.callback(part.stop)
        deployment.wait_until_ready()
        yield deployment
