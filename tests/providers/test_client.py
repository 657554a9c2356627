"""Calls over real connections, to a provider that answers as it is told."""

import asyncio
import json
import logging
import socket
import threading
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.secret import Secret
from providers import client
from providers.client.faults import in_our_words
from providers.dialects import DIALECTS
from providers.errors import Broken, Charge, NotSent, ProviderError, Refused
from providers.events import Event, Served
from tests.faultserver import (
    CHUNKED,
    ENDING,
    HELLO,
    RESET,
    SILENCE,
    FaultServer,
    chunk,
    dead_port,
    http_chunk,
    http_head,
    tokens,
)
from tests.providers.answers import gather
from tests.providers.listening import batches_of

CANARY = "sk-CANARY-0123456789"
# Short where a test is about patience, so that it is not one; whatever answers gets as long as it needs.
IMPATIENT = {"first_byte_timeout": client.Timeouts(first_byte=1), "idle_timeout": client.Timeouts(idle=0.2)}


def call_to(faults: FaultServer, model: str = "some-model", *, stream: bool = True) -> client.Call:
    dialect = DIALECTS["aimlapi"]
    messages = [{"role": "user", "content": "Hello?"}]
    body = dialect.body(model=model, messages=messages, parameters={}, stream=stream)
    return client.Call(faults.base_url, dialect, body, Secret(CANARY))


async def read(call: client.Call) -> tuple[list[Event], ProviderError | None]:
    """Everything the stream gave, and how it broke, if it did."""
    events: list[Event] = []
    try:
        async with batches_of(call) as batches:
            async for batch in batches:
                events += batch.events
    except ProviderError as error:
        return events, error
    return events, None


def text_of(events: list[Event]) -> str:
    return gather(events).text


# What comes through, and what becomes of each fault: its class, its kind, and the text that is kept.
ROWS: list[tuple[str, type[ProviderError], str, str]] = [
    ("fault/key-rejected", Refused, "key_rejected", ""),
    ("fault/out-of-credit", Refused, "out_of_credit", ""),
    ("fault/not-allowed", Refused, "not_allowed", ""),
    ("fault/model-not-found", Refused, "model_not_found", ""),
    ("fault/bad-request", Refused, "bad_request", ""),
    ("fault/too-long", Refused, "too_long", ""),
    ("fault/rate-limited", Refused, "rate_limited", ""),
    ("fault/overloaded", Refused, "overloaded", ""),
    ("fault/provider-error", Refused, "provider_error", ""),
    ("fault/redirect", Refused, "redirect_refused", ""),
    ("fault/html", Broken, "not_an_api", ""),
    ("fault/error-in-200", Refused, "provider_error", ""),
    ("fault/truncated", Broken, "incomplete", "Hello world"),
    ("fault/cut-mid-event", Broken, "incomplete", "Hello world"),
    ("fault/cut-chunk", Broken, "connection_lost", "Hello world"),
    ("fault/error-midway", Broken, "provider_error", "Hello world"),
    ("fault/malformed-event", Broken, "protocol_error", "Hello world"),
    ("fault/reset-before-headers", Broken, "connection_lost", ""),
    ("fault/reset-after-headers", Broken, "connection_lost", ""),
    ("fault/reset-mid-event", Broken, "connection_lost", "Hello world"),
    ("fault/closed-before-headers", Broken, "connection_lost", ""),
    ("fault/no-headers", Broken, "first_byte_timeout", ""),
    ("fault/no-body", Broken, "first_byte_timeout", ""),
    ("fault/silence", Broken, "idle_timeout", "Hello world"),
    ("fault/slow-loris", Broken, "idle_timeout", ""),
    ("fault/not-http", Broken, "protocol_error", ""),
    ("fault/huge-header", Broken, "too_large", ""),
    ("fault/many-headers", Broken, "too_large", ""),
    ("fault/endless-line", Broken, "too_large", ""),
    ("fault/gzip", Broken, "protocol_error", ""),
]


def call_for(faults: FaultServer, model: str, kind: str) -> client.Call:
    """A call that fails in this way, and does not wait long where nothing will come."""
    return replace(call_to(faults, model), timeouts=IMPATIENT.get(kind, client.Timeouts()))


