"""What a socket sends next: each event once, in order, and no more than its reader can take."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.folding import StoredEvent
from runs.following import LARGEST_UNACKNOWLEDGED, MOST_UNACKNOWLEDGED, PATIENCE, Following, event_frame


def event(seq: int, size: int = 1) -> StoredEvent:
    return StoredEvent(seq, "text", "x" * size, 0)


def sent(following: Following) -> list[int]:
    numbers = []
    while taken := following.take():
        following.sent(taken.seq, len(taken.payload))
        numbers.append(taken.seq)
    return numbers


def up_to_date() -> Following:
    following = Following(run_id=1, last_seq=0)
    following.is_behind = False
    return following


def test_the_next_number_is_forwarded() -> None:
    following = up_to_date()
    following.offer([event(1), event(2)])
    assert sent(following) == [1, 2]


def test_a_repeat_is_dropped() -> None:
    following = up_to_date()
    following.offer([event(1), event(1), event(2)])
    assert sent(following) == [1, 2]


def test_a_gap_is_read_from_the_database() -> None:
    following = up_to_date()
    following.offer([event(1), event(3)])
    assert sent(following) == [1]
    assert following.is_behind


def test_a_reader_who_does_not_acknowledge_gets_no_more() -> None:
    following = up_to_date()
    following.offer([event(number) for number in range(1, 200)])
    assert len(sent(following)) == MOST_UNACKNOWLEDGED
    assert following.is_blocked


def test_large_frames_are_counted_by_their_size() -> None:
    following = up_to_date()
    following.offer([event(1, LARGEST_UNACKNOWLEDGED), event(2)])
    assert sent(following) == [1]


def test_what_a_blocked_reader_misses_is_not_kept_in_memory() -> None:
    following = up_to_date()
    following.offer([event(number) for number in range(1, MOST_UNACKNOWLEDGED + 1)])
    sent(following)
    following.offer([event(MOST_UNACKNOWLEDGED + 1)])
    assert not following.buffered
    assert following.is_behind


def test_an_acknowledgement_lets_it_go_on() -> None:
    following = up_to_date()
    following.offer([event(number) for number in range(1, MOST_UNACKNOWLEDGED + 1)])
    sent(following)
    following.acknowledge(MOST_UNACKNOWLEDGED)
    assert not following.is_blocked


def test_a_reader_who_is_silent_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("runs.following.time.monotonic", lambda: now[0])
    following = up_to_date()
    following.sent(1, 1)
    before = following.is_given_up
    now[0] += PATIENCE + 1
    after = following.is_given_up
    following.acknowledge(1)
    assert (before, after, following.is_given_up) == (False, True, False)


@given(st.sampled_from(["text", "reasoning", "tool_call", "html"]), st.text())
def test_a_frame_is_one_line_of_json_whatever_the_model_writes(kind: str, payload: str) -> None:
    frame = event_frame(7, StoredEvent(3, kind, payload, 0))
    name = "html" if kind == "html" else "text"
    assert json.loads(frame) == {"run": "7", "seq": 3, "type": kind, name: payload}
    assert len(frame.splitlines()) == 1


@given(st.integers(0, 2**32), st.floats(0, 0.5))
def test_every_event_arrives_once_however_many_wakeups_are_lost(seed: int, lost: float) -> None:
    chance = random.Random(seed)
    stored = [event(seq) for seq in range(1, 101)]
    following, got = Following(run_id=1, last_seq=0), list[int]()
    for seq in range(1, 101):
        if chance.random() > lost:
            following.offer([stored[seq - 1]] * chance.choice([1, 1, 2]))
        got += sent(following)
        if following.is_behind and not following.is_blocked:
            following.is_behind = False
            for missed in stored[following.last_seq : seq]:
                following.sent(missed.seq, 1)
                got.append(missed.seq)
        following.acknowledge(following.last_seq)
    got += [missed.seq for missed in stored[following.last_seq :]]
    assert got == list(range(1, 101))
