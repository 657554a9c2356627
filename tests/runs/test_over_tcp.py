"""Runs against a real provider on a real socket: what leaves the building, and what comes of every fault."""

import asyncio
import gc
import json
import logging
import threading
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from pytest_django import Settings

from accounts.models import ApiKey, User
from accounts.secret import Secret
from providers import client
from providers.client.body import Body
from providers.models import LanguageModel, Provider
from runs.engine import Engine
from runs.folding import StoredEvent
from runs.models import Run
from runs.performance import WAITS
from runs.run_log import RunLog
from tests.faultscript import RESET, SILENCE, event, http_head, refusal, tokens
from tests.faultserver import FaultServer
from tests.playground.running import wait_until
from tests.runs.reader import Reader

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "sk-CANARY-0123456789abcdef"


@pytest.fixture
def upstream(faults: FaultServer, alice: User) -> Provider:
    provider = Provider.objects.create(name="Faults", base_url=faults.base_url, dialect_name="openai")
    ApiKey.objects.store(alice, provider.origin, Secret(CANARY))
    return provider


@pytest.fixture
async def connected(running_engine: Engine) -> AsyncIterator[Engine]:
    yield running_engine
    await running_engine.drain(0)
    await client.close()


def queue(user: User, provider: Provider, model_id: str) -> Run:
    model = LanguageModel.objects.create(provider=provider, model_id=model_id)
    messages = [{"role": "user", "content": "Hi"}]
    return Run.objects.queue(user=user, model=model, messages=messages, to_send={"max_tokens": 9}, as_set={})


async def perform(engine: Engine, user: User, provider: Provider, model_id: str = "some/model") -> Run:
    reader = Reader(await sync_to_async(queue)(user, provider, model_id))
    engine.start(reader.run.pk)
    return await reader.end()


async def test_what_was_recorded_is_what_left(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer
) -> None:
    run = await perform(connected, alice, upstream)
    [request] = faults.requests
    assert request.body == run.request_body
    assert json.loads(request.body) == {
        "model": "some/model",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 9,
        "stream": True,
    }
    assert request.authorization == f"Bearer {CANARY}"
    assert run.text == tokens(8)


async def test_every_token_of_a_long_answer_is_stored(connected: Engine, alice: User, upstream: Provider) -> None:
    run = await perform(connected, alice, upstream, "tokens/5000")
    assert (run.state, run.text) == (Run.State.DONE, tokens(5000))


@pytest.mark.parametrize(
    ("status", "kind", "charge"),
    [
        (400, "bad_request", "no"),
        (401, "key_rejected", "no"),
        (402, "out_of_credit", "no"),
        (403, "not_allowed", "no"),
        (404, "model_not_found", "no"),
        (413, "too_long", "no"),
        (500, "provider_error", "maybe"),
        (502, "provider_error", "maybe"),
    ],
)
async def test_a_refusal_is_said_with_its_reason(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer, status: int, kind: str, charge: str
) -> None:
    faults.answer(status, {"error": {"message": f"Because of {CANARY}"}})
    run = await perform(connected, alice, upstream)
    assert (run.state, run.error_kind, run.error_status) == (Run.State.FAILED, kind, status)
    assert run.error is not None
    assert run.error.charge == charge
    assert "Because of" in run.error_detail
    assert CANARY not in run.error_detail
    assert len(faults.requests) == 1


async def test_an_overload_is_waited_for_and_then_answered(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer
) -> None:
    faults.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "0"})
    faults.stream("At last")
    run = await perform(connected, alice, upstream)
    assert (run.state, run.text, len(faults.requests)) == (Run.State.DONE, "At last", 2)


async def test_a_dead_host_is_not_charged(
    connected: Engine, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WAITS, "connect_failed", (0.01, 0.01))
    settings.ALLOWED_PRIVATE_HOSTS = {("127.0.0.1", 1)}
    dead = await Provider.objects.acreate(name="Dead", base_url="http://127.0.0.1:1/v1", needs_key=False)
    run = await perform(connected, alice, dead)
    assert (run.state, run.error_kind) == (Run.State.FAILED, "connect_failed")
    assert run.error is not None
    assert run.error.charge == "no"


async def test_a_web_page_is_not_an_answer(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer
) -> None:
    faults.answer(
        200, b"<html><body>Please sign in to the hotel's network</body></html>", {"Content-Type": "text/html"}
    )
    run = await perform(connected, alice, upstream)
    assert (run.state, run.error_kind, run.text) == (Run.State.FAILED, "not_an_api", "")


