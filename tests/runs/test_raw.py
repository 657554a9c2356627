import json
import tracemalloc
import zlib

from hypothesis import given
from hypothesis import strategies as st

from runs.models import Run
from runs.raw import UNPACKED, RawAnswer

# Bytes that an open run may hold for what its provider said.
MOST_HELD = 48 * 1024


def chunk(number: int) -> str:
    delta = {"index": 0, "delta": {"content": f"tok{number} "}, "logprobs": None, "finish_reason": None}
    return json.dumps({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "served", "choices": [delta]})


@given(st.lists(st.tuples(st.integers(min_value=0, max_value=10**7), st.text(max_size=UNPACKED // 4)), max_size=20))
def test_what_was_said_is_read_again_piece_by_piece(pieces: list[tuple[int, str]]) -> None:
    answer = RawAnswer()
    for ms, piece in pieces:
        answer.add(ms, piece)

    assert Run(raw=answer.packed()).raw_pieces() == pieces


def test_an_open_answer_holds_little() -> None:
    chunks = [chunk(number) for number in range(2_000)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        answer = RawAnswer()
        for ms, piece in enumerate(chunks):
            answer.add(ms, piece)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held - before < MOST_HELD
    assert len(zlib.decompress(answer.packed())) > 6 * MOST_HELD
