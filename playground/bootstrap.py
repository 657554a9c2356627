"""The environment that everything else needs, made on first use with nothing but the standard library.

`enter` returns at once inside a ready environment. Otherwise it makes `.venv`, installs exactly what the lock says, and
starts the same command again with that environment's Python.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

from playground.env import BASE_DIR

# A line of a lock that holds everywhere: `name==version`, without a marker for other systems.
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+) *\\?$", re.MULTILINE)


def enter(lock_name: str) -> None:
    """Go on inside an environment that holds what this lock names; make or repair it first where that is needed."""
    if os.environ.get("PLAYGROUND_NO_BOOTSTRAP") == "1":
        return
    lock = BASE_DIR / lock_name
    environment = Environment(BASE_DIR / ".venv")
    if not environment.exists and satisfies(sys.path, lock):
        return
    if not environment.is_ready_for(lock):
        with one_at_a_time(BASE_DIR):
            environment.make_ready_for(lock)
    if not environment.is_running_this:
        sys.stdout.flush()
        os.execv(environment.python, [str(environment.python), *sys.orig_argv[1:]])  # noqa: S606


class Environment:
    """A virtual environment, and a stamp in it that says which locks it has been found to satisfy."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.python = path / "bin" / "python"
        self._stamp = path / "satisfied-locks"
        # There while something is being installed: left behind, it says that the work was cut off.
        self._unfinished = path / "unfinished"

    @property
    def exists(self) -> bool:
        return self.path.exists()

    @property
    def is_running_this(self) -> bool:
        return Path(sys.prefix).resolve() == self.path.resolve()

    def is_ready_for(self, lock: Path) -> bool:
        try:
            return digest(lock) in self._stamp.read_text().split() and self.python.exists()
        except FileNotFoundError:
            return False

    def make_ready_for(self, lock: Path) -> None:
        # Somebody else may have done it while this process waited for its turn.
        if self.is_ready_for(lock):
            return
        if not self.python.exists() or self._unfinished.exists():
            self._create()
        if not satisfies(self._site_packages(), lock):
            self._install(lock)
        with self._stamp.open("a") as stamp:
            stamp.write(digest(lock) + "\n")

    def _create(self) -> None:
        say(f"Making an environment for Python {sys.version_info[0]}.{sys.version_info[1]} in {self.path} …")
        if self.exists:
            shutil.rmtree(self.path)
        if uv := shutil.which("uv"):
            run([uv, "venv", "--quiet", "--python", sys.executable, str(self.path)])
        elif importlib.util.find_spec("ensurepip"):
            run([sys.executable, "-m", "venv", str(self.path)])
        else:
            sys.exit("Python's venv module is not installed. On Debian and Ubuntu: apt install python3-venv")

    def _install(self, lock: Path) -> None:
        started = time.monotonic()
        count = len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE))
        self._stamp.unlink(missing_ok=True)
        self._unfinished.touch()
        if uv := shutil.which("uv"):
            say(f"Installing {count} packages with uv …")
            run([uv, "pip", "install", "--quiet", "--python", str(self.python), "--require-hashes", "-r", str(lock)])
        else:
            say(f"Installing {count} packages with pip, which takes about a minute …")
            self._install_with_pip(lock)
        self._unfinished.unlink()
        say(f"Installed in {time.monotonic() - started:.0f} s.")

    def _install_with_pip(self, lock: Path) -> None:
        pip = [str(self.python), "-m", "pip"]
        if not any(Path(folder, "pip").is_dir() for folder in self._site_packages()):
            # Made by uv, which leaves pip out.
            run([str(self.python), "-m", "ensurepip", "--default-pip"], quietly=True)
        run([*pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)])

    def _site_packages(self) -> list[str]:
        return [str(folder) for folder in self.path.glob("lib/python*/site-packages")]


def satisfies(folders: Iterable[str], lock: Path) -> bool:
    """Whether these folders hold each package that the lock names for every system, at its version."""
    found = distributions(path=list(folders))
    installed = {normal(package.name): package.version for package in found if package.name}
    return all(installed.get(normal(pin["name"])) == pin["version"] for pin in PINNED.finditer(lock.read_text()))


def normal(name: str) -> str:
    """One spelling of a package's name: https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Only one process at a time is inside; the lock is the folder itself, so nothing is left behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def run(command: list[str], *, quietly: bool = False) -> None:
    """Run a program; where it fails, its own words have been shown and one line says what to do."""
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL if quietly else None)  # noqa: S603
    except subprocess.CalledProcessError:
        sys.exit("The environment could not be made; the reason is above. The same command again goes on from here.")


def say(line: str) -> None:
    """A line for whoever sits at the terminal; standard output is for what a command is asked for."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
