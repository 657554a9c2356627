"""The socket of a page: who may listen, and that everything arrives once and in order."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from runs import consumers
from runs.consumers import POLICY_VIOLATION, RunConsumer
from runs.engine import Engine
from runs.followers import followers
from runs.following import MOST_UNACKNOWLEDGED
from runs.models import Run
from runs.relay import MOST_FOLLOWED, NO_SUCH_RUN
from tests.fakes import THE_END, FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)
Queue = Callable[..., Run]
# Seconds that anything may take on a busy machine.
PATIENCE = 20


class Page:
    """A page's end of the socket."""

    is_told_at_once = False

    def __init__(
        self,
        communicator: WebsocketCommunicator,
        session: SessionStore,
        listeners: Sequence[Callable[[str], bool]],
    ) -> None:
        """`listeners` get each text first, and say whether they are done with it."""
        self.communicator, self.session, self.listeners = communicator, session, listeners

    async def say(self, **message: Any) -> None:
        await self.say_exactly(json.dumps(message))

    async def say_exactly(self, text: str) -> None:
        if not any(listen(text) for listen in self.listeners):
            await self.communicator.send_to(text)

    async def hear(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.communicator.receive_from(timeout=PATIENCE))
        return frame

    async def closed(self) -> dict[str, Any]:
        """How the socket was closed, which is what comes next."""
        return dict(await self.communicator.receive_output(timeout=PATIENCE))

    async def hear_until(self, seq: int) -> list[dict[str, Any]]:
        """Frames with a number, up to this one or the end."""
        frames: list[dict[str, Any]] = []
        while not frames or (frames[-1]["seq"] < seq and frames[-1]["type"] != "end"):
            frame = await self.hear()
            if "seq" in frame:
                frames.append(frame)
                await self.say(op="ack", run=frame["run"], seq=frame["seq"])
        return frames


def session_of(user: User) -> SessionStore:
    client = Client()
    client.force_login(user)
    return SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)


