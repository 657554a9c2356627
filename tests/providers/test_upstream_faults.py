"""What becomes of everything that can be wrong with an answer: read to its end, or an error in words of ours."""

import asyncio
import errno
import logging
import os
import socket
import threading
import traceback
from contextlib import suppress
from dataclasses import replace

import pytest
from pytest_django import Settings

from providers import client
from providers.client.faults import in_our_words
from providers.dialects import DIALECTS
from providers.errors import KINDS, Broken, Charge, NotSent, ProviderError, Refused
from tests.faultscript import CHUNKED, ENDING, HELLO, RESET, SILENCE, chunk, http_chunk, http_head
from tests.faultserver import FaultServer, dead_port
from tests.providers.calling import CANARY, call_to, read, text_of
from tests.providers.listening import batches_of

# Short where a test is about patience, so that it is not one; whatever answers gets as long as it needs.
IMPATIENT = {
    "first_byte_timeout": client.Timeouts(first_byte=1),
    "idle_timeout": client.Timeouts(idle=0.2),
    "too_slow": client.Timeouts(total=1),
}

RESET_BY_PEER = f"[Errno {errno.ECONNRESET}] {os.strerror(errno.ECONNRESET)}"
HUNG_UP_BEFORE = "It hung up before it answered."
HUNG_UP = "It hung up in the middle of the answer."
NOT_HTTP = "The response is not HTTP."
NOT_JSON = "The answer is not JSON."
LARGE_HEADERS = "The headers of the response are too large."
COMPRESSED = "The response is compressed, which was not asked for."

# What becomes of each fault in a stream: the error's class, its kind, its detail, and the text that is kept.
ROWS: list[tuple[str, type[ProviderError], str, str, str]] = [
    ("fault/key-rejected", Refused, "key_rejected", "bad key", ""),
    ("fault/out-of-credit", Refused, "out_of_credit", "no credit left", ""),
    ("fault/not-allowed", Refused, "not_allowed", "the key has no such scope", ""),
    ("fault/model-not-found", Refused, "model_not_found", "no such model", ""),
    ("fault/bad-request", Refused, "bad_request", "temperature is out of range", ""),
    ("fault/too-long", Refused, "too_long", "maximum context length is 10 tokens", ""),
    ("fault/rate-limited", Refused, "rate_limited", "slow down", ""),
    ("fault/overloaded", Refused, "overloaded", "too busy", ""),
    ("fault/provider-error", Refused, "provider_error", "our mistake", ""),
    ("fault/redirect", Refused, "redirect_refused", "http://127.0.0.1:1/v1/chat/completions", ""),
    ("fault/html", Broken, "not_an_api", "", ""),
    ("fault/error-in-200", Refused, "provider_error", "not today", ""),
    ("fault/truncated", Broken, "incomplete", "", "Hello world"),
    ("fault/cut-mid-event", Broken, "incomplete", "", "Hello world"),
    ("fault/cut-chunk", Broken, "connection_lost", HUNG_UP, "Hello world"),
    ("fault/error-midway", Broken, "provider_error", "gave up", "Hello world"),
    ("fault/malformed-event", Broken, "protocol_error", 'Not JSON: {"choices": [', "Hello world"),
    ("fault/reset-before-headers", Broken, "connection_lost", RESET_BY_PEER, ""),
    ("fault/reset-after-headers", Broken, "connection_lost", HUNG_UP, ""),
    ("fault/reset-mid-event", Broken, "connection_lost", HUNG_UP, "Hello world"),
    ("fault/closed-before-headers", Broken, "connection_lost", HUNG_UP_BEFORE, ""),
    ("fault/no-headers", Broken, "first_byte_timeout", "", ""),
    ("fault/no-body", Broken, "first_byte_timeout", "", ""),
    ("fault/silence", Broken, "idle_timeout", "", "Hello world"),
    ("fault/slow-loris", Broken, "idle_timeout", "", ""),
    ("fault/not-http", Broken, "protocol_error", NOT_HTTP, ""),
    ("fault/bad-chunk", Broken, "protocol_error", NOT_HTTP, ""),
    ("fault/bad-chunk-later", Broken, "protocol_error", NOT_HTTP, "Hello world"),
    ("fault/huge-header", Broken, "too_large", LARGE_HEADERS, ""),
    ("fault/many-headers", Broken, "too_large", LARGE_HEADERS, ""),
    ("fault/endless-line", Broken, "too_large", "", ""),
    ("fault/gzip", Broken, "protocol_error", COMPRESSED, ""),
]
# Where it is another error when the answer was to come whole. One that comes whole begins when it is done: that it has
# not begun in time, or fell silent, cannot be told from an answer that takes long.
OTHERWISE_WHEN_WHOLE: dict[str, tuple[type[ProviderError], str, str]] = {
    "fault/truncated": (Broken, "protocol_error", NOT_JSON),
    "fault/cut-mid-event": (Broken, "protocol_error", NOT_JSON),
    "fault/error-midway": (Broken, "protocol_error", NOT_JSON),
    "fault/malformed-event": (Broken, "protocol_error", NOT_JSON),
    "fault/no-headers": (Broken, "too_slow", ""),
    "fault/no-body": (Broken, "too_slow", ""),
    "fault/silence": (Broken, "too_slow", ""),
    "fault/slow-loris": (Broken, "too_slow", ""),
}
WHOLE_ROWS: list[tuple[str, type[ProviderError], str, str]] = [
    *((row[0], *OTHERWISE_WHEN_WHOLE.get(row[0], row[1:4])) for row in ROWS),
    ("fault/cut-length", Broken, "connection_lost", HUNG_UP),
]
# Of streams and of whole answers: what HTTP allows, or providers do, and what must not stand in the way of the text.
ODDLY_FRAMED = [
    "fault/continue",
    "fault/processing",
    "fault/early-hints",
    "fault/two-interim",
    "fault/chunk-extensions",
    "fault/trailers",
    "fault/byte-by-byte",
    "fault/text-plain",
]


