"""How a call leaves, how its answer is read while it comes, and how it ends."""

import asyncio
import json
import threading
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from accounts.secret import Secret
from providers import client
from providers.dialects import DIALECTS
from providers.errors import NotSent, ProviderError, Refused
from providers.events import Served
from tests.faultscript import ENDING, HELLO, chunk, http_head, tokens
from tests.faultserver import FaultServer
from tests.providers.answers import gather
from tests.providers.calling import call_to, read, text_of
from tests.providers.listening import batches_of


async def test_the_request_is_what_was_asked(faults: FaultServer) -> None:
    call = replace(call_to(faults), idempotency_key="attempt-1")

    await read(call)

    request = faults.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/v1/chat/completions", call.body)
    assert {name: request.headers.get(name) for name in ("user-agent", "accept-encoding", "idempotency-key")} == {
        "user-agent": "playground",
        "accept-encoding": "identity",
        "idempotency-key": "attempt-1",
    }
    assert sorted(request.headers) == [
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "user-agent",
    ]


async def test_one_read_is_one_batch_with_its_raw_events(faults: FaultServer) -> None:
    is_read = threading.Event()
    faults.say(http_head(), HELLO, is_read, ENDING)

    async with batches_of(call_to(faults)) as batches:
        first = await anext(batches)
        is_read.set()
        rest = [batch.raw async for batch in batches]

    assert len(first.raw) == 2
    assert text_of(first.events) == "Hello world"
    assert [len(raw) for raw in rest] == [3]
    assert rest[0][-1] == "[DONE]"


async def test_text_is_given_as_soon_as_it_is_there(faults: FaultServer) -> None:
    faults.say(http_head(), chunk({"content": "early"}), 30.0, ENDING)

    async with batches_of(call_to(faults)) as batches:
        first = await anext(batches)

    assert text_of(first.events) == "early"


async def test_the_end_mark_ends_the_stream_though_the_connection_stays_open(faults: FaultServer) -> None:
    faults.say(http_head(), HELLO, ENDING, 30.0)

    async with asyncio.timeout(20):
        events, error = await read(call_to(faults))

    assert (text_of(events), error) == ("Hello world", None)


async def test_leaving_early_closes_the_connection(faults: FaultServer) -> None:
    async with batches_of(call_to(faults, "tokens/1000@50")) as batches:
        await anext(batches)

    assert await asyncio.to_thread(faults.wait_until_idle)


@pytest.mark.parametrize("model", ["fault/no-headers", "fault/no-body", "tokens/1000@50"])
async def test_cancelling_closes_the_connection(faults: FaultServer, model: str) -> None:
    task = asyncio.create_task(read(call_to(faults, model)))
    assert await asyncio.to_thread(faults.wait_for_requests, 1)
    await asyncio.sleep(0.05)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(faults.wait_until_idle)


async def test_a_reader_that_takes_its_time_is_not_a_silent_provider(faults: FaultServer) -> None:
    is_waited_for = threading.Event()
    faults.say(http_head(), HELLO, is_waited_for, chunk({"content": "!"}), ENDING)
    news = asyncio.Event()

    async with client.stream(replace(call_to(faults), timeouts=client.Timeouts(idle=1))) as answer:
        flowing = asyncio.create_task(answer.flow(news.set))
        await news.wait()
        await asyncio.sleep(1.5)
        batches = [answer.read()]
        is_waited_for.set()
        await flowing
        batches += answer.rest()

    assert text_of([event for batch in batches if batch for event in batch.events]) == "Hello world!"


async def test_what_nobody_reads_is_not_taken_in_either(faults: FaultServer) -> None:
    said = chunk({"content": "x" * 1000})
    faults.say(http_head(), *[said] * 8_000, ENDING)
    news = asyncio.Event()

    async with client.stream(call_to(faults)) as answer:
        flowing = asyncio.create_task(answer.flow(news.set))
        await news.wait()
        await asyncio.sleep(0.3)
        held = 0
        while answer.has_more and held < 10**6:
            batch = answer.read()
            held += sum(len(raw) for raw in batch.raw) if batch else 0
        whole = held
        while not flowing.done():
            await asyncio.sleep(0.001)
            while answer.has_more:
                batch = answer.read()
                whole += sum(len(raw) for raw in batch.raw) if batch else 0
        whole += sum(len(raw) for batch in answer.rest() for raw in batch.raw)

    assert held < 10**6
    assert whole > 8 * 10**6


