"""Which calls are made again without a person, and how long is waited before that: of streams and of whole answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from providers import client
from providers.errors import Charge
from providers.models import LanguageModel, Provider
from runs.engine import Engine
from runs.models import Run
from runs.performance import LONGEST_WAIT, MOST_ATTEMPTS, WAITS
from tests.faultscript import tokens
from tests.faultserver import FaultServer
from tests.runs.reader import PATIENCE, Reader

pytestmark = pytest.mark.django_db(transaction=True)
BUSY = {"error": {"message": "too much to do"}}


class WaitingReader(Reader):
    """Knows also when the run waits for its next attempt."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.waits = asyncio.Event()

    def notice(self, run_id: int, state: str, facts: dict[str, object]) -> None:
        super().notice(run_id, state, facts)
        if "reason" in facts:
            self.waits.set()

    async def wait(self) -> dict[str, object]:
        """What the page is told of the wait."""
        async with asyncio.timeout(PATIENCE):
            await self.waits.wait()
        return self.states[-1][1]


Begin = Callable[[], Awaitable[WaitingReader]]


@pytest.fixture
async def connected(running_engine: Engine) -> AsyncIterator[Engine]:
    yield running_engine
    await running_engine.drain(0)
    await client.close()


@pytest.fixture(params=["streamed", "whole"])
def begin(request: pytest.FixtureRequest, connected: Engine, alice: User, faults: FaultServer) -> Begin:
    """Begins a run, of an answer that is streamed or comes whole."""

    def queue() -> Run:
        upstream = Provider.objects.create(
            name="Faults", base_url=faults.base_url, dialect_name="openai", needs_key=False
        )
        model = LanguageModel.objects.create(provider=upstream, model_id="tokens/2")
        messages = [{"role": "user", "content": "Hi"}]
        is_whole = request.param == "whole"
        return Run.objects.queue(
            user=alice, model=model, messages=messages, to_send={}, as_set={}, in_background=is_whole
        )

    async def begin() -> WaitingReader:
        reader = WaitingReader(await sync_to_async(queue)())
        connected.start(reader.run.pk)
        return reader

    return begin


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the provider does not say how long to wait, it is not long."""
    for kind in ("rate_limited", "overloaded"):
        monkeypatch.setitem(WAITS, kind, (0.01, 0.01))


def after(written: str) -> dict[str, str]:
    """The header that says when to come back: in seconds, or as a date so many hours from now."""
    if written.endswith(" h"):
        written = format_datetime(datetime.now(UTC) + timedelta(hours=int(written[:-2])), usegmt=True)
    return {"Retry-After": written} if written else {}


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {}),
        (429, {"Retry-After": "0"}),
        (503, {"Retry-After": "0"}),
        (529, {}),
        (529, {"Retry-After": "0"}),
        (529, {"Retry-After": "soon"}),
    ],
)
async def test_a_call_that_was_not_taken_on_is_made_again(
    begin: Begin, hurried: None, faults: FaultServer, status: int, headers: dict[str, str]
) -> None:
    faults.answer(status, BUSY, headers)
    run = await (await begin()).end()
    assert (run.state, run.text, len(faults.requests)) == (Run.State.DONE, tokens(2), 2)
    assert [attempt.state async for attempt in run.attempts.order_by("number")] == ["failed", "finished"]


@pytest.mark.parametrize(
    ("status", "headers", "kind", "charge"),
    [
        # Busy for who knows how long: a 503 is also what stands before a machine that broke down in the middle.
        (503, {}, "overloaded", Charge.NO),
        (503, {"Retry-After": "soon"}, "overloaded", Charge.NO),
        # Whether these were done, and billed, nobody knows; that they say when to come back changes nothing.
        (500, {"Retry-After": "0"}, "provider_error", Charge.MAYBE),
        (502, {"Retry-After": "0"}, "provider_error", Charge.MAYBE),
        (504, {"Retry-After": "0"}, "provider_error", Charge.MAYBE),
        # Nor does it make a refusal anything else.
        (401, {"Retry-After": "0"}, "key_rejected", Charge.NO),
    ],
)
async def test_any_other_refusal_is_left_to_the_person(
    begin: Begin, hurried: None, faults: FaultServer, status: int, headers: dict[str, str], kind: str, charge: Charge
) -> None:
    faults.answer(status, BUSY, headers)
    run = await (await begin()).end()
    assert (run.state, run.error_kind, run.error_status) == (Run.State.FAILED, kind, status)
    assert run.error is not None
    assert (run.error.charge, run.error_detail) == (charge, "too much to do")
    assert len(faults.requests) == 1


@pytest.mark.parametrize(("status", "kind"), [(429, "rate_limited"), (503, "overloaded"), (529, "overloaded")])
async def test_who_says_no_three_times_is_not_asked_again(
    begin: Begin, faults: FaultServer, status: int, kind: str
) -> None:
    for _ in range(MOST_ATTEMPTS):
        faults.answer(status, BUSY, {"Retry-After": "0"})
    run = await (await begin()).end()
    assert (run.state, run.error_kind, len(faults.requests)) == (Run.State.FAILED, kind, 3)


@pytest.mark.parametrize("status", [429, 503, 529])
@pytest.mark.parametrize(("written", "seconds"), [("7", 7), ("60", 60), ("61", 60), ("1000000000", 60), ("+1 h", 60)])
async def test_a_provider_is_waited_for_as_long_as_it_asks_and_a_minute_at_most(
    begin: Begin, connected: Engine, faults: FaultServer, status: int, written: str, seconds: float
) -> None:
    faults.answer(status, BUSY, after(written))
    reader = await begin()
    told = await reader.wait()
    assert told["seconds"] == pytest.approx(seconds, abs=1)
    assert (told["attempt"], told["of"]) == (2, 3)
    connected.stop(reader.run.pk)
    assert (await reader.end()).state == Run.State.CANCELLED
    assert len(faults.requests) == 1


@pytest.mark.parametrize("written", ["", "-5", "soon", "-1 h"])
async def test_who_asks_for_nothing_that_can_be_read_is_waited_for_a_moment(
    begin: Begin, connected: Engine, faults: FaultServer, written: str
) -> None:
    faults.answer(429, BUSY, after(written))
    reader = await begin()
    assert (await reader.wait())["seconds"] == pytest.approx(WAITS["rate_limited"][0], abs=1)
    connected.stop(reader.run.pk)
    assert (await reader.end()).state == Run.State.CANCELLED


async def test_after_the_longest_wait_it_is_asked_again_whatever_it_said(
    begin: Begin, faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LONGEST_WAIT == 60
    monkeypatch.setattr("runs.performance.LONGEST_WAIT", 0.05)
    faults.answer(429, BUSY, {"Retry-After": "1000000000"})
    run = await (await begin()).end()
    assert (run.state, run.text, len(faults.requests)) == (Run.State.DONE, tokens(2), 2)
