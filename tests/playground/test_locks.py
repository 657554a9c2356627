"""The locks are in step with pyproject.toml and with each other, and everything in them is pinned by its hash."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from playground.env import BASE_DIR

LOCKS = ["requirements.txt", "requirements-dev.txt"]
PYPROJECT = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())


def pins_of(lock: str) -> dict[str, set[str]]:
    """Name to versions: one version, unless it depends on the system."""
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (BASE_DIR / lock).read_text(), re.MULTILINE):
        pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


@pytest.mark.parametrize(
    ("lock", "written"),
    [
        *(("requirements.txt", written) for written in PYPROJECT["project"]["dependencies"]),
        *(("requirements-dev.txt", written) for written in PYPROJECT["dependency-groups"]["dev"]),
    ],
)
def test_every_dependency_is_locked_within_its_range(lock: str, written: str) -> None:
    requirement = Requirement(written)
    versions = pins_of(lock).get(canonicalize_name(requirement.name), set())

    assert versions
    assert all(requirement.specifier.contains(version) for version in versions)


def test_tests_run_with_the_versions_that_people_run() -> None:
    runtime, development = (pins_of(lock) for lock in LOCKS)

    assert {name: development.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (BASE_DIR / lock).read_text().strip())

    assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_says_where_packages_come_from(lock: str) -> None:
    text = Path(BASE_DIR / lock).read_text()

    assert not re.search(r"://|--index|--extra|--find|@ ", text)
