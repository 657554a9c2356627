"""The demo as a transport of the HTTP client: a request goes in, a response comes out, nothing leaves the process."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from itertools import islice

import httpx

from providers.demo.answers import ANSWERS, Answer
from providers.demo.faults import BREAKS, REFUSALS, refused
from providers.demo.models import model_list
from providers.demo.request import READING_PACE, Request, RequestError
from providers.demo.wire import Choice, Completion, as_json

JSON = {"Content-Type": "application/json"}
EVENT_STREAM = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
# Tokens a second of the models that have a pace of their own.
PACES = {"demo/slow": 1.0}
# Seconds that `demo/silent` says nothing.
SILENCE = 5.0
# Tokens given at once when there is no pace; others have their turn in between.
BURST = 64


class DemoTransport(httpx.AsyncBaseTransport):
    """Answers completions, the model list and the check of a key, as the gateway does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        match request.method, request.url.path.removeprefix("/v1"):
            case "POST", "/chat/completions":
                return await _completed(await request.aread())
            case "GET", "/models":
                return _whole(as_json(model_list()))
            case "GET", "/key":
                return _whole(as_json({"data": {"name": "demo", "disabled": False}}))
            case _:
                return refused(404, "there is nothing at this address.", "not_found").response()


class Body(httpx.AsyncByteStream):
    """The body of a response, from a generator that is closed with it."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces


async def _completed(body: bytes) -> httpx.Response:
    try:
        request = Request.read(body)
    except RequestError as error:
        return refused(400, str(error), "invalid_request").response()
    if refusal := REFUSALS.get(request.model):
        return refusal.response()
    if request.model not in ANSWERS and request.model not in BREAKS:
        return refused(404, f"there is no model {request.model[:100]!r}.", "model_not_found").response()
    completion = _completion(request)
    if request.model in BREAKS:
        return httpx.Response(200, headers=EVENT_STREAM, stream=Body(BREAKS[request.model](completion)))
    if request.streams:
        return httpx.Response(200, headers=EVENT_STREAM, stream=Body(_streamed(completion)))
    await asyncio.sleep(_seconds(completion))
    return _whole(completion.whole())


def _whole(body: bytes) -> httpx.Response:
    return httpx.Response(200, headers=JSON, stream=httpx.ByteStream(body))


def _completion(request: Request) -> Completion:
    # The choice of a word is no secret.
    chance = random.Random(request.seed)  # noqa: S311
    answer = ANSWERS.get(request.model, _interrupted)
    choices = [Choice.of(answer(request, chance), request) for _ in range(request.choices)]
    return Completion(f"chatcmpl-demo-{chance.getrandbits(64):016x}", request, choices)


async def _streamed(completion: Completion) -> AsyncIterator[bytes]:
    if completion.request.model == "demo/silent":
        await asyncio.sleep(completion.request.number("seconds", SILENCE))
    rate = _rate(completion.request)
    chunks = completion.chunks()
    async for piece in _paced(chunks, rate) if rate else _hurried(chunks):
        yield piece


async def _paced(chunks: Iterator[bytes], rate: float) -> AsyncIterator[bytes]:
    """Chunks at this rate, counted from the start: a late one does not make all others later."""
    clock = asyncio.get_running_loop().time
    start, given = clock(), 0
    while True:
        due = int((clock() - start) * rate) + 1
        if piece := b"".join(islice(chunks, due - given)):
            given = due
            yield piece
        elif due > given:
            return
        await asyncio.sleep(start + due / rate - clock())


async def _hurried(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := b"".join(islice(chunks, BURST)):
        yield piece
        await asyncio.sleep(0)


def _seconds(completion: Completion) -> float:
    """How long the whole answer takes."""
    request = completion.request
    rate = _rate(request)
    silence = request.number("seconds", SILENCE) if request.model == "demo/silent" else 0
    return silence + (completion.tokens / rate if rate else 0)


def _rate(request: Request) -> float:
    """Tokens a second; 0 is as fast as it goes."""
    if request.model == "demo/silent":
        return 0
    return request.number("tokens_per_second", PACES.get(request.model, READING_PACE))


def _interrupted(request: Request, chance: random.Random) -> Answer:
    return Answer("This is the demo provider; it was about to say something more when it was cut off.")
