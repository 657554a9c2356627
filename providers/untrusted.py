"""JSON and text from a stranger, made safe to read, to store and to send on. Pure: no Django, no I/O.

Two things that JSON allows no database takes: the character NUL, and half of a surrogate pair.
"""

import json
import math
import re
from typing import Any

REPLACEMENT = "\ufffd"
# Levels of nesting that are kept of a value: more than any provider uses, less than would exhaust a recursive writer.
MAX_DEPTH = 32

# `strict=False` admits raw control characters inside of strings; NaN and the infinities are no JSON and become null.
_decoder = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_json(text: str) -> Any:
    """The value in this text. Raises `ValueError` for whatever is not one JSON value."""
    text = text.strip(" \t\r\n")
    try:
        value, end = _decoder.raw_decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if end != len(text):
        raise ValueError(f"text after the JSON value at {end}")
    return value


def clean_text(text: str) -> str:
    """The text without NUL, with surrogate pairs joined and lone halves replaced."""
    if not _UNSTORABLE.search(text):
        return text
    return text.replace("\x00", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def clean(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A parsed value that can be stored as JSON: its texts cleaned, what lies too deep and infinite numbers as None."""
    match value:
        case str():
            return clean_text(value)
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [clean(item, depth - 1) for item in value] if depth else None
        case dict():
            return {clean_text(name): clean(item, depth - 1) for name, item in value.items()} if depth else None
        case _:
            return value


class PieceCleaner:
    """Cleans texts that come in pieces, each text at its own place: a pair cut between two pieces is joined again."""

    def __init__(self) -> None:
        # The first half of a pair whose other half may come with the next piece of the same text.
        self._halves: dict[tuple[Any, ...], str] = {}

    def clean(self, piece: str, *place: Any) -> str:
        if not self._halves and not _UNSTORABLE.search(piece):
            return piece
        piece = self._halves.pop(place, "") + piece.replace("\x00", "")
        if "\ud800" <= piece[-1:] <= "\udbff":
            self._halves[place] = piece[-1]
            piece = piece[:-1]
        return clean_text(piece)

    def close(self) -> list[tuple[Any, ...]]:
        """The places of texts that end in half a pair."""
        places = list(self._halves)
        self._halves.clear()
        return places
