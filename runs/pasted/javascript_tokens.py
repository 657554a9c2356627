"""JavaScript in tokens, as far as literals need it: a regular expression or JSX comes out as marks. Pure."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

TOKEN = re.compile(
    r"""
    (?P<blank>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<template>`)
    |(?P<number>(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)n?)
    |(?P<name>[A-Za-z_$\u0080-\uffff][\w$]*)
    |(?P<mark>\.\.\.|\?\?|\?\.|=>|[^\s])
    """,
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
# What a backslash means before these; before anything else it is that thing itself.
MEANINGS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
# Characters; what stands in a template is a name, or is left as it stands.
LONGEST_EXPRESSION = 500
REPLACEMENT = "\ufffd"


class Token(NamedTuple):
    kind: str
    # As written; of a string what it says.
    text: str
    # Of a template: texts, and between them the expressions.
    parts: tuple[str, ...] = ()


NOTHING = Token("", "")


def tokens(text: str) -> Iterator[Token]:
    place = 0
    while found := TOKEN.match(text, place):
        place = found.end()
        match found.lastgroup:
            case "template":
                parts, place = _template(text, place)
                yield Token("template", "", parts)
            case "string":
                yield Token("string", _unescaped(found[0][1:-1]))
            case "number" | "name" | "mark" as kind:
                yield Token(kind, found[0])
            case _:
                pass


def number(text: str) -> Any:
    """What a token of a number says; a whole one keeps all its digits."""
    text = text.replace("_", "").removesuffix("n")
    if text[:2].lower() in ("0x", "0o", "0b"):
        return int(text, 0)
    return int(text) if text.isdigit() and len(text) < 1000 else float(text)


def _template(text: str, place: int) -> tuple[tuple[str, ...], int]:
    """Texts and expressions in turn, and the place after the closing backtick."""
    parts: list[str] = []
    begin = place
    while place < len(text) and text[place] != "`":
        if text[place] == "\\":
            place += 2
        elif text.startswith("${", place):
            end = text.find("}", place, place + LONGEST_EXPRESSION)
            end = min(place + LONGEST_EXPRESSION, len(text)) if end < 0 else end
            parts += [_unescaped(text[begin:place]), text[place + 2 : end].strip()]
            begin = place = end + 1
        else:
            place += 1
    return (*parts, _unescaped(text[begin:place])), place + 1


def _unescaped(text: str) -> str:
    # The halves of a pair are written apart.
    return ESCAPE.sub(_meaning, text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _meaning(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if not digits:
        return MEANINGS.get(found[4], found[4])
    code = int(digits, 16)
    return chr(code) if code < 0x110000 else REPLACEMENT
