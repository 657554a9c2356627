"""JSON values written as a language writes them: short ones on a line, the others indented. Pure."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

# Characters of a line that a value may fill before it is broken.
LINE = 96
# The largest number up to which JavaScript can tell all whole numbers apart.
LARGEST_SAFE = 2**53 - 1
IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class Notation:
    """How a language writes what JSON can say."""

    indent: int
    # Between a brace and what it holds on the same line.
    padding: str
    # After the last item of a list that stands on several lines.
    trailing: str
    words: dict[bool | None, str]
    string: Callable[[str], str]
    name: Callable[[str], str]


def write(value: Any, notation: Notation, depth: int = 0) -> str:
    """The value as an expression; lines after the first are indented for this depth."""
    match value:
        case bool() | None:
            return notation.words[value]
        case str():
            return notation.string(value)
        case dict():
            items = [f"{notation.name(name)}: {write(inner, notation, depth + 1)}" for name, inner in value.items()]
            return "{" + _laid_out(items, value.values(), notation, depth, notation.padding) + "}"
        case list():
            items = [write(inner, notation, depth + 1) for inner in value]
            return "[" + _laid_out(items, value, notation, depth, "") + "]"
        case _:
            return repr(value)


def _laid_out(items: list[str], values: Iterable[Any], notation: Notation, depth: int, padding: str) -> str:
    """On one line where that is short; what holds lists of its own reads better on several, however short it is."""
    if not items:
        return ""
    line = ", ".join(items)
    holds_others = any(isinstance(value, dict | list) and value for value in values)
    if not holds_others and len(line) + depth * notation.indent <= LINE:
        return padding + line + padding
    inner, outer = " " * notation.indent * (depth + 1), " " * notation.indent * depth
    return f"\n{inner}" + f",\n{inner}".join(items) + f"{notation.trailing}\n{outer}"


def json_string(text: str) -> str:
    """A JSON string in which whatever cannot be seen, or turns the line around, is escaped."""
    return _visible(json.dumps(text, ensure_ascii=False), _escaped_in_halves)


def python_string(text: str) -> str:
    """JSON's escapes are Python's too, except that a character beyond the first 65,536 has one of its own."""
    return _visible(
        json.dumps(text, ensure_ascii=False),
        lambda one: f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}",
    )


def javascript_name(name: str) -> str:
    # In quotes or not, this one would set the prototype instead of a property.
    if name == "__proto__":
        return '["__proto__"]'
    return name if IDENTIFIER.fullmatch(name) else json_string(name)


def is_safe_in_javascript(value: Any) -> bool:
    """Whether JavaScript's numbers hold every number in it."""
    match value:
        case bool():
            return True
        case int():
            return abs(value) <= LARGEST_SAFE
        case dict():
            return all(map(is_safe_in_javascript, value.values()))
        case list():
            return all(map(is_safe_in_javascript, value))
        case _:
            return True


def _visible(quoted: str, escape: Callable[[str], str]) -> str:
    if quoted.isprintable():
        return quoted
    return "".join(one if one.isprintable() else escape(one) for one in quoted)


def _escaped_in_halves(one: str) -> str:
    units = one.encode("utf-16-be")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


JSON = Notation(2, "", "", {True: "true", False: "false", None: "null"}, json_string, json_string)
PYTHON = Notation(4, "", ",", {True: "True", False: "False", None: "None"}, python_string, python_string)
JAVASCRIPT = Notation(2, " ", ",", {True: "true", False: "false", None: "null"}, json_string, javascript_name)