HALF = [http_head(), event({"choices": [{"index": 0, "delta": {"content": "Half an ans"}}]})]


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        (HALF, "incomplete"),
        ([*HALF, RESET], "connection_lost"),
        ([*HALF, b"data: {nonsense\n\n"], "protocol_error"),
        ([*HALF, event({"error": {"message": "the model fell over"}})], "provider_error"),
    ],
)
async def test_an_answer_that_breaks_off_keeps_its_beginning_and_is_not_done(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer, steps: list[bytes], kind: str
) -> None:
    faults.say(*steps)
    run = await perform(connected, alice, upstream)
    assert run.state == Run.State.INTERRUPTED
    assert run.text == "Half an ans"
    assert run.error_kind in {kind, "incomplete"}
    assert run.error is not None
    assert run.error.charge == "maybe"
    assert len(faults.requests) == 1


async def test_stopping_closes_the_connection_and_keeps_the_text(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer
) -> None:
    faults.say(*HALF, SILENCE)
    reader = Reader(await sync_to_async(queue)(alice, upstream, "some/model"))
    connected.start(reader.run.pk)
    await reader.begun.wait()
    connected.stop(reader.run.pk)
    run = await reader.end()
    assert (run.state, run.text) == (Run.State.CANCELLED, "Half an ans")
    assert await asyncio.to_thread(faults.wait_until_idle)


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_key_that_was_not_accepted_is_known_as_rejected_unless_it_was_replaced_meanwhile(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer, is_replaced: bool
) -> None:
    may_answer = threading.Event()
    faults.say(may_answer, *refusal(401, "Incorrect API key"))
    reader = Reader(await sync_to_async(queue)(alice, upstream, "some/model"))
    connected.start(reader.run.pk)
    assert await asyncio.to_thread(faults.wait_for_requests, 1)
    if is_replaced:
        await sync_to_async(ApiKey.objects.store)(alice, upstream.origin, Secret("sk-another-key"))
    may_answer.set()
    assert (await reader.end()).error_kind == "key_rejected"
    key = await ApiKey.objects.aget()
    assert key.check_state == (ApiKey.Check.UNTRIED if is_replaced else ApiKey.Check.REJECTED)


async def test_the_key_is_in_no_row_and_no_log(
    connected: Engine, alice: User, upstream: Provider, faults: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await perform(connected, alice, upstream)
    faults.answer(401, {"error": {"message": f"Incorrect API key provided: {CANARY}"}})
    await perform(connected, alice, upstream, "another/model")

    def rows() -> str:
        with connection.cursor() as cursor:
            found = []
            for table in connection.introspection.table_names():
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database's own names
                found += cursor.fetchall()
        return repr(found)

    assert CANARY not in await sync_to_async(rows)()
    assert CANARY not in caplog.text
    assert all(request.authorization == f"Bearer {CANARY}" for request in faults.requests)


@pytest.mark.parametrize(
    ("model_id", "kinds"),
    [
        ("tokens/50", (Body, RunLog, StoredEvent)),
        ("tokens/50@500", (Body, RunLog, StoredEvent)),
        # An error leads to all that it came by, until the collector looks; the text has to be gone even so.
        ("fault/cut-mid-event", (StoredEvent,)),
        ("fault/reset-mid-event", (StoredEvent,)),
        ("fault/error-midway", (StoredEvent,)),
        ("fault/malformed-event", (StoredEvent,)),
    ],
)
async def test_of_an_ended_run_nothing_is_kept_in_memory(
    model_id: str, kinds: tuple[type, ...], connected: Engine, alice: User, upstream: Provider
) -> None:
    def present() -> list[object]:
        return [found for found in gc.get_objects() if type(found) in kinds]

    gc.collect()
    # It looks at old objects once in a long while only, and an answer may have megabytes.
    gc.disable()
    try:
        # Of other tests; held, so that nothing new is taken for one of them.
        others = present()
        known = set(map(id, others))
        run = await perform(connected, alice, upstream, model_id)
        assert run.last_seq > 0
        # Its connection and the journal are open still, and wait for the next one.
        await asyncio.to_thread(wait_until, lambda: {*map(id, present())} <= known, 5)
    finally:
        gc.enable()
