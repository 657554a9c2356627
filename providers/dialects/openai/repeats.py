"""Chunks that are like the one before but for their text, as nearly all of a stream are. Pure: no Django, no I/O.

To read JSON, and to look for all that may be in it, takes several times as long as to see that nothing but the text is
new: what stands before the text and behind it is compared, and the text itself is read as the JSON string that it is.
"""

import json
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]

# Times in a row that something is learned in vain before a stream is taken for one whose chunks differ each time.
TRIES = 3
# Stands for the text when it is checked that nothing else gives it.
MARK = "the text"


class Repeats:
    """What one answer's chunks have in common, as far as it is known."""

    def __init__(self) -> None:
        # With the quotation mark that opens the text, and from behind the one that closes it.
        self._before = self._behind = ""
        self._tries = TRIES

    def text_in(self, data: str) -> str | None:
        """The text, where the data is known but for that; None where it has to be read."""
        if not (self._before and data.startswith(self._before) and data.endswith(self._behind)):
            return None
        text: str
        try:
            # Not strict, as JSON is read here otherwise.
            text, end = scanstring(data, len(self._before), False)
        except ValueError:
            return None
        if end + len(self._behind) != len(data):
            return None
        self._tries = TRIES
        return text

    def learn(self, data: str, text: str, read: Callable[[str], str | None]) -> None:
        """This data was read and brought this text and nothing else.

        `read` gives the text of a chunk's data that brings a piece of text and nothing else; else None.
        """
        if not self._tries or MARK in data:
            return
        self._tries -= 1
        # What is between two quotation marks need not be a string: a colon is between those of a name and its value.
        for quoted in {json.dumps(text), json.dumps(text, ensure_ascii=False)}:
            before, found, behind = data.partition(quoted)
            if found and read(f'{before}"{MARK}"{behind}') == MARK:
                self._before, self._behind = before + '"', behind
