"""The arguments that a model wrote: read as strictly as they deserve, and compared. Pure: no Django, no I/O."""

import json
from hashlib import sha256
from typing import Any

from providers.untrusted import clean_text

# Digits of a whole number; more are no arguments that anybody meant.
MOST_DIGITS = 300


def parse(written: str) -> Any:
    """The value of what a model wrote; nothing at all means no arguments. Raises `ValueError` with what is wrong."""
    if not written.strip():
        return {}
    try:
        return _decoder.decode(written)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg}, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def pretty(written: str) -> str:
    """The arguments laid out for reading, or as they came where they are no JSON."""
    try:
        return clean_text(json.dumps(parse(written), ensure_ascii=False, indent=2))
    except ValueError:
        return written


def canonical(written: str) -> str:
    """The same for arguments that mean the same; what is no JSON means only itself."""
    try:
        return clean_text(json.dumps(parse(written), ensure_ascii=False, sort_keys=True))
    except ValueError:
        return written.strip()


def key_of(written: str) -> str:
    """A short key by which arguments that mean the same are found."""
    return sha256(canonical(written).encode("utf-8", "replace")).hexdigest()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in the same object")
    return members


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number in JSON")


def _whole_number(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number is too large")
    return int(text)


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number, parse_int=_whole_number)
