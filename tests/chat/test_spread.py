"""What several answers have in common."""

from hypothesis import given
from hypothesis import strategies as st

from chat.spread import Agreement, Spread


def test_what_is_not_known_is_counted_and_not_taken_for_nothing() -> None:
    assert Spread.of([3.0, None, 1.0, 2.0]) == Spread(median=2.0, least=1.0, most=3.0, unknown=1)
    assert Spread.of([None]) is None
    assert Spread.of([]) is None


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_median_lies_within_the_range(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread is not None
    assert spread.least <= spread.median <= spread.most


def test_answers_that_differ_in_blanks_alone_are_the_same() -> None:
    assert Agreement.of(["Yes.", "No.", " Yes.\n"]) == Agreement("Yes.", same=2, answers=3)


def test_one_answer_agrees_with_nobody() -> None:
    assert Agreement.of(["Yes."]) is None


def test_of_answers_that_are_as_frequent_the_first_one_counts() -> None:
    assert Agreement.of(["Yes.", "No."]) == Agreement("Yes.", same=1, answers=2)
