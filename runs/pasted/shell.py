"""Words of a POSIX shell, as far as pasted commands use them. Nothing is expanded or executed. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# What a backslash means between $' and '.
ANSI = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
ANSI_NUMBER = re.compile(r"x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})")
HEREDOC = re.compile(r"<<(-?)[ \t]*(['\"]?)([A-Za-z0-9_]+)\2")
# Characters that mean nothing but themselves: outside of quotes, and within each kind of them.
PLAIN = re.compile(r"[^\s;|&<>'\"\\$]+")
PLAIN_IN_DOUBLE = re.compile(r'[^"\\$]+')
PLAIN_IN_ANSI = re.compile(r"[^'\\]+")
VARIABLE = re.compile(r"\$(\w+|\{\w+\})")


@dataclass
class Word:
    """One word, without its quotes. A variable in it stands as it was written."""

    text: str = ""
    # It holds variables that the shell would have replaced.
    varies: bool = False


@dataclass
class Command:
    words: list[Word] = field(default_factory=list)
    # What the shell would have given to its standard input.
    given: str | None = None


def commands(text: str) -> Iterator[Command]:
    """The commands of a script, one after the other. Raises `ValueError` for a quote that is never closed."""
    return _Reader(text).commands()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._place = 0
        self._awaited: list[tuple[Command, re.Match[str]]] = []
        # The word that is being read holds a variable.
        self._varies = False

    def commands(self) -> Iterator[Command]:
        command = Command()
        while self._place < len(self._text):
            one = self._text[self._place]
            if one in "\n;|&":
                self._place += 1
                if one == "\n":
                    self._read_heredocs()
                if command.words:
                    yield command
                    command = Command()
            elif one in " \t":
                self._place += 1
            elif one == "#":
                self._place = self._end_of_line()
            elif found := HEREDOC.match(self._text, self._place):
                self._awaited.append((command, found))
                self._place = found.end()
            elif one in "<>":
                self._place += 1
            elif self._text.startswith("\\\n", self._place):
                self._place += 2
            else:
                command.words.append(self._word())
        if command.words:
            yield command

    def _end_of_line(self) -> int:
        end = self._text.find("\n", self._place)
        return len(self._text) if end < 0 else end

    def _read_heredocs(self) -> None:
        for command, found in self._awaited:
            lines = []
            while self._place < len(self._text):
                end = self._end_of_line()
                line, self._place = self._text[self._place : end], end + 1
                if found[1]:
                    line = line.lstrip("\t")
                if line == found[3]:
                    break
                lines.append(line)
            given = "\n".join(lines)
            command.given = given if found[2] else re.sub(r"\\([\\$`])", r"\1", given)
        self._awaited.clear()

    def _word(self) -> Word:
        pieces: list[str] = []
        self._varies = False
        while self._place < len(self._text) and (one := self._text[self._place]) not in " \t\n;|&<>":
            if one == "'":
                pieces.append(self._until("'"))
            elif one == '"':
                pieces.append(self._double())
            elif self._text.startswith("$'", self._place):
                self._place += 1
                pieces.append(self._ansi())
            elif one == "\\":
                # Before a line's end it is nothing, before anything else that thing itself.
                pieces.append(self._text[self._place + 1 : self._place + 2].replace("\n", ""))
                self._place += 2
            else:
                self._notice_variable()
                pieces.append(self._next(PLAIN))
        return Word("".join(pieces), self._varies)

    def _notice_variable(self) -> None:
        self._varies = self._varies or bool(VARIABLE.match(self._text, self._place))

    def _until(self, quote: str) -> str:
        end = self._text.find(quote, self._place + 1)
        if end < 0:
            raise ValueError("a quote is not closed")
        inner, self._place = self._text[self._place + 1 : end], end + 1
        return inner

    def _double(self) -> str:
        pieces = []
        self._place += 1
        self._notice_variable()
        while (one := self._next(PLAIN_IN_DOUBLE)) != '"':
            if one == "\\":
                escaped = self._next()
                pieces.append("" if escaped == "\n" else escaped if escaped in '$`"\\' else "\\" + escaped)
            else:
                pieces.append(one)
            self._notice_variable()
        return "".join(pieces)

    def _ansi(self) -> str:
        pieces = []
        self._place += 1
        while (one := self._next(PLAIN_IN_ANSI)) != "'":
            if one != "\\":
                pieces.append(one)
            elif number := ANSI_NUMBER.match(self._text, self._place):
                self._place = number.end()
                digits = next(group for group in number.groups() if group)
                pieces.append(_character(int(digits, 8 if number[4] else 16)))
            else:
                escaped = self._next()
                pieces.append(ANSI.get(escaped, "\\" + escaped))
        return "".join(pieces)

    def _next(self, plain: re.Pattern[str] | None = None) -> str:
        """The next character; where some are plain, as many of those as follow each other."""
        if self._place >= len(self._text):
            raise ValueError("a quote is not closed")
        found = plain.match(self._text, self._place) if plain else None
        begin, self._place = self._place, found.end() if found else self._place + 1
        return self._text[begin : self._place]


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 else "\ufffd"
