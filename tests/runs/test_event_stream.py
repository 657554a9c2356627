"""The way around a blocked socket: who may listen, and that everything arrives once and in order."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import ApplicationCommunicator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import AsyncClient

from accounts.models import User
from runs import event_stream
from runs.engine import Engine
from runs.followers import followers
from runs.models import Run
from runs.reading import PAGE
from runs.relay import MOST_FOLLOWED
from tests.fakes import THE_END, FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)
Queue = Callable[..., Run]

BEAT = ": beat"
# Seconds that anything may take on a busy machine.
PATIENCE = 20


class Stream:
    """A page's end of an event stream."""

    def __init__(self, answer: StreamingHttpResponse) -> None:
        self._blocks = self._cut(answer)
        self.last_id = ""

    async def close(self) -> None:
        await self._blocks.aclose()

    async def _cut(self, answer: StreamingHttpResponse) -> AsyncGenerator[str]:
        async for content in answer:
            for block in content.decode().removesuffix("\n\n").split("\n\n"):
                yield block

    async def hear(self) -> str:
        """The next block, empty when there is none."""
        async with asyncio.timeout(PATIENCE):
            return await anext(self._blocks, "")

    async def hear_event(self) -> dict[str, Any] | None:
        """The next event's frame, or None at the end of the stream."""
        while block := await self.hear():
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            self.last_id = fields.get("id", self.last_id)
            if fields:
                return dict(json.loads(fields["data"]))
        return None

    async def hear_until(self, seq: int) -> list[dict[str, Any]]:
        """Frames with a number, up to this one or the end."""
        frames: list[dict[str, Any]] = []
        while (not frames or frames[-1]["seq"] < seq) and (frame := await self.hear_event()):
            frames += [frame] if "seq" in frame else []
        return frames


class Browser:
    """Someone's browser, asking for events."""

    def __init__(self) -> None:
        self.client = AsyncClient()

    async def ask(self, *run_ids: int, after: str = "", last_event_id: str = "", **query: str) -> HttpResponseBase:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        address = f"/runs/{','.join(map(str, run_ids))}/events/"
        return await self.client.get(address, {"after": after, **query}, headers=headers)

    @asynccontextmanager
    async def stream(self, *run_ids: int, **asked: str) -> AsyncIterator[Stream]:
        answer = await self.ask(*run_ids, **asked)
        assert isinstance(answer, StreamingHttpResponse)
        stream = Stream(answer)
        yield stream
        await stream.close()


async def browser_of(user: User) -> Browser:
    browser = Browser()
    await browser.client.aforce_login(user)
    return browser


@pytest.fixture
async def browser(alice: User) -> Browser:
    return await browser_of(alice)


@pytest.fixture
async def ended(fake: FakeProvider, running_engine: Engine, queued: Queue) -> Run:
    run = await sync_to_async(queued)()
    fake.say("Hello ", "wörld", THE_END)
    running_engine.start(run.pk)
    await running_engine.ended(run.pk)
    return run


def text_of(frames: list[dict[str, Any]]) -> str:
    return "".join(frame["text"] for frame in frames if frame["type"] == "text")


