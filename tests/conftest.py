"""The cast: alice owns, bob is her team-mate, charlie is a stranger."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Membership, Team, User
from runs.storage import Storage, storage
from tests.faultserver import FaultServer

# How long an example takes tells of the machine, and nothing of the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
# For what strangers send: ten thousand values of odd JSON take a quarter of a minute. The suite against PostgreSQL runs
# the same tests once more, and would learn nothing from as many.
IS_THOROUGH = os.environ.get("CI") == "true" and "PLAYGROUND_DATABASE_URL" not in os.environ
hypothesis.settings.register_profile(
    "thorough", hypothesis.settings.get_profile("any machine"), max_examples=1200 if IS_THOROUGH else 400
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def nothing_known_of_troubles() -> None:
    """What one test did to its database is no news for the next."""
    vars(storage).update(vars(Storage()))


@pytest.fixture(autouse=True)
def own_attachments(settings: Settings, tmp_path: Path) -> Path:
    """What one test attached is nothing that another finds."""
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return tmp_path / "attachments"


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice@example.org", "alice-password")


@pytest.fixture
def bob(alice: User, team: Team) -> User:
    user = User.objects.create_user("bob@example.org", "bob-password")
    Membership.objects.create(team=team, user=user)
    return user


@pytest.fixture
def charlie(db: None) -> User:
    return User.objects.create_user("charlie@example.org", "charlie-password")


@pytest.fixture
def team(alice: User) -> Team:
    team = Team.objects.create(name="Wonderland")
    Membership.objects.create(team=team, user=alice, role=Membership.Role.KEEPER)
    return team


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_alice(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def as_charlie(charlie: User) -> Client:
    return signed_in(charlie)


@pytest.fixture
def as_nobody(db: None) -> Client:
    return Client()


@pytest.fixture
def faults(settings: Settings) -> Iterator[FaultServer]:
    """A provider that fails on demand, and that the operator allows."""
    with FaultServer() as server:
        settings.ALLOWED_PRIVATE_HOSTS = {server.private_host}
        yield server
