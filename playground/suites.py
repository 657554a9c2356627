"""`manage.py test`: everything that must hold before a push, one thing after the other.

Nothing stops at the first failure, and nothing is left out quietly: what cannot run here is named with the reason, a
suite at the end, and a test at the end of its suite. Where nobody reads that (`CI=true`), it is a failure; for tests
`tests/missing.py` sees to it.

    manage.py test                    checks, fast suite, and each suite whose service is found
    manage.py test --fast             checks and fast suite
    manage.py test tests/chat -x …    only these tests, as pytest understands it
    manage.py test --soak             rounds of deliberate damage; --rounds, --seed, --system
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from playground.bootstrap import say
from playground.env import BASE_DIR

# Seconds; a service on this machine answers at once or not at all.
PATIENCE = 2

# With the reasons of failures, errors and skipped tests at the end.
PYTEST = ["-m", "pytest", "-rfEs"]
FAST = [*PYTEST, "-n", "auto", "-m", "not browser and not postgres and not redis"]


@dataclass(frozen=True)
class Step:
    """A command for this Python that must end with 0, or the reason why it cannot run here."""

    name: str
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class Outcome:
    step: Step
    word: str
    seconds: float = 0.0

    def __str__(self) -> str:
        after = self.step.missing or f"{self.seconds:.1f} s"
        return f"{self.word:<8} {self.step.name:<24} {after}"


def main(arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="playground-test-") as var_dir:
        environment = {"PLAYGROUND_VAR_DIR": var_dir, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        if "--soak" in arguments:
            options = [argument for argument in arguments if argument != "--soak"]
            return _run(Step("soak", ["-m", "tests.soak", *options]), environment)
        pytest_arguments = [argument for argument in arguments if argument != "--fast"]
        if pytest_arguments:
            return _run(Step("tests", [*PYTEST, *pytest_arguments]), environment)
        outcomes = [_outcome(step, environment) for step in _steps(fast="--fast" in arguments)]
    say("")
    for outcome in outcomes:
        say(str(outcome))
    return 1 if any(outcome.word == "FAILED" for outcome in outcomes) else 0


def _steps(*, fast: bool) -> Iterator[Step]:
    yield Step("style", ["-m", "ruff", "check", "--output-format", "concise", "."])
    yield Step("format", ["-m", "ruff", "format", "--check", "."])
    yield Step("templates", ["-m", "djlint", "templates", "--lint", "--quiet"])
    yield Step("template format", ["-m", "djlint", "templates", "--check"])
    yield Step("types", ["-m", "mypy", "."])
    yield Step("floors", [_script("lint-imports")])
    yield Step("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"])
    yield Step("fast suite (SQLite)", FAST)
    if not fast:
        yield _postgres()
        yield _redis()
        yield _browser()


def _postgres() -> Step:
    """Whatever needs a database, once more against the one that larger servers use."""
    name = "PostgreSQL suite"
    asked_for = os.environ.get("PLAYGROUND_TEST_DATABASE_URL")
    nearby = [f"postgres://{role}@127.0.0.1:5432/postgres" for role in ("postgres", "root")]
    for url in [asked_for] if asked_for else nearby:
        try:
            psycopg.connect(url, connect_timeout=PATIENCE).close()
        except psycopg.OperationalError:
            continue
        # A thread that is gone may still hold a connection, and a database that is in use cannot be dropped: the next
        # run drops what this one leaves.
        keep = ["--reuse-db", "--create-db"]
        command = [*PYTEST, "-n", "auto", "-m", "not browser and not redis", *keep]
        return Step(name, command, {"PLAYGROUND_DATABASE_URL": url})
    return Step(name, missing="no server at PLAYGROUND_TEST_DATABASE_URL or at 127.0.0.1:5432 without a password")


def _redis() -> Step:
    name, url = "Redis suite", os.environ.get("PLAYGROUND_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=PATIENCE) as server:
            server.ping()
    except redis.RedisError:
        return Step(name, missing="no server at PLAYGROUND_TEST_REDIS_URL or at 127.0.0.1:6379")
    return Step(name, [*PYTEST, "-m", "redis"], {"PLAYGROUND_REDIS_URL": url})


def _browser() -> Step:
    name = "browser suite"
    if shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"):
        return Step(name, [*PYTEST, "-n", "auto", "-m", "browser"])
    return Step(name, missing="no chromium on the PATH")


def _outcome(step: Step, environment: dict[str, str]) -> Outcome:
    if step.missing:
        return Outcome(step, "FAILED" if os.environ.get("CI") == "true" else "skipped")
    say(f"\n── {step.name}")
    started = time.monotonic()
    code = _run(step, environment)
    return Outcome(step, "FAILED" if code else "ok", time.monotonic() - started)


def _run(step: Step, environment: dict[str, str]) -> int:
    """Without the settings of whoever runs it: tests bring their own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "AIML_"))}
    command = [sys.executable, *step.command]
    return subprocess.run(command, cwd=BASE_DIR, env={**clean, **environment, **step.environment}).returncode  # noqa: S603


def _script(name: str) -> str:
    """A program that has no module to be started by, next to this Python."""
    return str(Path(sys.executable).with_name(name))