async def test_the_whole_call_has_a_deadline(faults: FaultServer) -> None:
    await client.warm_up()

    events, error = await read(replace(call_to(faults, "tokens/1000@50"), timeouts=client.Timeouts(total=1)))

    assert error is not None
    assert error.kind.name == "too_slow"
    assert text_of(events).startswith("tok0 ")


async def test_an_error_of_the_reader_is_not_made_into_one_of_the_provider(faults: FaultServer) -> None:
    async def read_and_fail() -> None:
        async with batches_of(call_to(faults)) as batches:
            async for _ in batches:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await read_and_fail()


async def test_a_kept_connection_serves_the_next_call(faults: FaultServer) -> None:
    for _ in range(3):
        assert await read(call_to(faults)) != ([], None)

    assert (len(faults.requests), faults.connections) == (3, 1)


async def test_two_hundred_streams_run_at_once(faults: FaultServer) -> None:
    have_all_begun = threading.Event()
    for _ in range(200):
        faults.stream(have_all_begun, tokens(3))

    answering = asyncio.gather(*(read(call_to(faults)) for _ in range(200)))
    assert await asyncio.to_thread(faults.wait_for_requests, 200)
    have_all_begun.set()

    assert {(text_of(events), error) for events, error in await answering} == {(tokens(3), None)}
    assert faults.connections == 200


async def test_a_cookie_of_one_call_is_not_in_the_next(faults: FaultServer) -> None:
    faults.answer(200, b"{}", {"Set-Cookie": "who=alice; Path=/"})
    with pytest.raises(ProviderError):
        await client.complete(call_to(faults, stream=False))

    await client.complete(call_to(faults, stream=False))

    assert "cookie" not in faults.requests[1].headers


async def test_a_whole_answer_comes_with_its_cost(faults: FaultServer) -> None:
    batch = await client.complete(call_to(faults, "tokens/2", stream=False))

    answer = gather(batch.events)
    assert (answer.text, str(answer.usd)) == (tokens(2), "0.001")
    assert json.loads(batch.raw[0])["meta"]["usage"]["usd_spent"] == 0.001


async def test_a_whole_answer_may_take_longer_than_a_stream_may_be_silent(faults: FaultServer) -> None:
    faults.say(http_head(), 0.4, b'{"choices": [{"message": {"content": "late"}, "finish_reason": "stop"}]}')

    impatient = client.Timeouts(first_byte=0.1, idle=0.1)
    batch = await client.complete(replace(call_to(faults, stream=False), timeouts=impatient))

    assert text_of(batch.events) == "late"


async def test_a_large_request_arrives_whole(faults: FaultServer) -> None:
    call = replace(call_to(faults), body=call_to(faults).body + b" " * 3_000_000)

    _, error = await read(call)

    assert error is None
    assert faults.requests[0].body == call.body
    assert "transfer-encoding" not in faults.requests[0].headers


@pytest.mark.parametrize("header", ["X-Request-Id", "CF-Ray"])
async def test_the_providers_number_of_a_request_is_kept(faults: FaultServer, header: str) -> None:
    faults.answer(500, b"", {header: "req-42"})
    faults.say(http_head(200, {header: "req-43", "Connection": "close"}), HELLO, ENDING)

    _, error = await read(call_to(faults))
    events, _ = await read(call_to(faults))

    assert error is not None
    assert error.request_id == "req-42"
    assert events[0] == Served(request_id="req-43")


@pytest.mark.parametrize("name", sorted(path.name for path in Path("tests/wire").glob("*.sse")))
async def test_the_recorded_streams_come_through(faults: FaultServer, name: str) -> None:
    faults.fixture(name)

    events, error = await read(call_to(faults))

    assert error is None
    assert events


@pytest.mark.parametrize("key", ["sk with blank", "sk-\n", "sk-ключ", "sk-\x00"])
async def test_a_key_that_no_header_can_carry_is_not_sent(faults: FaultServer, key: str) -> None:
    _, error = await read(replace(call_to(faults), key=Secret(key)))

    assert isinstance(error, NotSent)
    assert error.kind.name == "key_rejected"
    assert key not in "".join(traceback.format_exception(error))
    assert faults.requests == []


async def test_fetching_gives_the_body(faults: FaultServer) -> None:
    body = await client.fetch(faults.base_url.removesuffix("/v1") + "/models", DIALECTS["aimlapi"], None)

    assert len(json.loads(body)) == 3
    assert faults.requests[0].authorization == ""


async def test_fetching_tells_a_bad_key(faults: FaultServer) -> None:
    with pytest.raises(Refused, match="key_rejected"):
        await client.fetch(faults.base_url + "/key", DIALECTS["aimlapi"], Secret("wrong"))