@pytest.mark.parametrize(("model", "kind_of_error", "kind", "kept"), ROWS, ids=[row[0] for row in ROWS])
async def test_a_fault_becomes_an_error_and_keeps_the_text(
    faults: FaultServer, model: str, kind_of_error: type[ProviderError], kind: str, kept: str
) -> None:
    await client.warm_up()

    events, error = await read(call_for(faults, model, kind))

    assert error is not None
    assert (error.kind.name, text_of(events)) == (kind, kept)
    assert isinstance(error, kind_of_error)
    assert len(faults.requests) == 1
    await client.close()
    assert await asyncio.to_thread(faults.wait_until_idle)


@pytest.mark.parametrize("model", [row[0] for row in ROWS])
async def test_a_whole_answer_breaks_into_provider_errors_only(faults: FaultServer, model: str) -> None:
    timeouts = client.Timeouts(total=0.3)

    with pytest.raises(ProviderError):
        await client.complete(replace(call_to(faults, model, stream=False), timeouts=timeouts))


@pytest.mark.parametrize(("model", "kind"), [(row[0], row[2]) for row in ROWS], ids=[row[0] for row in ROWS])
async def test_the_key_is_in_no_error(
    faults: FaultServer, model: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await client.warm_up()
    _, error = await read(call_for(faults, model, kind))

    assert faults.requests[0].authorization == f"Bearer {CANARY}"
    told = caplog.text
    link: BaseException | None = error
    while link:
        told += repr(link) + str(link) + "".join(traceback.format_exception(link))
        link = link.__cause__ or link.__context__
    assert CANARY not in told


@pytest.mark.parametrize(
    "model",
    [
        "fault/lf",
        "fault/crlf",
        "fault/cr",
        "fault/byte-by-byte",
        "fault/text-plain",
        "fault/no-done",
        "fault/no-last-blank-line",
        "fault/two-terminators",
        "fault/whole-but-cut",
        "fault/json-to-a-stream",
    ],
)
async def test_an_odd_but_whole_answer_is_read(faults: FaultServer, model: str) -> None:
    events, error = await read(call_to(faults, model))

    assert (text_of(events), error) == ("Hello world", None)


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


async def test_a_frame_that_goes_wrong_later_breaks_the_connection(faults: FaultServer) -> None:
    is_read = threading.Event()
    faults.say(CHUNKED, http_chunk(HELLO), is_read, b"zz\r\n", SILENCE)

    async with batches_of(call_to(faults)) as batches:
        first = await anext(batches)
        is_read.set()
        with pytest.raises(Broken, match="connection_lost"):
            await anext(batches)

    assert text_of(first.events) == "Hello world"


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


async def test_what_had_come_when_the_connection_broke_is_read_first(faults: FaultServer) -> None:
    faults.say(CHUNKED, http_chunk(HELLO), 0.05, http_chunk(chunk({"content": "!"})), 0.05, RESET)

    async with client.stream(call_to(faults)) as answer:
        await answer.flow(lambda: None)
        rest = answer.rest()
        said = next(rest).events + next(rest).events
        with pytest.raises(Broken, match="connection_lost"):
            next(rest)

    assert text_of(said) == "Hello world!"


async def test_a_page_that_holds_events_is_still_a_page(faults: FaultServer) -> None:
    page = b"<html>" + b"x" * 20_000 + b"\n" + chunk({"content": "from the page"}) + b"</html>"
    faults.say(http_head(), page)

    events, error = await read(call_to(faults))

    assert (events, error and error.kind.name) == ([], "not_an_api")


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


async def test_an_answer_that_is_too_large_is_given_up(faults: FaultServer) -> None:
    faults.say(http_head(), b'{"choices": "', *[b"x" * 1_000_000] * 12)

    with pytest.raises(Broken, match="too_large"):
        await client.complete(call_to(faults, stream=False))


async def test_a_huge_error_page_is_not_read_to_its_end(faults: FaultServer) -> None:
    faults.say(http_head(500), *[b"x" * 65536] * 1000)

    with pytest.raises(Refused, match="provider_error"):
        await client.complete(call_to(faults, stream=False))


async def test_a_large_request_arrives_whole(faults: FaultServer) -> None:
    call = replace(call_to(faults), body=call_to(faults).body + b" " * 3_000_000)

    _, error = await read(call)

    assert error is None
    assert faults.requests[0].body == call.body
    assert "transfer-encoding" not in faults.requests[0].headers


async def test_a_provider_may_say_no_before_it_has_read_a_large_request(settings: Settings) -> None:
    client_left = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http_head(413, {"Content-Length": "0"}))
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        client_left.set()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        settings.ALLOWED_PRIVATE_HOSTS = {address}
        call = client.Call(f"http://127.0.0.1:{address[1]}/v1", DIALECTS["openai"], b" " * 20_000_000)
        _, error = await read(call)
        await client_left.wait()

    assert error is not None
    assert error.kind.name == "too_long"


