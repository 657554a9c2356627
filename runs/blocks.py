"""Finds the finished blocks of a Markdown text that is still growing. Pure: no Django, no I/O.

Each line is looked at once, so the work is linear in the length of the answer, and what is finished is never rendered
again. Blocks are a preview: the whole text is rendered once more at its end, which settles what only the whole can
(reference links, a list whose items stand far apart).
"""

import re

_fence = re.compile(r" {0,3}(`{3,}|~{3,})")
_list_item = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)")


class BlockSplitter:
    """Cuts a growing text into pieces such that each finished block ends exactly at the end of a piece."""

    def __init__(self) -> None:
        # The text of the block that is not finished yet, and of the line that is not.
        self._block: list[str] = []
        self._line: list[str] = []
        self._has_content = False
        self._in_list = False
        # The marker that opened the code block we are in, such as "```".
        self._fence = ""

    def feed(self, text: str) -> list[tuple[str, str]]:
        """(piece, block): the text again in pieces, each with the finished block that ends there, or with "".

        The pieces joined are the text; the blocks joined are the text up to the end of the last finished block.
        """
        pieces = []
        cut = begin = 0
        while (newline := text.find("\n", begin)) >= 0:
            self._line.append(text[begin : newline + 1])
            begin = newline + 1
            if self._ends_with("".join(self._line)):
                pieces.append((text[cut:begin], self._take_block()))
                cut = begin
            self._line.clear()
        self._line.append(text[begin:])
        if cut < len(text):
            pieces.append((text[cut:], ""))
        return pieces

    def _ends_with(self, line: str) -> bool:
        """Add a whole line to the block; whether the block is finished with it."""
        self._block.append(line)
        if self._fence:
            return self._closes_fence(line) and not self._in_list
        if not line.strip():
            return self._has_content and not self._in_list
        if opening := _fence.match(line):
            self._fence = opening[1]
        # A list goes on over blank lines, as long as its items or their indented text follow.
        self._in_list = bool(_list_item.match(line)) or (self._in_list and line.startswith((" ", "\t")))
        self._has_content = True
        return False

    def _closes_fence(self, line: str) -> bool:
        mark = line.strip()
        if len(mark) < len(self._fence) or set(mark) != {self._fence[0]}:
            return False
        self._fence = ""
        return True

    def _take_block(self) -> str:
        block = "".join(self._block)
        self._block.clear()
        self._has_content = self._in_list = False
        return block
