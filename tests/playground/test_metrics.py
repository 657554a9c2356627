import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import Settings

from accounts.models import User
from providers.errors import Refused
from providers.models import LanguageModel, Provider
from runs.engine import Engine, engine
from runs.models import Run
from tests.fakes import THE_END, FakeProvider
from tests.runs.test_socket import Page, page

TOKEN = "a-long-bearer-token"


@pytest.fixture
def queued(alice: User) -> Callable[[], Run]:
    provider = Provider.objects.create(name="Fake", base_url="https://fake.example/v1", needs_key=False)
    model = LanguageModel.objects.create(provider=provider, model_id="fake/one")
    messages = [{"role": "user", "content": "Hello"}]
    return lambda: Run.objects.queue(user=alice, model=model, messages=messages, to_send={}, as_set={})


@pytest.fixture
def turned_on(settings: Settings) -> None:
    settings.METRICS = True


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"playground_{name}", labels) or 0.0


def test_it_is_not_there_unless_it_is_turned_on(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("turned_on")
def test_this_machine_may_read(client: Client) -> None:
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert b'playground_runs_ended_total{state="interrupted"}' in answer.content
    assert b'playground_upstream_errors_total{kind="rate_limited"}' in answer.content


@pytest.mark.django_db
@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize(("token", "sent", "status"), [(TOKEN, TOKEN, 200), (TOKEN, "guess", 400), ("", "", 400)])
def test_the_token_opens_it_under_the_address_of_one_process(
    client: Client, settings: Settings, token: str, sent: str, status: int
) -> None:
    settings.METRICS_TOKEN, settings.ALLOWED_HOSTS = token, ["playground.example"]
    headers = {"Authorization": f"Bearer {sent}"}

    assert client.get("/metrics", headers=headers, HTTP_HOST="172.18.0.5:8000").status_code == status
    assert client.get("/healthz", headers=headers, HTTP_HOST="172.18.0.5:8000").status_code == 400


@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", ""])
def test_other_machines_may_not(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 404


@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_who_comes_through_a_proxy_does_not_count_as_this_machine(client: Client, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("turned_on")
def test_a_token_opens_it_from_anywhere(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN

    answer = client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 200


@pytest.mark.usefixtures("turned_on")
@pytest.mark.parametrize("sent", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"])
def test_with_a_token_nobody_is_trusted_for_their_address(client: Client, settings: Settings, sent: str) -> None:
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("turned_on")
def test_what_all_processes_share_is_read_from_the_database(client: Client, queued: Callable[[], Run]) -> None:
    queued()
    dead = queued()
    Run.objects.filter(pk=dead.pk).update(
        state=Run.State.RUNNING, owner="dead", lease_until=timezone.now() - timedelta(minutes=1)
    )

    client.get("/metrics")

    assert (value("queue_depth"), value("runs_abandoned")) == (1, 1)


@pytest.mark.usefixtures("turned_on")
def test_the_rest_can_be_read_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", fail)

    answer = client.get("/metrics")

    assert b"playground_queue_depth NaN" in answer.content
    assert b"playground_runs_running" in answer.content


@pytest.mark.django_db(transaction=True)
async def test_a_run_is_counted_with_its_state_and_its_times(
    queued: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [value("runs_ended_total", state="done"), value("run_seconds_count"), value("first_token_seconds_count")]
    beats = value("journal_beat_events_count")

    await perform(await sync_to_async(queued)(), monkeypatch, "Hello", THE_END)

    after = [value("runs_ended_total", state="done"), value("run_seconds_count"), value("first_token_seconds_count")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1]
    assert value("journal_beat_events_count") > beats
    assert value("journal_commit_seconds_count") > 0
    assert value("runs_running") == 0


@pytest.mark.django_db(transaction=True)
async def test_an_error_of_the_provider_is_counted_by_its_kind(
    queued: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    errors, failed = value("upstream_errors_total", kind="key_rejected"), value("runs_ended_total", state="failed")

    await perform(await sync_to_async(queued)(), monkeypatch, Refused("key_rejected", status=401))

    assert value("upstream_errors_total", kind="key_rejected") == errors + 1
    assert value("runs_ended_total", state="failed") == failed + 1


@pytest.mark.django_db(transaction=True)
async def test_a_socket_is_counted_while_it_is_open(alice: User) -> None:
    async with page(alice):
        opened = value("socket_connections")

    assert (opened, value("socket_connections")) == (1, 0)


@pytest.mark.django_db(transaction=True)
async def test_a_run_is_counted_once_for_each_page_that_follows_it(
    alice: User, queued: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, goes_on, fake = await sync_to_async(queued)(), asyncio.Event(), FakeProvider()
    fake.say("Hello", goes_on, THE_END)
    monkeypatch.setattr("providers.client.stream", fake.stream)
    engine().start(run.pk)
    counted = [value("followers")]

    async with page(alice) as one:
        await follow(one, run)
        counted.append(value("followers"))
        async with page(alice) as two:
            await follow(two, run)
            counted.append(value("followers"))
        counted.append(value("followers"))
    counted.append(value("followers"))

    assert [number - counted[0] for number in counted] == [0, 1, 2, 1, 0]
    goes_on.set()
    await engine().ended(run.pk)
    await engine().drain(0)


async def follow(reader: Page, run: Run) -> None:
    """Until the page has heard something of it."""
    await reader.say(op="follow", run=str(run.pk), after=0)
    await reader.hear_until(1)


async def perform(run: Run, monkeypatch: pytest.MonkeyPatch, *script: object) -> None:
    fake = FakeProvider()
    fake.say(*script)  # type: ignore[arg-type]
    monkeypatch.setattr("providers.client.stream", fake.stream)
    performing: Engine = engine()
    performing.start(run.pk)
    await performing.ended(run.pk)
    await performing.drain(0)
