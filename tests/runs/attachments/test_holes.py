"""A request without the data of its files, and with it again."""

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from runs.attachments.holes import cut, fill, placeholder

NAMES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(3)]
DATA = {name: f"DATA{number}".encode() for number, name in enumerate(NAMES)}


@given(st.lists(st.one_of(st.text(), st.sampled_from(NAMES).map(placeholder))))
def test_what_was_cut_is_filled_in_its_place(pieces: list[str]) -> None:
    body = json.dumps(pieces, ensure_ascii=False).encode("utf-8", "replace")
    expected = body
    for name in NAMES:
        expected = expected.replace(placeholder(name).encode(), DATA[name])

    kept, holes = cut(body)

    assert fill(kept, json.loads(json.dumps(holes)), DATA.__getitem__) == expected
    assert len(holes) == sum(piece.startswith("attachment.") for piece in pieces)


def test_what_a_person_types_is_no_placeholder() -> None:
    """Whoever knows the hash of somebody else's file does not get its content for it."""
    typed = f"attachment.{NAMES[0]}.{'0' * 64}".encode()

    assert cut(typed) == (typed, [])


def test_the_seal_of_one_file_does_not_open_another() -> None:
    typed = placeholder(NAMES[0]).replace(NAMES[0], NAMES[1]).encode()

    assert cut(typed) == (typed, [])
