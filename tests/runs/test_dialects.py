"""Runs in dialects of their own, against a provider on a real socket: what leaves, and what comes of the answer."""

import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from accounts.models import ApiKey, User
from accounts.secret import Secret
from providers import catalogue, client, key_check
from providers.dialects import DIALECTS
from providers.events import Extra, Finished
from providers.models import LanguageModel, Provider
from runs.engine import Engine
from runs.models import Run, Supplement
from tests.faultscript import CHUNKED, RESET, http_chunk, http_head
from tests.faultserver import WRONG_KEY, FaultServer
from tests.runs.reader import Reader

pytestmark = pytest.mark.django_db(transaction=True)
WIRE = Path(__file__).parent.parent / "wire"
CANARY = "sk-CANARY-0123456789abcdef"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]


@pytest.fixture
async def connected(running_engine: Engine) -> AsyncIterator[Engine]:
    yield running_engine
    await running_engine.drain(0)
    await client.close()


def upstream(faults: FaultServer, user: User, dialect_name: str, key: str = CANARY) -> Provider:
    provider = Provider.objects.create(name="Faults", base_url=faults.base_url, dialect_name=dialect_name)
    ApiKey.objects.store(user, provider.origin, Secret(key))
    return provider


def queue(faults: FaultServer, user: User, dialect_name: str) -> Run:
    model = LanguageModel.objects.create(provider=upstream(faults, user, dialect_name), model_id="some/model")
    return Run.objects.queue(user=user, model=model, messages=MESSAGES, to_send={"max_tokens": 9}, as_set={})


async def perform(engine: Engine, faults: FaultServer, user: User, dialect_name: str) -> Run:
    reader = Reader(await sync_to_async(queue)(faults, user, dialect_name))
    engine.start(reader.run.pk)
    return await reader.end()


@pytest.mark.parametrize(
    ("dialect", "path", "key_header", "body"),
    [
        (
            "anthropic",
            "/v1/messages",
            ("x-api-key", CANARY),
            {"system": "Be brief.", "messages": [MESSAGES[1]], "max_tokens": 9},
        ),
        (
            "responses",
            "/v1/responses",
            ("authorization", f"Bearer {CANARY}"),
            {"instructions": "Be brief.", "input": [MESSAGES[1]], "store": False, "max_output_tokens": 9},
        ),
    ],
)
async def test_what_was_recorded_is_what_left_and_where_to(
    connected: Engine,
    alice: User,
    faults: FaultServer,
    dialect: str,
    path: str,
    key_header: tuple[str, str],
    body: dict[str, object],
) -> None:
    faults.fixture(f"{dialect}/stream-text.sse")

    run = await perform(connected, faults, alice, dialect)

    [request] = faults.requests
    name, value = key_header
    assert (request.method, request.path, request.headers[name]) == ("POST", path, value)
    assert request.body == run.request_body
    assert json.loads(request.body) == {"model": "some/model", **body, "stream": True}
    assert run.endpoint == faults.base_url.removesuffix("/v1") + path
    assert (run.state, run.text) == (Run.State.DONE, "Grüße, 世界!")
    assert "".join(piece for _, piece in run.raw_pieces()).count(CANARY) == 0


@pytest.mark.parametrize(
    ("dialect", "reasoning", "counts", "kept"),
    [
        ("anthropic", "The person greets me.\n\nSo do I.", (1007, 120, 90), "thinking"),
        (
            "responses",
            "**Greeting**\n\nThe person greets.\n\n**Answering**\n\nSo do I.",
            (37, 200, 192),
            "reasoning_items",
        ),
    ],
)
async def test_reasoning_is_shown_apart_and_what_has_to_go_back_is_kept(
    connected: Engine,
    alice: User,
    faults: FaultServer,
    dialect: str,
    reasoning: str,
    counts: tuple[int, int, int],
    kept: str,
) -> None:
    faults.fixture(f"{dialect}/stream-thinking.sse" if dialect == "anthropic" else f"{dialect}/stream-reasoning.sse")

    run = await perform(connected, faults, alice, dialect)

    assert (run.text, run.reasoning) == ("Hello!", reasoning)
    assert (run.prompt_tokens, run.output_tokens, run.reasoning_tokens) == counts
    supplement = await Supplement.objects.aget(run=run)
    assert supplement.for_next_turn.keys() == {kept}
    assert run.extras == {}


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
async def test_what_was_kept_can_be_said_again(
    connected: Engine, alice: User, faults: FaultServer, dialect: str
) -> None:
    faults.fixture(f"{dialect}/stream-thinking.sse" if dialect == "anthropic" else f"{dialect}/stream-reasoning.sse")
    run = await perform(connected, faults, alice, dialect)
    supplement = await Supplement.objects.aget(run=run)
    reply = {"role": "assistant", "content": run.text, **supplement.for_next_turn}

    sent = json.loads(
        DIALECTS[dialect].body(model="m", messages=[*MESSAGES, reply], parameters={}, stream=False).decode()
    )

    [kept] = supplement.for_next_turn.values()
    assert (sent["messages"][1]["content"][:3] if dialect == "anthropic" else sent["input"][1:2]) == kept


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
async def test_tool_calls_are_joined(connected: Engine, alice: User, faults: FaultServer, dialect: str) -> None:
    faults.fixture(f"{dialect}/stream-tools.sse")

    run = await perform(connected, faults, alice, dialect)

    assert (run.state, run.finish_reason) == (Run.State.DONE, "tool_calls")
    assert [json.loads(call["arguments"]) for call in run.tool_calls] == [{"location": "Zürich"}, {}]
    assert [call["name"] for call in run.tool_calls] == ["get_weather", "get_time"]


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
async def test_a_stream_that_ends_without_saying_so_is_interrupted_and_keeps_its_text(
    connected: Engine, alice: User, faults: FaultServer, dialect: str
) -> None:
    faults.fixture(f"{dialect}/stream-cut.sse")

    run = await perform(connected, faults, alice, dialect)

    assert (run.state, run.text, run.error_kind) == (Run.State.INTERRUPTED, "Hello wor", "incomplete")
    assert run.output_tokens is None


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
async def test_a_connection_that_breaks_after_the_end_is_no_harm(
    connected: Engine, alice: User, faults: FaultServer, dialect: str
) -> None:
    whole = (WIRE / dialect / "stream-text.sse").read_bytes()
    faults.say(CHUNKED, http_chunk(whole), RESET)

    run = await perform(connected, faults, alice, dialect)

    assert (run.state, run.text) == (Run.State.DONE, "Grüße, 世界!")


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
async def test_the_end_ends_the_run_though_the_connection_stays_open(
    connected: Engine, alice: User, faults: FaultServer, dialect: str
) -> None:
    ended = threading.Event()
    faults.say(http_head(), (WIRE / dialect / "stream-text.sse").read_bytes(), ended)

    run = await perform(connected, faults, alice, dialect)
    ended.set()

    assert run.state == Run.State.DONE


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
async def test_every_byte_in_a_packet_of_its_own_changes_nothing(
    connected: Engine, alice: User, faults: FaultServer, dialect: str
) -> None:
    whole = (WIRE / dialect / "stream-text.sse").read_bytes()
    faults.say(CHUNKED, *(http_chunk(bytes([byte])) for byte in whole), b"0\r\n\r\n")

    run = await perform(connected, faults, alice, dialect)

    assert (run.state, run.text) == (Run.State.DONE, "Grüße, 世界!")


