"""Events to text and back, for readers who come late."""

import json

from hypothesis import given
from hypothesis import strategies as st

from runs.folding import LARGEST_EVENT, Folded, StoredEvent, fold, join_tool_calls, parts_after

kinds = st.sampled_from(
    ["text", "reasoning", "html", "tool_call", "choice 1 text", "choice 2 text", "choice 1 reasoning"]
)


def events_of(pieces: list[tuple[str, str]]) -> list[StoredEvent]:
    return [event_of(seq, kind, text) for seq, (kind, text) in enumerate(pieces, start=1)]


def event_of(seq: int, kind: str, text: str) -> StoredEvent:
    match kind.split():
        case ["choice", number, what]:
            return StoredEvent(seq, "choice", json.dumps({"choice": int(number), what: text}), seq * 10)
        case ["tool_call"]:
            text = '{"position": 0, "id": "", "name": "", "arguments": ""}'
    return StoredEvent(seq, kind, text, seq * 10)


def said(events: list[StoredEvent], kind: str) -> str:
    """All that these events say of a kind, which may be that of another choice."""
    match kind.split():
        case ["choice", number, what]:
            payloads = [json.loads(event.payload) for event in events if event.type == "choice"]
            return "".join(payload.get(what, "") for payload in payloads if payload["choice"] == int(number))
        case _:
            return "".join(event.payload for event in events if event.type == kind)


def late_events(folded: Folded, after: int, most: int = 100) -> list[StoredEvent]:
    """What a reader who has seen the events up to this number gets of the rest."""
    whole = {"text": folded.text, "reasoning": folded.reasoning}
    for number, choice in folded.choices.items():
        whole |= {f"{kind}:{number}": choice[kind] for kind in ("text", "reasoning")}
    parts = parts_after(folded.timeline, after, most)
    return [part.said(whole[part.kind][part.begin : part.end]) for part in parts]


@given(st.lists(st.tuples(kinds, st.text(max_size=10)), max_size=30), st.integers(0, 40), st.integers(1, 4))
def test_a_late_reader_gets_exactly_the_text_it_has_not_seen(
    pieces: list[tuple[str, str]], after: int, most: int
) -> None:
    events = events_of(pieces)
    folded = fold(events)
    rest: list[StoredEvent] = []
    while page := late_events(folded, rest[-1].seq if rest else after, most):
        assert len(page) <= most
        rest += page
    for kind in ("text", "reasoning", "choice 1 text", "choice 2 text", "choice 1 reasoning"):
        assert said(events[:after], kind) + said(rest, kind) == said(events, kind)


@given(st.lists(st.tuples(kinds, st.text(min_size=1, max_size=10)), max_size=30), st.integers(0, 30))
def test_a_late_reader_gets_numbers_that_grow_and_were_not_used(pieces: list[tuple[str, str]], after: int) -> None:
    folded = fold(events_of(pieces))
    numbers = [event.seq for event in late_events(folded, after)]
    assert numbers == sorted(set(numbers))
    assert all(after < number <= folded.last_seq for number in numbers)


def test_a_late_reader_gets_few_events_none_of_which_is_too_large() -> None:
    folded = fold(events_of([("text", "x" * 100)] * 100))

    sizes = [len(event.payload) for event in late_events(folded, 0)]

    assert sizes == [LARGEST_EVENT // 100 * 100, LARGEST_EVENT // 100 * 100, 10_000 % (LARGEST_EVENT // 100 * 100)]


def test_the_choices_are_kept_by_their_number() -> None:
    call = {"position": 0, "id": "a", "name": "weather", "arguments": ""}
    events = [
        event_of(1, "choice 2 text", "Bon"),
        event_of(2, "choice 1 reasoning", "Hm."),
        event_of(3, "choice 2 text", "jour"),
        StoredEvent(4, "choice", json.dumps({"choice": 1, "tool_call": call}), 0),
        StoredEvent(5, "choice", json.dumps({"choice": 1, "tool_call": call | {"id": "", "arguments": "{}"}}), 0),
    ]

    assert fold(events).choices == {
        1: {"text": "", "reasoning": "Hm.", "tool_calls": [{"id": "a", "name": "weather", "arguments": "{}"}]},
        2: {"text": "Bonjour", "reasoning": "", "tool_calls": []},
    }


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
