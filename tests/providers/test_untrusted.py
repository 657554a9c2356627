"""What a stranger sent can be read and stored."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.untrusted import MAX_DEPTH, REPLACEMENT, PieceCleaner, clean, clean_text, parse_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (' \n{"a": [1, null]}\r\n', {"a": [1, None]}),
        ('"a\nb\x00"', "a\nb\x00"),
        ("[NaN, Infinity, -Infinity]", [None, None, None]),
        (r'"\ud83d\ude00"', "😀"),
    ],
)
def test_json_is_read_leniently(text: str, value: Any) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize("text", ["", "{", "{} {}", "'a'", "[" * 100_000, "1" * 5000, "\u00a0{}"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_a_value_is_cleaned_all_through() -> None:
    assert clean({"a\x00": ["\ud800", 1e999, 1.5, True, None]}) == {"a": [REPLACEMENT, None, 1.5, True, None]}


def test_what_lies_too_deep_is_left_out() -> None:
    value: Any = "bottom"
    for _ in range(MAX_DEPTH + 1):
        value = [value]

    assert "bottom" in str(clean(value[0]))
    assert "bottom" not in str(clean(value))


halves = st.text(st.sampled_from("a😀\x00\ud83d\ude00é"), max_size=12)


@given(halves, st.lists(st.integers(0, 12)).map(sorted))
def test_cleaning_piece_by_piece_is_cleaning_the_whole(text: str, cuts: list[int]) -> None:
    cleaner = PieceCleaner()
    pieces = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]

    cleaned = "".join(cleaner.clean(piece, "text") for piece in pieces)

    assert cleaned + REPLACEMENT * len(cleaner.close()) == clean_text(text)
