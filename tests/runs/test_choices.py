"""Several answers to one question: streamed together, kept apart."""

import json
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from providers.events import Event, Finished, FinishReason, ReasoningDelta, Refusal, TextDelta, ToolCallDelta
from runs.choices import OtherChoices, join_choices
from runs.engine import Engine
from runs.folding import StoredEvent
from runs.following import event_frame
from runs.models import Run, RunEvent, Supplement
from runs.reading import read_after, snapshot
from tests.fakes import FakeProvider
from tests.runs.reader import Reader

Queue = Callable[..., Run]
pieces = st.one_of(
    st.builds(TextDelta, st.text(max_size=12), choice=st.integers(1, 3)),
    st.builds(ReasoningDelta, st.text(max_size=12), choice=st.integers(1, 3)),
)


@given(st.lists(pieces, max_size=40), st.sets(st.integers(0, 40)), st.integers(1, 5))
def test_however_the_pieces_arrive_each_choice_says_the_same(
    events: list[TextDelta | ReasoningDelta], cuts: set[int], largest: int
) -> None:
    others, payloads = OtherChoices(), list[str]()
    for place, event in enumerate(events):
        others.hear(event)
        if place in cuts:
            payloads += others.pieces(largest)
    payloads += others.pieces(largest)

    joined = join_choices(payloads)

    for choice in (1, 2, 3):
        for kind, name in ((TextDelta, "text"), (ReasoningDelta, "reasoning")):
            expected = "".join(each.text for each in events if isinstance(each, kind) and each.choice == choice)
            assert joined.get(choice, {}).get(name, "") == expected
    texts = [text for payload in payloads for name, text in json.loads(payload).items() if name != "choice"]
    assert all(len(text) <= largest for text in texts)


def test_a_piece_of_another_choice_is_a_frame_of_its_own() -> None:
    event = StoredEvent(7, "choice", json.dumps({"choice": 2, "text": 'say "so"'}), 0)

    frame = json.loads(event_frame(41, event))

    assert frame == {"run": "41", "seq": 7, "type": "choice", "choice": 2, "text": 'say "so"'}


SCRIPT: list[Event] = [
    TextDelta("One "),
    TextDelta("Uno ", 1),
    ReasoningDelta("Hm", 2),
    TextDelta("two", 0),
    TextDelta("due", 1),
    ToolCallDelta(0, "call-1", "weather", "{}", 2),
    Refusal("I would rather not.", 2),
    Finished(FinishReason.STOP, "stop", 0),
    Finished(FinishReason.LENGTH, "length", 1),
    Finished(FinishReason.TOOL_CALLS, "tool_calls", 2),
]


@pytest.mark.django_db(transaction=True)
async def test_all_choices_are_kept_with_their_own_ends(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say(*SCRIPT)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    run = await reader.end()

    assert (run.text, run.finish_reason) == ("One two", "stop")
    first, second = (await Supplement.objects.aget(run=run)).choices
    assert (first["number"], first["text"], first["finish_reason"]) == (1, "Uno due", "length")
    assert (second["number"], second["reasoning"], second["refusal"]) == (2, "Hm", "I would rather not.")
    assert second["tool_calls"] == [{"id": "call-1", "name": "weather", "arguments": "{}"}]
    assert [event.seq for event in reader.events] == list(range(1, run.last_seq + 1))


@pytest.mark.django_db(transaction=True)
async def test_who_comes_late_gets_every_choice(fake: FakeProvider, running_engine: Engine, queued: Queue) -> None:
    fake.say(*SCRIPT)
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    run = await reader.end()

    for after in range(run.last_seq + 1):
        late = (await sync_to_async(read_after)(run.pk, after)).events
        seen = [event for event in reader.events if event.seq <= after] + late
        joined = join_choices(event.payload for event in seen if event.type == "choice")
        assert (joined[1]["text"], joined[2]["reasoning"]) == ("Uno due", "Hm")


@pytest.mark.django_db
def test_a_page_that_opens_in_mid_answer_has_what_every_choice_said(queued: Queue) -> None:
    run = queued()
    for seq, text in enumerate(["Uno ", "due"], start=1):
        RunEvent.objects.create(run=run, seq=seq, type="choice", payload=json.dumps({"choice": 1, "text": text}))

    assert snapshot(run.pk).choices[1]["text"] == "Uno due"
    assert snapshot(run.pk).last_seq == 2


@pytest.mark.django_db(transaction=True)
async def test_a_run_with_one_answer_brings_nothing_else(
    fake: FakeProvider, running_engine: Engine, queued: Queue
) -> None:
    fake.say("Hello", Finished(FinishReason.STOP, "stop"))
    reader = Reader(await sync_to_async(queued)())
    running_engine.start(reader.run.pk)
    await reader.end()

    assert not await Supplement.objects.aexists()
