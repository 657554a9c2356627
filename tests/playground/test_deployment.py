"""The files of the full deployment, as far as they can be checked without containers."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from playground.env import BASE_DIR, database
from playground.supervisor import STOP_MARGIN_SECONDS
from tests.missing import missing

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# Ends when its work is done.
ONE_SHOT = "prepare"
# What Compose 1 says of any file with `configs`, which it reads and does not use.
OF_COMPOSE_1 = "Some services (proxy) use the 'configs' key, which will be ignored."


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


def test_every_network_that_a_service_names_is_there() -> None:
    assert {network for service in SERVICES.values() for network in service["networks"]} == COMPOSE["networks"].keys()


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


def test_the_restart_in_the_readme_starts_as_many_as_there_are() -> None:
    readme = (BASE_DIR / "README.md").read_text()
    [started] = re.findall(r"--no-recreate --scale web=(\d+) --scale worker=(\d+)", readme)

    there = [SERVICES[name]["deploy"]["replicas"] for name in ("web", "worker")]
    assert [int(number) for number in started] == [2 * replicas for replicas in there]


def test_the_image_has_the_programs_of_its_database() -> None:
    version = re.search(r"postgres:(\d+)", SERVICES["database"]["image"])

    assert version
    assert f"postgresql-client-{version[1]} " in (BASE_DIR / "Dockerfile").read_text()


def compose() -> list[str]:
    """The command that is there. None needs an engine to read a file."""
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else missing("docker compose or docker-compose")


def test_compose_itself_understands_it(tmp_path: Path) -> None:
    required = dict.fromkeys(re.findall(r"\$\{(\w+):\?", (BASE_DIR / "docker-compose.yml").read_text()), "https://x.y")
    nothing = tmp_path / "nothing.env"
    nothing.touch()

    checked = subprocess.run(
        [*compose(), "--env-file", str(nothing), "config", "--quiet"],
        cwd=BASE_DIR,
        env={**os.environ, **required},
        capture_output=True,
        text=True,
    )

    complaints = [line for line in checked.stderr.splitlines() if not line.startswith(OF_COMPOSE_1)]
    assert (checked.returncode, complaints) == (0, [])


@pytest.mark.parametrize("base_url", ["https://playground.example.org", "http://playground.lan"])
def test_the_proxy_itself_understands_its_file_and_takes_the_largest_request(tmp_path: Path, base_url: str) -> None:
    caddy = shutil.which("caddy") or missing("caddy")

    adapted = subprocess.run(
        [caddy, "adapt", "--validate", "--adapter", "caddyfile", "--config", "deploy/Caddyfile"],
        cwd=BASE_DIR,
        # It keeps notes in the home folder.
        env={"HOME": str(tmp_path), "PLAYGROUND_BASE_URL": base_url},
        capture_output=True,
        text=True,
    )

    assert adapted.returncode == 0, adapted.stderr
    [largest] = re.findall(r'"max_size":(\d+)', adapted.stdout)
    assert int(largest) >= settings.REQUEST_BYTES


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    dockerfile = (BASE_DIR / "Dockerfile").read_text()

    assert "--require-hashes -r requirements.txt" in dockerfile
    assert "\nUSER playground\n" in dockerfile


def test_no_secret_of_this_machine_gets_into_an_image() -> None:
    ignored = (BASE_DIR / ".dockerignore").read_text().splitlines()

    assert {".env", "var", ".git"} <= set(ignored)
