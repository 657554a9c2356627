"""Regular expressions of a stranger, matched in a time that they cannot drive up. Pure: no Django, no I/O.

Patterns in a JSON Schema are written by models and pasted from anywhere, and Python's engine tries one way after the
other: `(a+)+b` on thirty letters takes it minutes, in which it lets nothing else of the process run. Here all ways are
gone at once: a part of a pattern takes the places where it may begin to those where it may have ended. What cannot be
matched so (references back, looking ahead) is not checked, and whoever asks is told.

The notation: https://json-schema.org/understanding-json-schema/reference/regular_expressions
"""

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache, reduce

# Places looked at until it is given up; a simple pattern takes some for each character.
MOST_STEPS = 500_000
# Characters of a pattern, levels of its groups, and how often a part may be repeated by number.
LONGEST, DEEPEST, MOST_REPEATS = 1000, 20, 1000

Places = frozenset[int]
# The places where a part may have ended, by those where it may begin.
Part = Callable[["_Text", Places], Places]
IsOne = Callable[[str], bool]

_QUANTIFIER = re.compile(r"\*|\+|\?|\{(\d{1,4})(,?)(\d{0,4})\}")
_CLASS = re.compile(r"\[(\^?)((?:\\.|[^\]\\])*)\]", re.DOTALL)
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,5})\}")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_KINDS = {
    "d": re.compile("[0-9]"),
    "D": re.compile("[^0-9]"),
    "w": re.compile("[A-Za-z0-9_]"),
    "W": re.compile("[^A-Za-z0-9_]"),
    "s": re.compile(r"\s"),
    "S": re.compile(r"\S"),
}


class UncheckedError(Exception):
    """It cannot be said here whether it matches; the message says why, as the end of a sentence."""


class Matcher:
    """Looks for patterns in texts, as long as all of that together does not take too long."""

    def __init__(self) -> None:
        self._steps = 0

    def is_found(self, pattern: str, text: str) -> bool:
        """Whether the pattern matches anywhere in the text. Raises `UncheckedError`."""
        try:
            return bool(_part(pattern)(_Text(text, self), frozenset(range(len(text) + 1))))
        except RecursionError:
            raise UncheckedError("its pattern is nested too deeply") from None

    def step(self, count: int) -> None:
        self._steps += count
        if self._steps > MOST_STEPS:
            raise UncheckedError("its pattern would take too long")


class _Text:
    """The text, and the one who looks for something in it."""

    def __init__(self, text: str, matcher: Matcher) -> None:
        self.text = text
        self._matcher = matcher

    def step(self, places: Collection[int]) -> None:
        self._matcher.step(len(places) + 1)


@lru_cache(maxsize=256)
def _part(pattern: str) -> Part:
    if len(pattern) > LONGEST:
        raise UncheckedError("its pattern is too long")
    reader = _Reader(pattern)
    part = reader.alternatives()
    if not reader.is_at_end:
        raise UncheckedError("its pattern is not a regular expression")
    return part


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0
        self._depth = 0

    @property
    def is_at_end(self) -> bool:
        return self._place == len(self._pattern)

    def alternatives(self) -> Part:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _any_of(parts)

    def _sequence(self) -> Part:
        return _in_turn(list(self._parts()))

    def _parts(self) -> Iterator[Part]:
        while not self.is_at_end and self._pattern[self._place] not in "|)":
            part = self._atom()
            found = _QUANTIFIER.match(self._pattern, self._place)
            if found:
                self._place = found.end()
                # Whether it takes much or little first changes nothing about whether it matches.
                self._take("?")
                part = _repeated(part, *_counts(found))
            yield part

    def _atom(self) -> Part:
        character = self._next()
        match character:
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case "^":
                return lambda _, places: places & {0}
            case "$":
                return lambda read, places: places & {len(read.text)}
            case ".":
                return _one(lambda one: one not in "\n\r\u2028\u2029")
            case "*" | "+" | "?":
                raise UncheckedError("its pattern is not a regular expression")
            case _:
                return _one(lambda one: one == character)

    def _group(self) -> Part:
        if self._take("?") and not self._take(":"):
            name = re.compile(r"<[A-Za-z_]\w*>").match(self._pattern, self._place)
            if not name:
                raise UncheckedError("its pattern looks ahead or behind")
            self._place = name.end()
        self._depth += 1
        if self._depth > DEEPEST:
            raise UncheckedError("its pattern is nested too deeply")
        part = self.alternatives()
        self._depth -= 1
        if not self._take(")"):
            raise UncheckedError("its pattern is not a regular expression")
        return part

    def _class(self) -> Part:
        found = _CLASS.match(self._pattern, self._place - 1)
        if not found:
            raise UncheckedError("its pattern is not a regular expression")
        self._place = found.end()
        return _one(_class_of(found[1] == "^", found[2]))

    def _escape(self) -> Part:
        letter = self._next()
        if letter in _KINDS:
            return _one(_kind(letter))
        if letter in "bB":
            return lambda read, places: frozenset(
                place for place in places if _is_boundary(read.text, place) == (letter == "b")
            )
        self._place -= 1
        character, length = _escaped(self._pattern[self._place :])
        self._place += length
        return _one(lambda one: one == character)

    def _take(self, character: str) -> bool:
        is_there = self._pattern.startswith(character, self._place)
        self._place += is_there
        return is_there

    def _next(self) -> str:
        if self.is_at_end:
            raise UncheckedError("its pattern is not a regular expression")
        self._place += 1
        return self._pattern[self._place - 1]