def call_for(faults: FaultServer, model: str, kind: str, *, stream: bool) -> client.Call:
    """A call that fails in this way, and does not wait long where nothing will come."""
    return replace(call_to(faults, model, stream=stream), timeouts=IMPATIENT.get(kind, client.Timeouts()))


@pytest.mark.parametrize(("model", "kind_of_error", "kind", "detail", "kept"), ROWS, ids=[row[0] for row in ROWS])
async def test_a_fault_becomes_an_error_and_keeps_the_text(
    faults: FaultServer, model: str, kind_of_error: type[ProviderError], kind: str, detail: str, kept: str
) -> None:
    await client.warm_up()

    events, error = await read(call_for(faults, model, kind, stream=True))

    assert error is not None
    assert (error.kind, error.detail, text_of(events)) == (KINDS[kind], detail, kept)
    assert isinstance(error, kind_of_error)
    assert len(faults.requests) == 1
    await client.close()
    assert await asyncio.to_thread(faults.wait_until_idle)


@pytest.mark.parametrize(("model", "kind_of_error", "kind", "detail"), WHOLE_ROWS, ids=[row[0] for row in WHOLE_ROWS])
async def test_a_fault_of_a_whole_answer_becomes_an_error(
    faults: FaultServer, model: str, kind_of_error: type[ProviderError], kind: str, detail: str
) -> None:
    await client.warm_up()

    _, error = await read(call_for(faults, model, kind, stream=False))

    assert error is not None
    assert (error.kind, error.detail) == (KINDS[kind], detail)
    assert isinstance(error, kind_of_error)
    assert len(faults.requests) == 1
    await client.close()
    assert await asyncio.to_thread(faults.wait_until_idle)


@pytest.mark.parametrize(
    ("model", "kind", "stream"),
    [*((row[0], row[2], True) for row in ROWS), *((row[0], row[2], False) for row in WHOLE_ROWS)],
)
async def test_the_key_is_in_no_error(
    faults: FaultServer, model: str, kind: str, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await client.warm_up()
    _, error = await read(call_for(faults, model, kind, stream=stream))

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
        "fault/no-done",
        "fault/no-last-blank-line",
        "fault/two-terminators",
        "fault/whole-but-cut",
        "fault/json-to-a-stream",
        *ODDLY_FRAMED,
    ],
)
async def test_an_odd_but_whole_stream_is_read(faults: FaultServer, model: str) -> None:
    events, error = await read(call_to(faults, model))

    assert (text_of(events), error) == ("Hello world", None)


@pytest.mark.parametrize("model", ["fault/no-content-type", *ODDLY_FRAMED])
async def test_an_answer_that_comes_whole_may_be_odd_too(faults: FaultServer, model: str) -> None:
    events, error = await read(call_to(faults, model, stream=False))

    assert (text_of(events), error) == ("Hello world", None)


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("model", ["fault/chunk-extensions", "fault/trailers"])
async def test_nothing_of_an_odd_frame_is_left_on_the_connection(faults: FaultServer, model: str, stream: bool) -> None:
    for _ in range(2):
        events, error = await read(call_to(faults, model, stream=stream))
        assert (text_of(events), error) == ("Hello world", None)

    assert (len(faults.requests), faults.connections) == (2, 1)


async def test_a_frame_that_goes_wrong_later_is_not_understood(faults: FaultServer) -> None:
    is_read = threading.Event()
    faults.say(CHUNKED, http_chunk(HELLO), is_read, b"zz\r\n", SILENCE)

    async with batches_of(call_to(faults)) as batches:
        first = await anext(batches)
        is_read.set()
        with pytest.raises(Broken, match="protocol_error"):
            await anext(batches)

    assert text_of(first.events) == "Hello world"


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


async def test_an_answer_that_is_too_large_is_given_up(faults: FaultServer) -> None:
    faults.say(http_head(), b'{"choices": "', *[b"x" * 1_000_000] * 12)

    with pytest.raises(Broken, match="too_large"):
        await client.complete(call_to(faults, stream=False))


async def test_a_huge_error_page_is_not_read_to_its_end(faults: FaultServer) -> None:
    faults.say(http_head(500), *[b"x" * 65536] * 1000)

    with pytest.raises(Refused, match="provider_error"):
        await client.complete(call_to(faults, stream=False))


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


async def test_characters_cut_anywhere_are_whole_again(faults: FaultServer) -> None:
    text = "Grüße, 世界, 👩‍👩‍👧!"
    stream = chunk({"content": text}) + ENDING
    faults.say(CHUNKED, *(http_chunk(bytes([byte])) for byte in stream), b"0\r\n\r\n")

    events, error = await read(call_to(faults))

    assert (text_of(events), error) == (text, None)


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


async def test_a_reader_who_comes_after_the_connection_has_gone_is_told_so() -> None:
    async def read() -> None:
        # aiohttp's words for it; which of its errors a late reader gets depends on the moment.
        raise RuntimeError("Connection closed.")

    with pytest.raises(Broken) as refused:
        await in_our_words(read())
    assert refused.value.kind.name == "connection_lost"