async def test_a_page_hears_a_run_as_it_happens(
    browser: Browser, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    words = [f"wörd{number} " for number in range(300)]
    fake.say(*words, THE_END)
    async with browser.stream(run.pk) as stream:
        assert await stream.hear() == BEAT
        running_engine.start(run.pk)
        frames = await stream.hear_until(10_000)
        assert await stream.hear() == ""
    assert text_of(frames) == "".join(words)
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert (frames[-1]["type"], frames[-1]["state"], frames[-1]["run"]) == ("end", "done", str(run.pk))
    assert stream.last_id == str(frames[-1]["seq"])


async def test_nothing_on_the_way_is_asked_to_keep_it(browser: Browser, ended: Run) -> None:
    answer = await browser.ask(ended.pk)
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"


@pytest.mark.parametrize("number_in", ["after", "last_event_id"])
async def test_a_stream_cut_at_any_event_loses_and_doubles_nothing(
    browser: Browser, fake: FakeProvider, running_engine: Engine, queued: Queue, number_in: str
) -> None:
    run = await sync_to_async(queued)()
    steps: list[Any] = []
    for number in range(30):
        steps += [f"tökén{number}" + ("\n\n" if number % 7 == 6 else " "), asyncio.Event()]
    fake.say(*steps, THE_END)
    running_engine.start(run.pk)
    got: list[dict[str, Any]] = []
    last_id = ""
    for gate in [step for step in steps if isinstance(step, asyncio.Event)]:
        async with browser.stream(run.pk, **{number_in: last_id}) as stream:
            got += await stream.hear_until(got[-1]["seq"] + 1 if got else 1)
            last_id = stream.last_id
        gate.set()
    async with browser.stream(run.pk, **{number_in: last_id}) as stream:
        got += await stream.hear_until(10_000)
    await sync_to_async(run.refresh_from_db)()
    assert text_of(got) == "".join(step for step in steps if isinstance(step, str)) == run.text
    numbers = [frame["seq"] for frame in got]
    assert numbers == sorted(set(numbers))


async def test_a_browser_that_comes_back_by_itself_goes_on_where_it_was(browser: Browser, ended: Run) -> None:
    # It asks the first address again, and says in a header what it has.
    async with browser.stream(ended.pk, after="0", last_event_id="1") as stream:
        frames = await stream.hear_until(10_000)
    assert all(frame["seq"] > 1 for frame in frames)


async def test_polling_gives_what_there_is_and_ends(
    browser: Browser, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    gate = asyncio.Event()
    fake.say("Once upon", gate, " a time", THE_END)
    async with browser.stream(run.pk) as stream:
        running_engine.start(run.pk)
        await stream.hear_until(1)
    async with browser.stream(run.pk, poll="1") as stream:
        first = [await stream.hear() for _ in range(3)]
    gate.set()
    await running_engine.ended(run.pk)
    async with browser.stream(run.pk, after="1", poll="1") as stream:
        rest = await stream.hear_until(10_000)
    assert (first[0], json.loads(first[1].split("data: ")[1])["text"], first[2]) == (BEAT, "Once upon", "")
    assert text_of(rest) == " a time"
    assert rest[-1]["type"] == "end"


async def test_several_runs_share_one_stream(
    browser: Browser, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    runs = [await sync_to_async(queued)() for _ in range(3)]
    for _ in runs:
        fake.say(*(f"{number}," for number in range(50)), THE_END)
    async with browser.stream(*(run.pk for run in runs)) as stream:
        for run in runs:
            running_engine.start(run.pk)
        frames = await stream.hear_until(10_000)
    ends = {}
    for run in runs:
        own = [frame for frame in frames if frame["run"] == str(run.pk)]
        assert text_of(own) == "".join(f"{number}," for number in range(50))
        ends[run.pk] = str(own[-1]["seq"])
    assert stream.last_id == ",".join(ends.values())


async def test_what_one_stream_may_hold_is_limited_and_the_next_goes_on(
    browser: Browser, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "LARGEST", 1000)
    run = await sync_to_async(queued)()
    for seq in range(1, 1 + 3 * PAGE):
        await run.events.acreate(seq=seq, type="text", payload=f"{seq},")
    got: list[dict[str, Any]] = []
    sizes = []
    while len(got) < 3 * PAGE:
        async with browser.stream(run.pk, after=str(len(got))) as stream:
            frames = await stream.hear_until(10_000)
        sizes.append(len(frames))
        got += frames
    assert text_of(got) == "".join(f"{seq}," for seq in range(1, 1 + 3 * PAGE))
    assert sizes == [PAGE] * 3


async def test_a_stream_does_not_last_for_ever(
    browser: Browser, fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "LONGEST", 0.0)
    run = await sync_to_async(queued)()
    fake.say("still writing", asyncio.Event())
    running_engine.start(run.pk)
    async with browser.stream(run.pk) as stream:
        await stream.hear_until(10_000)
    assert running_engine.performs(run.pk)
    assert followers.of(run.pk) == ()


async def test_a_page_that_leaves_is_forgotten_at_once(browser: Browser, queued: Queue) -> None:
    run = await sync_to_async(queued)()
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.client.cookies[settings.SESSION_COOKIE_NAME].value}"
    server = ApplicationCommunicator(  # type: ignore[no-untyped-call]
        get_asgi_application(),
        {
            "type": "http",
            "method": "GET",
            "path": f"/runs/{run.pk}/events/",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"cookie", cookie.encode())],
        },
    )
    await server.send_input({"type": "http.request"})
    start, body = await server.receive_output(PATIENCE), await server.receive_output(PATIENCE)
    assert (start["status"], body["body"]) == (200, b": beat\n\n")
    assert len(followers.of(run.pk)) == 1
    await server.send_input({"type": "http.disconnect"})
    await server.wait(PATIENCE)
    assert followers.of(run.pk) == ()


