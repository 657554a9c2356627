"""A part of a page that was rendered once, with marks in the places of what differs, and is filled in from then on.

Pure: no Django.
"""

import re
from collections.abc import Mapping


class Mould:
    """What stays, cut at its marks. To fill it is a join of strings, whatever the values look like."""

    def __init__(self, rendered: str, marks: Mapping[str, str]) -> None:
        """`marks` says what is to stand in the place of each: a name by its mark."""
        pieces = re.split("|".join(f"({re.escape(mark)})" for mark in marks), rendered)
        self._pieces = [piece for piece in pieces if piece is not None]
        self._places = [(place, marks[piece]) for place, piece in enumerate(self._pieces) if piece in marks]

    def fill(self, values: Mapping[str, str]) -> str:
        """The part with these values, by their names. They have to be escaped already."""
        pieces = self._pieces.copy()
        for place, name in self._places:
            pieces[place] = values[name]
        return "".join(pieces)
