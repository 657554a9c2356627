"""How a worker ends that was asked to, on both brokers: its running jobs may finish, for as long as it was told."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
import yaml

from playground.env import BASE_DIR
from tests.full.jobs import BEGUN
from tests.full.servers import missing_programs, own_redis
from tests.missing import missing
from tests.playground.running import PATIENCE, wait_until

pytestmark = pytest.mark.timeout(240)

COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
COMMAND = [*shlex.split(COMPOSE["services"]["worker"]["command"]), "--include", "tests.full.jobs"]


class Jobs:
    """A broker, the workers on it, and a folder through which their jobs and a test speak."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self._folder, self._redis_url = folder, redis_url
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "DJANGO_"))}
        self._environment = {
            **clean,
            "PLAYGROUND_NO_BOOTSTRAP": "1",
            "PLAYGROUND_VAR_DIR": str(folder / "var"),
            "PLAYGROUND_REDIS_URL": redis_url,
        }

    def add(self, name: str) -> None:
        arguments = json.dumps([str(self._folder), name])
        self._run(["-m", "celery", "--app", "playground", "call", "tests.wait", "--queue", "long", "--args", arguments])

    def has(self, name: str, word: str) -> bool:
        return (self._folder / f"{name}.{word}").exists()

    def wait_for(self, name: str, word: str) -> None:
        wait_until(lambda: self.has(name, word))

    @property
    def begun(self) -> list[str]:
        """Each job as often as a worker began it."""
        return (self._folder / BEGUN).read_text().split()

    def let_go(self, name: str) -> None:
        (self._folder / f"{name}.let-go").touch()

    def left(self) -> int:
        """Messages that the broker would hand out now or later."""
        if not self._redis_url:
            return len(list((self._folder / "var" / "broker" / "messages").glob("*.msg")))
        with redis.Redis.from_url(self._redis_url) as server:
            return int(server.llen("long")) + int(server.hlen("unacked"))

    @property
    def log(self) -> str:
        return (self._folder / "worker.log").read_text()

    @contextmanager
    def worker(self, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
        environment = {**self._environment, **{f"PLAYGROUND_{name}": value for name, value in settings.items()}}
        with (self._folder / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", *COMMAND]
            process = subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def ask_to_end(self, worker: "subprocess.Popen[bytes]") -> None:
        """Send the signal, and wait until it has noticed."""
        worker.send_signal(signal.SIGTERM)
        wait_until(lambda: "Warm shutdown" in self.log)

    def prepare(self) -> None:
        self._run(["manage.py", "migrate", "--verbosity", "0"])

    def _run(self, command: list[str]) -> None:
        subprocess.run([sys.executable, *command], cwd=BASE_DIR, env=self._environment, capture_output=True, check=True)


@pytest.fixture(params=["folder", pytest.param("redis", marks=pytest.mark.redis)])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Jobs]:
    if request.param == "folder":
        yield Jobs(tmp_path, "")
    elif "redis-server" in missing_programs():
        missing("redis-server")
    else:
        with own_redis(tmp_path) as server:
            yield Jobs(tmp_path, server.url)


def test_a_running_job_finishes_and_none_is_lost_or_done_twice(jobs: Jobs) -> None:
    jobs.prepare()
    jobs.add("first")
    with jobs.worker() as worker:
        jobs.wait_for("first", "begun")
        jobs.ask_to_end(worker)
        jobs.add("second")
        assert worker.poll() is None

        jobs.let_go("first")
        # It may have taken this one in the moment of the signal.
        jobs.let_go("second")

        assert worker.wait(PATIENCE) == 0
    assert jobs.has("first", "done")
    assert jobs.left() == (0 if jobs.has("second", "begun") else 1)
    assert "ERROR" not in jobs.log
    with jobs.worker():
        jobs.wait_for("second", "done")
    assert jobs.begun == ["first", "second"]


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_asked_again_it_does_not_wait(jobs: Jobs, again: signal.Signals) -> None:
    jobs.add("endless")
    with jobs.worker() as worker:
        jobs.wait_for("endless", "begun")
        jobs.ask_to_end(worker)

        worker.send_signal(again)

        assert worker.wait(PATIENCE) == 1
    assert "It was asked not to wait" in jobs.log


def test_it_waits_no_longer_than_it_may(jobs: Jobs) -> None:
    jobs.add("endless")
    with jobs.worker(WORKER_DRAIN_SECONDS="1") as worker:
        jobs.wait_for("endless", "begun")

        jobs.ask_to_end(worker)

        assert worker.wait(PATIENCE) == 1
    assert "Its 1 s are over" in jobs.log