async def test_a_silent_run_has_signs_of_life(browser: Browser, queued: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "BEAT", 0.0)
    monkeypatch.setattr(event_stream, "RE_READ", 0.01)
    run = await sync_to_async(queued)()
    async with browser.stream(run.pk) as stream:
        heard = [await stream.hear() for _ in range(4)]
    assert heard == [BEAT] * 4


async def test_a_run_of_another_process_is_read_from_the_database(
    browser: Browser, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "RE_READ", 0.01)
    run = await sync_to_async(queued)()
    async with browser.stream(run.pk) as stream:
        assert await stream.hear() == BEAT
        await run.events.acreate(seq=1, type="text", payload="from elsewhere")
        frames = await stream.hear_until(1)
    assert text_of(frames) == "from elsewhere"


async def test_whoever_signs_out_hears_no_more(
    browser: Browser, fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "BEAT", 0.0)
    monkeypatch.setattr(event_stream, "RE_READ", 0.01)
    run = await sync_to_async(queued)()
    gate = asyncio.Event()
    fake.say("before", gate, "after", THE_END)
    running_engine.start(run.pk)
    async with browser.stream(run.pk) as stream:
        frames = await stream.hear_until(1)
        await browser.client.alogout()
        frames += await stream.hear_until(10_000)
        gate.set()
        assert await stream.hear() == ""
    assert text_of(frames) == "before"


async def test_an_anonymous_visitor_is_sent_to_sign_in(ended: Run) -> None:
    answer = await Browser().ask(ended.pk)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


async def test_a_strangers_run_is_answered_like_one_that_does_not_exist(bob: User, charlie: User, ended: Run) -> None:
    asked = [(charlie, ended.pk), (bob, ended.pk), (charlie, 999_999), (charlie, 10**18 - 1)]
    assert [(await (await browser_of(user)).ask(run_id)).status_code for user, run_id in asked] == [404] * 4


async def test_a_strangers_run_among_ones_own_is_answered_like_one_that_does_not_exist(
    browser: Browser, alice: User, charlie: User, ended: Run
) -> None:
    await Run.objects.filter(pk=ended.pk).aupdate(user=charlie)
    own = await Run.objects.acreate(user=alice, state=Run.State.DONE, body=b"", text="mine")
    async with browser.stream(ended.pk, 999_999, own.pk) as stream:
        first, second = await stream.hear_event(), await stream.hear_event()
        frames = await stream.hear_until(10_000)
    assert first
    assert second
    assert first | {"run": ""} == second | {"run": ""} == {"type": "error", "run": "", "sentence": first["sentence"]}
    assert {frame["run"] for frame in frames} == {str(own.pk)}


@pytest.mark.parametrize("after", ["x", "1,2", "1,", "0x1"])
async def test_what_is_not_a_cursor_is_refused(browser: Browser, ended: Run, after: str) -> None:
    assert (await browser.ask(ended.pk, after=after)).status_code == 400


async def test_nobody_follows_more_runs_than_over_a_socket(browser: Browser, ended: Run) -> None:
    assert (await browser.ask(*range(MOST_FOLLOWED + 1))).status_code == 400


@pytest.mark.parametrize("after", ["-1", str(10**30)])
async def test_a_number_that_no_event_has_is_no_trouble(browser: Browser, ended: Run, after: str) -> None:
    async with browser.stream(ended.pk, after=after) as stream:
        frames = await stream.hear_until(10_000)
    assert frames[-1]["type"] == "end"
