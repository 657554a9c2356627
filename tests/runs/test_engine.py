"""A streaming run from queued to its record, with a provider in memory and a real database."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from providers.client import Batch
from providers.errors import Broken, NotSent, Refused
from providers.events import Cost, ReasoningDelta, Served, TextDelta, ToolCallDelta, Usage
from runs.engine import Engine
from runs.models import Attempt, Run, RunEvent
from runs.ownership import OVERDUE, forgotten
from runs.performance import WAITS
from runs.recorder import Recorder
from tests.fakes import THE_END, FakeProvider
from tests.runs.reader import PATIENCE, Reader

pytestmark = pytest.mark.django_db(transaction=True)
Queue = Callable[..., Run]


async def perform(engine: Engine, queue: Queue) -> tuple[Reader, Run]:
    reader = Reader(await sync_to_async(queue)())
    engine.start(reader.run.pk)
    return reader, await reader.end()


async def test_every_token_arrives_once_and_is_kept(fake: FakeProvider, running_engine: Engine, queued: Queue) -> None:
    words = [f"word{number} " for number in range(500)]
    fake.say(*words, THE_END)
    reader, run = await perform(running_engine, queued)
    assert run.state == Run.State.DONE
    assert run.text == reader.text == "".join(words)
    assert [event.seq for event in reader.events] == list(range(1, run.last_seq + 1))


async def test_the_record_says_what_the_provider_said(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say(
        Served("one-2026", "req-7"),
        ReasoningDelta("Let me think. "),
        ReasoningDelta("Done."),
        "Four.",
        THE_END,
        Usage(prompt_tokens=9, output_tokens=12, reasoning_tokens=8, raw={"total_tokens": 21}),
        Cost(usd=Decimal("0.0025"), source="meta.usage.usd_spent"),
    )
    _, run = await perform(running_engine, queued)
    assert (run.text, run.reasoning) == ("Four.", "Let me think. Done.")
    assert (run.served_model, run.request_id) == ("one-2026", "req-7")
    assert (run.prompt_tokens, run.output_tokens, run.reasoning_tokens) == (9, 12, 8)
    assert (str(run.cost_usd), run.cost_source) == ("0.002500000", "reported")
    assert (run.finish_reason, run.usage_raw) == ("stop", {"total_tokens": 21})
    assert run.first_token_ms is not None
    assert run.duration_ms is not None
    assert len(run.raw_pieces()) == 7


async def test_a_cost_that_was_not_reported_is_unknown_with_a_reason(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say("Hi", THE_END)
    _, run = await perform(running_engine, queued)
    assert run.cost_usd is None
    assert run.cost_note


async def test_tool_calls_are_joined_from_their_pieces(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say(ToolCallDelta(0, "call-1", "weather", '{"city":'), ToolCallDelta(0, arguments='"Oslo"}'), THE_END)
    _, run = await perform(running_engine, queued)
    assert run.tool_calls == [{"id": "call-1", "name": "weather", "arguments": '{"city":"Oslo"}'}]


async def test_a_finished_block_comes_once_as_html_after_its_text(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say("# Title\n", "\nSome **bold** ", "text.\n\nThe ", "end.", THE_END)
    reader, run = await perform(running_engine, queued)
    kinds = [event.type for event in reader.events]
    blocks = [event.payload for event in reader.events if event.type == "html"]
    assert blocks == ["<h1>Title</h1>\n", "<p>Some <strong>bold</strong> text.</p>\n"]
    assert kinds[-1] == "text"
    assert run.text == reader.text


async def test_a_token_is_stored_before_it_is_shown(fake: FakeProvider, running_engine: Engine, queued: Queue) -> None:
    hold = asyncio.Event()
    fake.say("Hello", hold, THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.begun.wait()
    stored = [event.payload async for event in RunEvent.objects.filter(run=reader.run)]
    hold.set()
    await reader.end()
    assert stored == ["Hello"]


async def test_the_attempt_is_marked_as_sent_before_anything_leaves(
    fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[str] = []

    def look(call: object) -> object:
        states.extend(Attempt.objects.values_list("state", flat=True))
        return fake.stream(call)  # type: ignore[arg-type]

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    monkeypatch.setattr("providers.client.stream", look)
    fake.say("Hi", THE_END)
    await perform(running_engine, queued)
    assert states == [Attempt.State.SENT]


async def test_stopping_keeps_what_has_arrived(fake: FakeProvider, running_engine: Engine, queued: Queue) -> None:
    fake.say("Once upon", asyncio.Event())
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.begun.wait()
    running_engine.stop(reader.run.pk)
    run = await reader.end()
    assert (run.state, run.text) == (Run.State.CANCELLED, "Once upon")
    assert fake.open == 0


async def test_a_stop_asked_of_another_process_is_seen(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say("Once upon", asyncio.Event())
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.begun.wait()
    await sync_to_async(reader.run.request_cancel)()
    assert (await reader.end()).state == Run.State.CANCELLED


async def test_an_answer_that_breaks_off_is_interrupted_with_its_text(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say("Half an ans", Broken("incomplete"))
    _, run = await perform(running_engine, queued)
    assert (run.state, run.text, run.error_kind) == (Run.State.INTERRUPTED, "Half an ans", "incomplete")
    assert (await run.attempts.aget()).state == Attempt.State.UNKNOWN
    assert len(fake.calls) == 1


async def test_a_stream_that_ends_without_an_end_is_never_done(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say(Broken("incomplete"))
    _, run = await perform(running_engine, queued)
    assert run.state == Run.State.INTERRUPTED


async def test_a_refusal_is_a_failure_that_was_not_charged(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say(Refused("key_rejected", "bad key", status=401))
    _, run = await perform(running_engine, queued)
    assert (run.state, run.error_kind, run.error_status) == (Run.State.FAILED, "key_rejected", 401)
    assert run.error is not None
    assert run.error.charge == "no"


async def test_a_limited_call_waits_visibly_and_is_sent_again(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say(Refused("rate_limited", status=429, retry_after=0.05))
    fake.say("Now it works", THE_END)
    reader, run = await perform(running_engine, queued)
    assert run.text == "Now it works"
    assert [facts["reason"] for _, facts in reader.states if "reason" in facts] == ["rate_limited"]
    assert [attempt.state async for attempt in run.attempts.order_by("number")] == ["failed", "finished"]


async def test_what_a_failed_attempt_said_of_itself_is_not_said_of_the_next_one(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say(Served("first", request_id="A"), Refused("rate_limited", status=429, retry_after=0))
    fake.say(Served("second", request_id="B"), "Now it works", THE_END)
    _, run = await perform(running_engine, queued)
    assert (run.text, run.served_model, run.request_id) == ("Now it works", "second", "B")
    assert "'A'" not in repr(run.raw_pieces())


async def test_after_three_attempts_the_person_decides(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    for _ in range(3):
        fake.say(Refused("rate_limited", status=429, retry_after=0))
    _, run = await perform(running_engine, queued)
    assert (run.state, run.error_kind, len(fake.calls)) == (Run.State.FAILED, "rate_limited", 3)


@pytest.mark.parametrize("kind", ["provider_error", "connection_lost", "first_byte_timeout", "protocol_error"])
async def test_what_may_have_been_charged_is_never_sent_twice(
    fake: FakeProvider, running_engine: Engine, queued: Queue, kind: str
) -> None:
    fake.say(Broken(kind))
    _, run = await perform(running_engine, queued)
    assert (run.error_kind, len(fake.calls)) == (kind, 1)


async def test_a_dead_host_is_tried_again_and_then_said(
    fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WAITS, "connect_failed", (0.01, 0.01))
    for _ in range(3):
        fake.say(NotSent("connect_failed"))
    _, run = await perform(running_engine, queued)
    assert (run.state, run.error_kind, len(fake.calls)) == (Run.State.FAILED, "connect_failed", 3)


async def test_a_run_is_performed_once_however_often_it_is_started(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say("Once", THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    running_engine.start(reader.run.pk)
    await reader.end()
    running_engine.start(reader.run.pk)
    await running_engine.ended(reader.run.pk)
    assert len(fake.calls) == 1


async def test_draining_lets_a_run_finish(fake: FakeProvider, running_engine: Engine, queued: Queue) -> None:
    hold = asyncio.Event()
    fake.say("Almost ", hold, "done", THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.begun.wait()
    asyncio.get_running_loop().call_later(0.05, hold.set)
    await running_engine.drain(PATIENCE)
    run = await reader.end()
    assert (run.state, run.text) == (Run.State.DONE, "Almost done")


async def test_draining_interrupts_what_does_not_finish(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say("Too slow", asyncio.Event())
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.begun.wait()
    await running_engine.drain(0)
    run = await reader.end()
    assert (run.state, run.text) == (Run.State.INTERRUPTED, "Too slow")


async def test_our_own_mistake_ends_in_a_card_and_not_in_an_endless_wait(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    _, run = await perform(running_engine, queued)  # no script: the fake fails with an IndexError
    assert (run.state, run.error_kind) == (Run.State.FAILED, "internal_error")


async def test_a_record_that_cannot_be_stored_costs_the_run_its_facts_and_not_its_text(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    # Half a surrogate pair: whoever reads answers takes them out, no database takes them in.
    fake.say("Here it is", Served("\ud800"), THE_END)
    reader, run = await perform(running_engine, queued)
    assert (run.state, run.error_kind, run.text) == (Run.State.INTERRUPTED, "internal_error", "Here it is")
    assert reader.text == run.text


async def test_a_mistake_where_an_answer_is_read_costs_no_other_run_anything(
    fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(recorder: Recorder, batch: Batch, ms: int) -> list[tuple[str, str]]:
        if batch.events == [TextDelta("poison")]:
            raise LookupError("a mistake of ours")
        return taken(recorder, batch, ms)

    taken = Recorder.take
    monkeypatch.setattr(Recorder, "take", take)
    hold = asyncio.Event()
    fake.say("Still ", hold, "here", THE_END)
    other = Reader(await sync_to_async(queued)())
    running_engine.start(other.run.pk)
    await other.begun.wait()

    fake.say("poison", "and more", THE_END)
    _, run = await perform(running_engine, queued)
    hold.set()

    assert (run.state, run.error_kind) == (Run.State.FAILED, "internal_error")
    assert (await other.end()).text == "Still here"


async def test_what_has_come_and_was_not_read_is_kept_by_a_stop(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    more = asyncio.Event()
    fake.say("Once ", more, "upon ", "a time", asyncio.Event())
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.begun.wait()
    more.set()
    for _ in range(3):
        await asyncio.sleep(0)
    running_engine.stop(reader.run.pk)

    run = await reader.end()

    assert (run.state, run.text) == (Run.State.CANCELLED, "Once upon a time")


async def test_what_another_process_forgot_to_begin_is_adopted(
    fake: FakeProvider, running_engine: Engine, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.engine.ADOPTION", 0.01)
    monkeypatch.setattr("runs.ownership.FORGOTTEN", timedelta())
    fake.say("Found", THE_END)
    reader = Reader(await sync_to_async(queued)())
    running_engine.adopt()
    run = await reader.end()
    assert (run.state, run.text) == (Run.State.DONE, "Found")


async def test_what_was_queued_long_ago_is_not_begun_any_more(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    run = await sync_to_async(queued)()
    await Run.objects.filter(pk=run.pk).aupdate(queued_at=timezone.now() - OVERDUE * 2)
    assert await running_engine.journal.perform(forgotten) == []