@pytest.mark.parametrize(
    ("dialect", "name", "detail"),
    [("anthropic", "stream-overloaded", "Overloaded"), ("responses", "stream-error", "Slow down.")],
)
async def test_an_error_in_the_middle_keeps_what_came_before_it(
    connected: Engine, alice: User, faults: FaultServer, dialect: str, name: str, detail: str
) -> None:
    faults.fixture(f"{dialect}/{name}.sse")

    run = await perform(connected, faults, alice, dialect)

    assert (run.state, run.text) == (Run.State.INTERRUPTED, "Hello")
    assert (run.error_kind, run.error_detail) == ("provider_error", detail)
    assert len(faults.requests) == 1


async def test_the_providers_own_number_of_a_refused_request_is_kept(
    connected: Engine, alice: User, faults: FaultServer
) -> None:
    said = {"type": "error", "error": {"type": "invalid_request_error", "message": f"Because of {CANARY}"}}
    faults.answer(400, said, {"request-id": "req_1", "cf-ray": "8f-AMS"})

    run = await perform(connected, faults, alice, "anthropic")

    assert (run.state, run.error_kind, run.request_id) == (Run.State.FAILED, "bad_request", "req_1")
    assert run.error_detail == "Because of …"


@pytest.mark.parametrize(
    ("dialect", "name"), [("anthropic", "message-thinking-tools"), ("responses", "response-tools")]
)
async def test_a_whole_answer_comes_through(faults: FaultServer, dialect: str, name: str) -> None:
    faults.fixture(f"{dialect}/{name}.json")
    spoken = DIALECTS[dialect]
    body = spoken.body(model="m", messages=MESSAGES, parameters={}, stream=False)

    batch = await client.complete(client.Call(faults.base_url, spoken, body, Secret(CANARY)))

    assert any(isinstance(event, Finished) and event.reason == "tool_calls" for event in batch.events)
    assert any(isinstance(event, Extra) for event in batch.events)
    await client.close()


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
def test_a_key_is_checked_where_it_costs_nothing(faults: FaultServer, alice: User, dialect: str) -> None:
    provider = upstream(faults, alice, dialect)
    key = ApiKey.objects.of(alice).get()

    assert key_check.check(key, provider) is None
    [request] = faults.requests
    assert (request.method, request.path.partition("?")[0]) == ("GET", "/v1/models")


def test_a_key_that_the_provider_does_not_know_is_rejected(faults: FaultServer, alice: User) -> None:
    provider = upstream(faults, alice, "anthropic", WRONG_KEY)

    error = key_check.check(ApiKey.objects.of(alice).get(), provider)

    assert error is not None
    assert (error.kind.name, error.detail) == ("key_rejected", "invalid x-api-key")


def test_the_models_of_the_provider_are_found_with_what_they_take(faults: FaultServer, alice: User) -> None:
    provider = upstream(faults, alice, "anthropic")

    refreshed = async_to_sync(catalogue.refresh)(provider, Secret(CANARY))

    sonnet = provider.models.get(model_id="claude-sonnet-4-5-20250929")
    assert refreshed.found == 2
    assert (sonnet.name, sonnet.is_runnable, sonnet.context_length) == ("Claude Sonnet 4.5", True, 200_000)
    assert sonnet.parameters["temperature"]["max"] == 1
    assert {"reasoning", "image_input", "tools"} <= set(sonnet.features)
