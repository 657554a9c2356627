"""Events to text and back, for readers who come late."""

from hypothesis import given
from hypothesis import strategies as st

from runs.folding import StoredEvent, fold, join_tool_calls, unfold

kinds = st.sampled_from(["text", "reasoning", "html", "tool_call"])


def events_of(pieces: list[tuple[str, str]]) -> list[StoredEvent]:
    payload = '{"position": 0, "id": "", "name": "", "arguments": ""}'
    return [
        StoredEvent(seq, kind, payload if kind == "tool_call" else text, seq * 10)
        for seq, (kind, text) in enumerate(pieces, start=1)
    ]


@given(st.lists(st.tuples(kinds, st.text(max_size=10)), max_size=30), st.integers(0, 40))
def test_a_late_reader_gets_exactly_the_text_it_has_not_seen(pieces: list[tuple[str, str]], after: int) -> None:
    events = events_of(pieces)
    folded = fold(events)
    rest = unfold(folded.text, folded.reasoning, folded.timeline, after)
    for kind in ("text", "reasoning"):
        seen = "".join(event.payload for event in events[:after] if event.type == kind)
        told = "".join(event.payload for event in rest if event.type == kind)
        assert seen + told == "".join(event.payload for event in events if event.type == kind)


@given(st.lists(st.tuples(kinds, st.text(min_size=1, max_size=10)), max_size=30), st.integers(0, 30))
def test_a_late_reader_gets_numbers_that_grow_and_were_not_used(pieces: list[tuple[str, str]], after: int) -> None:
    folded = fold(events_of(pieces))
    numbers = [event.seq for event in unfold(folded.text, folded.reasoning, folded.timeline, after)]
    assert numbers == sorted(set(numbers))
    assert all(after < number <= folded.last_seq for number in numbers)


def test_calls_at_different_positions_stay_apart() -> None:
    pieces = [
        {"position": 1, "id": "b", "name": "two", "arguments": ""},
        {"position": 0, "id": "a", "name": "one", "arguments": "{"},
        {"position": 1, "id": "", "name": "", "arguments": "{}"},
        {"position": 0, "id": "", "name": "", "arguments": "}"},
    ]
    assert join_tool_calls(pieces) == [
        {"id": "a", "name": "one", "arguments": "{}"},
        {"id": "b", "name": "two", "arguments": "{}"},
    ]
