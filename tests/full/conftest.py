"""Tests of the full deployment: `manage.py test` runs them where it finds the servers."""

from collections.abc import AsyncIterator, Iterator

import pytest
from django.conf import settings
from django.db import connection

from tests.faultserver import FaultServer
from tests.full.deployment import Deployment, deployed
from tests.full.person import Person
from tests.full.servers import missing_programs
from tests.missing import missing

# What the cast may ask for: tokens, and tokens a second.
MODELS = ["tokens/8", "tokens/120@20", "tokens/300@30"]


@pytest.fixture(autouse=True)
def only_with_its_server(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        missing("PLAYGROUND_DATABASE_URL=postgres://…")
    if request.node.get_closest_marker("redis") and not settings.REDIS_URL:
        missing("PLAYGROUND_REDIS_URL")


@pytest.fixture(scope="session")
def upstream() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory, upstream: FaultServer) -> Iterator[Deployment]:
    if programs := missing_programs():
        missing(", ".join(programs))
    folder = tmp_path_factory.mktemp("deployment")
    # On a busy machine a provider may have to stay silent for long until a test has come to what it is about.
    settings = {"IDLE_SECONDS": "600", "BACKGROUND_PER_PERSON": "32", "BACKGROUND_PER_PROVIDER": "32"}
    with deployed(folder, [upstream.private_host], **settings) as deployment:
        yield deployment


@pytest.fixture
def deployment(standing: Deployment) -> Deployment:
    """All of it, recovered from what the test before this one did to it."""
    standing.wait_until_ready()
    return standing


@pytest.fixture
async def person(deployment: Deployment, upstream: FaultServer) -> AsyncIterator[Person]:
    link = deployment.run("-m", "tests.full.cast", upstream.base_url, *MODELS).strip()
    async with Person.entering(deployment.base_url, deployment.urls[0], link) as entered:
        yield entered
