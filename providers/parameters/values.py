"""From what is written into a field to the value that is sent, and back. Pure: no Django, no I/O."""

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from providers.parameters.fields import Field, Number
from providers.parameters.shapes import complaint, one_of, span
from providers.untrusted import clean

# Fifteen digits: what every provider, browser and database reads as the same number.
WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
DECIMAL = re.compile(r"[+-]?([0-9]{1,9}\.?[0-9]{0,6}|\.[0-9]{1,6})")
# Characters of one field: a large schema, and less than would slow a page down.
LONGEST = 100_000
SWITCH = {"true": True, "false": False}


def parse(field: Field, written: str) -> Any:
    """The value of what was written. Raises `ValueError` with a sentence for the person."""
    _check_length(field.name, written)
    match field.kind:
        case "number" | "integer":
            return _number(field, written)
        case "switch":
            return _chosen(field, written, SWITCH)
        case "choice":
            return _chosen(field, written, {word: word for word in field.choices})
        case "lines":
            return _lines(field, written)
        case "json":
            return _json(field, written)
        case "day":
            return _day(field, written)
        case _:
            return _text(field, written)


def write(field: Field, value: Any) -> str:
    """How a value is written into its field, so that parsing gives it back, if it is one that the field takes."""
    if field.kind in ("number", "integer") and type(value) in (int, float):
        return str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f")
    if field.kind == "lines":
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and items and all(isinstance(item, str) for item in items):
            text = "\n".join(items)
            plain = _split(text) == items and not text.lstrip().startswith("[")
            return text if plain else json.dumps(items, ensure_ascii=False)
        return json.dumps(items if isinstance(items, list) else [items], ensure_ascii=False)
    if isinstance(value, str) and field.kind not in ("json", "switch"):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if field.kind == "json" else None)


def parse_object(label: str, written: str) -> dict[str, Any]:
    """The JSON object in this text. Raises `ValueError` with a sentence for the person."""
    _check_length(label, written)
    value = _strict(label, written)
    if not isinstance(value, dict):
        raise ValueError(f'{label} must be an object, such as {{"top_k": 40}}.')
    return value


def _check_length(label: str, written: str) -> None:
    if len(written) > LONGEST:
        raise ValueError(f"{label} is too long: at most {LONGEST:,} characters can be sent.")


def _number(field: Field, written: str) -> Number:
    text = written.strip()
    if field.kind == "integer" and not WHOLE.fullmatch(text):
        raise ValueError(f"{field.name} must be a whole number of at most fifteen digits.")
    if field.kind == "number" and not DECIMAL.fullmatch(text):
        raise ValueError(f"{field.name} must be a number, such as 0.7.")
    number: Number = int(text) if WHOLE.fullmatch(text) else float(text)
    if (field.least is not None and number < field.least) or (field.most is not None and number > field.most):
        raise ValueError(f"{field.name} must be {span(field.least, field.most)} for this model.")
    return number


def _chosen(field: Field, written: str, values: dict[str, Any]) -> Any:
    if written not in values:
        raise ValueError(f"{field.name} must be {one_of(tuple(values))} for this model.")
    return values[written]


def _day(field: Field, written: str) -> str:
    try:
        # The pattern alone would take the 31st of February.
        datetime.strptime(written, "%m/%d/%Y")
        return _text(field, written)
    except ValueError:
        raise ValueError(f"{field.name} must be a day such as 7/31/2026: month, day and year.") from None


def _text(field: Field, written: str) -> str:
    if field.pattern and not field.pattern.fullmatch(written):
        raise ValueError(f"{field.name} is not in the form that it needs. {field.help}")
    return written


def _lines(field: Field, written: str) -> list[str]:
    """Each line that is not blank; or the strings of a JSON list, which may hold line breaks."""
    items: Any = None
    if written.lstrip().startswith("["):
        try:
            items = json.loads(written)
        except (ValueError, RecursionError):
            # A stop such as [END], which is no list.
            items = None
    if items is None:
        items = _split(written)
    if not all(isinstance(item, str) and item for item in items) or clean(items) != items:
        raise ValueError(f'{field.name} must be one text a line, or a list of texts such as ["\\n\\n", "END"].')
    if field.most_items and len(items) > field.most_items:
        raise ValueError(f"{field.name} takes at most {field.most_items} texts; there are {len(items)}.")
    return list(items)


def _split(written: str) -> list[str]:
    return [line for line in written.split("\n") if line.strip()]


def _json(field: Field, written: str) -> Any:
    word = written.strip()
    if word in field.choices and word not in field.shape.words:
        value: Any = {"type": word}
    else:
        value = word if word in field.shape.words else _strict(field.name, written)
    if found := complaint(value, field.shape, field.name):
        raise ValueError(found)
    return value


def _strict(label: str, written: str) -> Any:
    """JSON of which every reader understands the same. Raises `ValueError` with a sentence for the person."""
    try:
        value = _decoder.decode(written)
    except json.JSONDecodeError as error:
        raise ValueError(f"{label} is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except _Unclear as error:
        raise ValueError(f"{label} is not clear: {error}") from None
    except (ValueError, RecursionError):
        raise ValueError(f"{label} has a number or a nesting that is too large.") from None
    if clean(value) != value:
        raise ValueError(f"{label} has a number or a nesting that is too large, or a character that cannot be stored.")
    return value


class _Unclear(Exception):
    """What JSON's readers do not agree about."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Unclear("a name stands twice in the same object.")
    return members


def _no_number(text: str) -> Any:
    raise _Unclear(f"{text} is no number in JSON.")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