@pytest.fixture(params=["as any server", "at once"], autouse=True)
def says_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as with any server, and once as with ours, which needs no queue in either direction."""
    monkeypatch.setattr(Page, "is_told_at_once", request.param == "at once")


@asynccontextmanager
async def page(user: User) -> AsyncIterator[Page]:
    session = await sync_to_async(session_of)(user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()
    communicator = WebsocketCommunicator(RunConsumer.as_asgi(), "/ws/", headers=[(b"cookie", cookie)])
    listeners: list[Callable[[str], bool]] = []
    if Page.is_told_at_once:
        at_once: dict[object, object] = {"say": partial(tell, communicator), "hear": listeners.append}
        communicator.scope["extensions"] = {consumers.AT_ONCE: at_once}
    connected, _ = await communicator.connect(PATIENCE)
    assert connected
    yield Page(communicator, session, listeners)
    await communicator.disconnect(timeout=PATIENCE)


def tell(communicator: WebsocketCommunicator, texts: list[str]) -> None:
    for text in texts:
        communicator.output_queue.put_nowait({"type": "websocket.send", "text": text})


def text_of(frames: list[dict[str, Any]]) -> str:
    return "".join(frame["text"] for frame in frames if frame["type"] == "text")


@pytest.fixture
async def ended(fake: FakeProvider, running_engine: Engine, queued: Queue) -> Run:
    run = await sync_to_async(queued)()
    fake.say("Hello ", "wörld", THE_END)
    running_engine.start(run.pk)
    await running_engine.ended(run.pk)
    await sync_to_async(run.refresh_from_db)()
    return run


async def test_an_anonymous_visitor_gets_no_socket() -> None:
    communicator = WebsocketCommunicator(RunConsumer.as_asgi(), "/ws/")
    connected, code = await communicator.connect(PATIENCE)
    assert (connected, code) == (False, consumers.SIGNED_OUT)


async def test_a_page_hears_a_run_as_it_happens(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    words = [f"wörd{number} " for number in range(300)]
    fake.say(*words, THE_END)
    async with page(alice) as reader:
        await reader.say(op="follow", run=str(run.pk), after=0)
        running_engine.start(run.pk)
        frames = await reader.hear_until(10_000)
    assert text_of(frames) == "".join(words)
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert (frames[-1]["type"], frames[-1]["state"], frames[-1]["run"]) == ("end", "done", str(run.pk))


async def test_a_run_that_has_ended_can_still_be_followed(alice: User, ended: Run) -> None:
    async with page(alice) as reader:
        await reader.say(op="follow", run=str(ended.pk), after=0)
        frames = await reader.hear_until(10_000)
    assert text_of(frames) == "Hello wörld"
    assert frames[-1]["type"] == "end"


async def test_a_socket_cut_at_any_event_loses_and_doubles_nothing(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    steps: list[Any] = []
    for number in range(50):
        steps += [f"tökén{number}" + ("\n\n" if number % 7 == 6 else " "), asyncio.Event()]
    fake.say(*steps, THE_END)
    gates = [step for step in steps if isinstance(step, asyncio.Event)]
    running_engine.start(run.pk)
    got: list[dict[str, Any]] = []
    for gate in gates:
        # A new socket for every event: it follows from the last number seen, hears the next ones, and is cut.
        async with page(alice) as reader:
            seen = got[-1]["seq"] if got else 0
            await reader.say(op="follow", run=str(run.pk), after=seen)
            got += await reader.hear_until(seen + 1)
        gate.set()
        await asyncio.sleep(0)
    async with page(alice) as reader:
        await reader.say(op="follow", run=str(run.pk), after=got[-1]["seq"])
        got += await reader.hear_until(10_000)
    await sync_to_async(run.refresh_from_db)()
    assert text_of(got) == "".join(step for step in steps if isinstance(step, str)) == run.text
    numbers = [frame["seq"] for frame in got]
    assert numbers == sorted(set(numbers))


async def test_following_from_any_number_of_an_ended_run_gives_the_rest(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    hold = [asyncio.Event() for _ in range(20)]
    steps = [step for number, gate in enumerate(hold) for step in (f"t{number} ", gate)]
    fake.say(*steps, THE_END)
    seen: list[dict[str, Any]] = []
    async with page(alice) as reader:
        await reader.say(op="follow", run=str(run.pk), after=0)
        running_engine.start(run.pk)
        for gate in hold:
            seen += await reader.hear_until(len(seen) + 1)
            gate.set()
        seen += await reader.hear_until(10_000)
    whole = text_of(seen)
    for after in range(len(seen)):
        async with page(alice) as reader:
            await reader.say(op="follow", run=str(run.pk), after=after)
            rest = await reader.hear_until(10_000)
        assert text_of(seen[:after]) + text_of(rest) == whole


async def test_two_tabs_hear_the_same(alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue) -> None:
    run = await sync_to_async(queued)()
    fake.say(*(f"{number}," for number in range(100)), THE_END)
    async with page(alice) as one, page(alice) as two:
        await one.say(op="follow", run=str(run.pk), after=0)
        await two.say(op="follow", run=str(run.pk), after=0)
        running_engine.start(run.pk)
        first, second = await asyncio.gather(one.hear_until(10_000), two.hear_until(10_000))
    assert text_of(first) == text_of(second) == "".join(f"{number}," for number in range(100))


async def test_a_strangers_run_is_answered_like_one_that_does_not_exist(bob: User, charlie: User, ended: Run) -> None:
    answers = []
    for user, run_id in [(charlie, ended.pk), (bob, ended.pk), (charlie, 999_999)]:
        async with page(user) as reader:
            await reader.say(op="follow", run=str(run_id), after=0)
            answers.append(await reader.hear() | {"run": ""})
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["type"] == "error"


@dataclass
class Sent:
    """A message, as far as the engine knows of it."""

    run: Run | None


@asynccontextmanager
async def begun(engine: Engine, queued: Queue, fake: FakeProvider) -> AsyncIterator[Run]:
    """A run as a message begins it, which says something and then waits."""
    fake.say("still here", asyncio.Event())
    sent = await engine.begin(lambda: Sent(queued()))
    assert sent.run
    yield sent.run
    engine.stop(sent.run.pk)
    await engine.ended(sent.run.pk)


async def test_whoever_has_just_sent_a_message_waits_for_no_database(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page(alice) as reader, begun(running_engine, queued, fake) as run:
        monkeypatch.setattr(consumers, "is_signed_in", None)
        await reader.say(op="follow", run=str(run.pk), after=0)
        assert text_of(await reader.hear_until(1)) == "still here"


async def test_a_strangers_run_that_is_under_way_is_none_that_exists(
    bob: User, charlie: User, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    async with begun(running_engine, queued, fake) as run:
        for user in (bob, charlie):
            async with page(user) as reader:
                await reader.say(op="follow", run=str(run.pk), after=0)
                assert (await reader.hear())["type"] == "error"


async def test_a_session_that_was_not_looked_at_lately_is_looked_at_before_a_run_is_followed(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page(alice) as reader, begun(running_engine, queued, fake) as run:
        await sync_to_async(reader.session.delete)()
        monkeypatch.setattr(consumers, "SESSION_CHECK", 0.0)
        await reader.say(op="follow", run=str(run.pk), after=0)
        assert (await reader.hear())["type"] == "error"


async def test_a_stranger_cannot_stop_a_run(
    charlie: User, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    fake.say("still here", asyncio.Event())
    running_engine.start(run.pk)
    async with page(charlie) as reader:
        await reader.say(op="stop", run=str(run.pk))
        assert (await reader.hear())["type"] == "error"
    await sync_to_async(run.refresh_from_db)()
    assert not run.cancel_requested


async def test_stopping_through_the_socket_keeps_the_text(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    fake.say("Once upon", asyncio.Event())
    async with page(alice) as reader:
        await reader.say(op="follow", run=str(run.pk), after=0)
        running_engine.start(run.pk)
        frames = await reader.hear_until(1)
        await reader.say(op="stop", run=str(run.pk))
        frames += await reader.hear_until(10_000)
    assert text_of(frames) == "Once upon"
    assert frames[-1]["state"] == "cancelled"


async def test_a_socket_is_sent_for_no_longer_than_it_is_open_whatever_swallows_its_end(
    alice: User, ended: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_for_redis = asyncio.Event()

    async def swallow(_: RunConsumer, run_id: int, *, begins: bool) -> None:
        if not begins:
            waits_for_redis.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(PATIENCE)

    monkeypatch.setattr(RunConsumer, "_woken_by", swallow)
    async with page(alice) as reader:
        await reader.say(op="follow", run=str(ended.pk), after=0)
        await reader.hear_until(10_000)
        await waits_for_redis.wait()
    senders = [task for task in asyncio.all_tasks() if task.get_name() == "socket sender"]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*senders)


async def test_whoever_signed_out_gets_no_more_answers(alice: User, ended: Run) -> None:
    async with page(alice) as reader:
        await sync_to_async(reader.session.delete)()
        await reader.say(op="follow", run=str(ended.pk), after=0)
        assert (await reader.hear())["type"] == "error"


async def test_a_socket_closes_after_its_session_ended(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "SESSION_CHECK", 0.0)
    monkeypatch.setattr(consumers, "RE_READ", 0.01)
    async with page(alice) as reader:
        await sync_to_async(reader.session.delete)()
        closed = await reader.closed()
    assert (closed["type"], closed["code"]) == ("websocket.close", consumers.SIGNED_OUT)


async def test_a_new_password_closes_the_sockets_of_other_browsers(
    alice: User, ended: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "SESSION_CHECK", 0.0)
    monkeypatch.setattr(consumers, "RE_READ", 0.01)
    async with page(alice) as reader:
        alice.set_password("another-password")
        await alice.asave()
        closed = await reader.closed()
    assert (closed["type"], closed["code"]) == ("websocket.close", consumers.SIGNED_OUT)


@pytest.mark.parametrize(
    "frame",
    [
        "nonsense",
        "[]",
        "7",
        "null",
        "{}",
        '{"op":"follow"}',
        '{"op":"follow","run":"x"}',
        '{"op":"ack","run":{}}',
        '{"op":"ack","run":1e999,"seq":1}',
        '{"op":"follow","run":1e999}',
        '{"op":"follow","run":1,"after":-1e999}',
        '{"op":"follow","run":1,"after":9223372036854775808}',
        "[" * 5000,
    ],
)
async def test_what_is_not_the_protocol_closes_the_socket(alice: User, frame: str) -> None:
    async with page(alice) as reader:
        await reader.say_exactly(frame)
        closed = await reader.closed()
    assert (closed["type"], closed["code"]) == ("websocket.close", POLICY_VIOLATION)


async def test_a_binary_frame_closes_the_socket(alice: User) -> None:
    async with page(alice) as reader:
        await reader.communicator.send_to(bytes_data=b"\x00\x01")
        closed = await reader.closed()
    assert closed["code"] == POLICY_VIOLATION


async def test_a_flood_of_messages_closes_the_socket(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    # So few that any machine takes them within the second.
    monkeypatch.setattr(consumers, "MOST_OPERATIONS", 5)
    async with page(alice) as reader:
        for _ in range(consumers.MOST_OPERATIONS + 1):
            await reader.say(op="ack", run="1", seq=1)
        closed = await reader.closed()
    assert closed["code"] == POLICY_VIOLATION


async def test_a_page_that_follows_the_most_runs_is_no_flood(alice: User) -> None:
    """It comes back and asks for each of them, and acknowledges what it gets of each within the same second."""
    async with page(alice) as reader:
        for operation in ("follow", "ack", "ack"):
            for run in range(1, MOST_FOLLOWED + 1):
                await reader.say(op=operation, run=str(run), seq=1)
        refusals = [await reader.hear() for _ in range(MOST_FOLLOWED)]
        await reader.say(op="dance", run="1")
        answer = await reader.hear()
    assert {refusal["sentence"] for refusal in refusals} == {NO_SUCH_RUN}
    assert answer["sentence"] == "This operation is not known."


async def test_a_socket_that_breaks_follows_nothing_any_more(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(RunConsumer, "_visible_run", break_down)
    async with begun(running_engine, queued, fake) as run:
        with pytest.raises(OperationalError, match="away"):  # noqa: PT012 - the socket is left by that
            async with page(alice) as reader:
                await reader.say(op="follow", run=str(run.pk), after=0)
                await reader.hear_until(1)
                assert followers.of(run.pk)
                await reader.say(op="stop", run="7")
                await reader.communicator.wait(PATIENCE)

        assert not followers.of(run.pk)
        assert "socket sender" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_a_page_that_leaves_while_nobody_can_be_told_so_is_told_nothing_any_more(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_left, may_go = asyncio.Event(), asyncio.Event()

    async def hang(_: RunConsumer, run_id: int, *, begins: bool) -> None:
        if not begins:
            is_left.set()
            await may_go.wait()

    monkeypatch.setattr(RunConsumer, "_woken_by", hang)
    async with (
        begun(running_engine, queued, fake) as run,
        begun(running_engine, queued, fake) as other,
        page(alice) as reader,
    ):
        for one in (run, other):
            await reader.say(op="follow", run=str(one.pk), after=0)
            await reader.hear_until(1)
        await reader.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(PATIENCE):
            await is_left.wait()
        assert not followers.of(run.pk)
        assert not followers.of(other.pk)
        may_go.set()


async def test_a_page_that_acknowledges_nothing_gets_only_so_much(
    alice: User, fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.journal.SHORTEST_BEAT", 0.0)
    run = await sync_to_async(queued)()
    gates = [asyncio.Event() for _ in range(MOST_UNACKNOWLEDGED * 2)]
    fake.say(*(step for gate in gates for step in ("x", gate)), THE_END)
    async with page(alice) as reader:
        await reader.say(op="follow", run=str(run.pk), after=0)
        running_engine.start(run.pk)
        heard = 0
        for gate in gates[:MOST_UNACKNOWLEDGED]:
            while "seq" not in await reader.hear():
                pass
            heard += 1
            gate.set()
        for gate in gates[MOST_UNACKNOWLEDGED:]:
            gate.set()
        assert await reader.communicator.receive_nothing(0.3)
        assert heard == MOST_UNACKNOWLEDGED
        await reader.say(op="ack", run=str(run.pk), seq=heard)
        frames = await reader.hear_until(10_000)
    assert text_of(frames) == "x" * MOST_UNACKNOWLEDGED
