"""The files of the full deployment, as far as they can be checked without containers."""

import re
from typing import Any

import pytest
import yaml

from playground.env import BASE_DIR

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


def test_containers_stop_later_than_running_answers() -> None:
    seconds = int(SERVICES["web"]["stop_grace_period"].removesuffix("s"))

    assert seconds > 30


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    dockerfile = (BASE_DIR / "Dockerfile").read_text()

    assert "--require-hashes -r requirements.txt" in dockerfile
    assert "\nUSER playground\n" in dockerfile


def test_no_secret_of_this_machine_gets_into_an_image() -> None:
    ignored = (BASE_DIR / ".dockerignore").read_text().splitlines()

    assert {".env", "var", ".git"} <= set(ignored)