def _counts(found: re.Match[str]) -> tuple[int, int | None]:
    """How often at least and at most; None is without end."""
    if found[1] is None:
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[found[0]]
    least = int(found[1])
    most = int(found[3]) if found[3] else None if found[2] else least
    if max(least, most or 0) > MOST_REPEATS or (most is not None and most < least):
        raise UncheckedError("its pattern repeats something too often")
    return least, most


def _one(is_one: IsOne) -> Part:
    def part(read: _Text, places: Places) -> Places:
        read.step(places)
        text = read.text
        return frozenset(place + 1 for place in places if place < len(text) and is_one(text[place]))

    return part


def _in_turn(parts: list[Part]) -> Part:
    return lambda read, places: reduce(lambda reached, part: part(read, reached), parts, places)


def _any_of(parts: list[Part]) -> Part:
    return lambda read, places: frozenset[int]().union(*(part(read, places) for part in parts))


def _repeated(repeated: Part, least: int, most: int | None) -> Part:
    def part(read: _Text, places: Places) -> Places:
        for _ in range(least):
            read.step(places)
            places = repeated(read, places)
        reached, new, times = set(places), places, least
        while new and (most is None or times < most):
            read.step(new)
            new = repeated(read, new).difference(reached)
            reached.update(new)
            times += 1
        return frozenset(reached)

    return part


def _kind(letter: str) -> IsOne:
    kind = _KINDS[letter]
    return lambda one: kind.match(one) is not None


def _class_of(is_negated: bool, inside: str) -> IsOne:
    """What stands between brackets: single characters, ranges, and kinds of them."""
    kinds: list[IsOne] = []
    ranges: list[tuple[str, str]] = []
    place = 0
    while place < len(inside):
        if inside[place] == "\\" and inside[place + 1] in _KINDS:
            kinds.append(_kind(inside[place + 1]))
            place += 2
            continue
        first, place = _member(inside, place)
        last = first
        if (
            inside.startswith("-", place)
            and place + 1 < len(inside)
            and inside[place + 1 : place + 3][1:] not in _KINDS
        ):
            last, place = _member(inside, place + 1)
        ranges.append((first, last))
    return lambda one: is_negated != (any(a <= one <= b for a, b in ranges) or any(kind(one) for kind in kinds))


def _member(inside: str, place: int) -> tuple[str, int]:
    if inside[place] != "\\":
        return inside[place], place + 1
    if inside[place + 1] == "b":
        return "\b", place + 2
    character, length = _escaped(inside[place + 1 :])
    return character, place + 1 + length


def _escaped(rest: str) -> tuple[str, int]:
    """The character that is meant by what stands behind a backslash, and how much of it that is."""
    if code := _CODE.match(rest):
        return chr(int(code[1] or code[2] or code[3], 16)), code.end()
    if rest[0] in _CONTROLS:
        return _CONTROLS[rest[0]], 1
    if rest[0].isalnum():
        raise UncheckedError("its pattern refers back, or names a kind of character that is not known here")
    return rest[0], 1


def _is_boundary(text: str, place: int) -> bool:
    is_word = _kind("w")
    before = place > 0 and is_word(text[place - 1])
    return before != (place < len(text) and is_word(text[place]))