@pytest.mark.parametrize(
    ("written", "seconds"), [("7", 7.0), ("0", 0.0), ("-5", None), ("soon", None), ("1000000000", 1e9)]
)
async def test_a_wait_that_is_asked_for_is_told(faults: FaultServer, written: str, seconds: float | None) -> None:
    faults.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": written})

    _, error = await read(call_to(faults))

    assert error is not None
    assert (error.kind.name, error.status, error.retry_after) == ("rate_limited", 429, seconds)


@pytest.mark.parametrize("header", ["X-Request-Id", "CF-Ray"])
async def test_the_providers_number_of_a_request_is_kept(faults: FaultServer, header: str) -> None:
    faults.answer(500, b"", {header: "req-42"})
    faults.say(http_head(200, {header: "req-43", "Connection": "close"}), HELLO, ENDING)

    _, error = await read(call_to(faults))
    events, _ = await read(call_to(faults))

    assert error is not None
    assert error.request_id == "req-42"
    assert events[0] == Served(request_id="req-43")


async def test_characters_cut_anywhere_are_whole_again(faults: FaultServer) -> None:
    text = "Grüße, 世界, 👩‍👩‍👧!"
    stream = chunk({"content": text}) + ENDING
    faults.say(CHUNKED, *(http_chunk(bytes([byte])) for byte in stream), b"0\r\n\r\n")

    events, error = await read(call_to(faults))

    assert (text_of(events), error) == (text, None)


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


async def test_a_key_that_the_provider_quotes_is_not_repeated(faults: FaultServer) -> None:
    faults.answer(401, {"error": {"message": f"Incorrect API key provided: {CANARY}."}})

    _, error = await read(call_to(faults))

    assert error is not None
    assert error.detail == "Incorrect API key provided: …."


async def test_nobody_listening_means_not_sent(settings: Settings) -> None:
    with dead_port() as port:
        settings.ALLOWED_PRIVATE_HOSTS = {("127.0.0.1", port)}
        _, error = await read(client.Call(f"http://127.0.0.1:{port}/v1", DIALECTS["openai"], b"{}"))

    assert isinstance(error, NotSent)
    assert (error.kind.name, error.kind.charge, error.kind.retryable) == ("connect_failed", Charge.NO, True)


async def test_a_server_that_accepts_nothing_is_given_up(settings: Settings) -> None:
    """Its queue is full, so that a connection neither comes about nor is refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        settings.ALLOWED_PRIVATE_HOSTS = {address}
        call = client.Call(f"http://127.0.0.1:{address[1]}/v1", DIALECTS["openai"], b"{}")
        with socket.create_connection(address):
            _, error = await read(replace(call, timeouts=client.Timeouts(connect=0.2)))

    assert isinstance(error, NotSent)
    assert error.kind.name == "connect_failed"


async def test_fetching_gives_the_body(faults: FaultServer) -> None:
    body = await client.fetch(faults.base_url.removesuffix("/v1") + "/models", DIALECTS["aimlapi"], None)

    assert len(json.loads(body)) == 3
    assert faults.requests[0].authorization == ""


async def test_fetching_tells_a_bad_key(faults: FaultServer) -> None:
    with pytest.raises(Refused, match="key_rejected"):
        await client.fetch(faults.base_url + "/key", DIALECTS["aimlapi"], Secret("wrong"))


async def test_a_reader_who_comes_after_the_connection_has_gone_is_told_so() -> None:
    async def read() -> None:
        # aiohttp's words for it; which of its errors a late reader gets depends on the moment.
        raise RuntimeError("Connection closed.")

    with pytest.raises(Broken) as refused:
        await in_our_words(read())
    assert refused.value.kind.name == "connection_lost"
