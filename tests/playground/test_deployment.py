"""The files of the full deployment, as far as they can be checked without containers."""

import os
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from django.conf import settings

from playground.env import BASE_DIR, database
from playground.supervisor import STOP_MARGIN_SECONDS

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# Ends when its work is done.
ONE_SHOT = "prepare"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_started_again_when_it_dies(name: str) -> None:
    assert SERVICES[name]["restart"] == ("on-failure" if name == ONE_SHOT else "always")


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {ONE_SHOT}))
def test_every_service_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["web", "worker"])
def test_nothing_starts_before_the_database_is_prepared(name: str) -> None:
    assert SERVICES[name]["depends_on"][ONE_SHOT]["condition"] == "service_completed_successfully"


def test_what_is_kept_is_kept_in_named_volumes() -> None:
    mounted = [volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]

    assert set(mounted) == COMPOSE["volumes"].keys()


def test_only_the_proxy_is_open_to_the_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["database"]["networks"] == SERVICES["redis"]["networks"] == ["data"]
    assert COMPOSE["networks"]["data"]["internal"]


def test_secrets_have_no_default() -> None:
    text = (BASE_DIR / "docker-compose.yml").read_text()

    for secret in ("PLAYGROUND_SECRET_KEY", "PLAYGROUND_DATA_KEYS", "POSTGRES_PASSWORD"):
        assert all(tail.startswith(":?") for tail in re.findall(rf"\$\{{{secret}(.*?)\}}", text))


def test_the_example_names_every_required_setting_and_fills_in_none() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", (BASE_DIR / "docker-compose.yml").read_text()))
    written = re.findall(r"^(\w+)=(.*)$", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)

    assert {name for name, _ in written} == required
    assert not [name for name, value in written if value]


@pytest.mark.parametrize(("name", "drain"), [("web", "DRAIN_SECONDS"), ("worker", "WORKER_DRAIN_SECONDS")])
def test_containers_stop_later_than_what_runs_in_them(name: str, drain: str) -> None:
    longest = getattr(settings, drain) + STOP_MARGIN_SECONDS

    assert seconds(SERVICES[name]["stop_grace_period"]) > longest


def seconds(duration: str) -> int:
    """Of a duration as Compose writes it, such as 10m30s."""
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    assert found, duration
    return int(found[1] or 0) * 60 + int(found[2] or 0)


def test_the_database_has_connections_for_twice_as_many_processes() -> None:
    processes = sum(SERVICES[name]["deploy"]["replicas"] for name in ("web", "worker"))
    found = re.search(r"max_connections=(\d+)", SERVICES["database"]["command"])
    pool = database("postgres://localhost/any")["OPTIONS"]["pool"]  # type: ignore[index]

    assert found
    assert int(found[1]) >= 2 * processes * pool["max_size"]


def test_the_image_has_the_programs_of_its_database() -> None:
    version = re.search(r"postgres:(\d+)", SERVICES["database"]["image"])

    assert version
    assert f"postgresql-client-{version[1]} " in (BASE_DIR / "Dockerfile").read_text()


def test_compose_itself_understands_it() -> None:
    if not shutil.which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("needs docker compose, without an engine")
    required = dict.fromkeys(re.findall(r"\$\{(\w+):\?", (BASE_DIR / "docker-compose.yml").read_text()), "https://x.y")

    checked = subprocess.run(
        ["docker", "compose", "--env-file", "/dev/null", "config", "--quiet"],
        cwd=BASE_DIR,
        env={**os.environ, **required},
        capture_output=True,
        text=True,
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    dockerfile = (BASE_DIR / "Dockerfile").read_text()

    assert "--require-hashes -r requirements.txt" in dockerfile
    assert "\nUSER playground\n" in dockerfile


def test_no_secret_of_this_machine_gets_into_an_image() -> None:
    ignored = (BASE_DIR / ".dockerignore").read_text().splitlines()

    assert {".env", "var", ".git"} <= set(ignored)
