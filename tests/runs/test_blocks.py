"""Finding the finished blocks of a text that is still growing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.blocks import BlockSplitter

ANSWER = "One\nstill one\n\n- a\n- b\n\n- c\n\nAfter\n\n```py\nx = 1\n\ny = 2\n```\n\n| a |\n|---|\n| 1 |\n\nEnd"


def blocks(pieces: list[str]) -> list[str]:
    splitter = BlockSplitter()
    return [block for piece in pieces for _, block in splitter.feed(piece) if block]


def test_a_paragraph_is_finished_by_a_blank_line() -> None:
    assert blocks(["One\nstill one\n", "\nTwo"]) == ["One\nstill one\n\n"]


def test_code_is_not_cut_at_its_blank_lines() -> None:
    assert blocks(["```py\nx = 1\n\ny = 2\n```\nnext"]) == ["```py\nx = 1\n\ny = 2\n```\n"]


def test_a_shorter_fence_inside_code_does_not_close_it() -> None:
    assert blocks(["````\n```\n````\n"]) == ["````\n```\n````\n"]


def test_a_list_goes_on_over_blank_lines() -> None:
    assert blocks(["- a\n\n- b\n\n  more of b\n\n"]) == []
    assert blocks(["- a\n\n- b\n\nAfter\n\n"]) == ["- a\n\n- b\n\nAfter\n\n"]


def test_blank_lines_alone_are_not_a_block() -> None:
    assert blocks(["\n\n\n"]) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_blocks_do_not_depend_on_how_the_text_was_cut(size: int) -> None:
    pieces = [ANSWER[begin : begin + size] for begin in range(0, len(ANSWER), size)]
    assert blocks(pieces) == blocks([ANSWER])


@given(st.lists(st.text(alphabet="ab `-#\n", max_size=30), max_size=20))
def test_the_pieces_are_the_text_and_blocks_are_its_beginning(pieces: list[str]) -> None:
    splitter = BlockSplitter()
    out = [pair for piece in pieces for pair in splitter.feed(piece)]
    assert "".join(piece for piece, _ in out) == "".join(pieces)
    assert "".join(pieces).startswith("".join(block for _, block in out))


@given(st.lists(st.text(alphabet="ab `-#\n", max_size=30), max_size=20))
def test_a_block_ends_exactly_where_its_piece_ends(pieces: list[str]) -> None:
    splitter = BlockSplitter()
    shown = rendered = ""
    for piece in pieces:
        for part, block in splitter.feed(piece):
            shown += part
            if block:
                rendered += block
                assert rendered == shown
