"""What became different about a model, in words that a person can read years later. Pure: no Django, no I/O."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Facts whose change is worth telling, with what people call them.
FIELDS = {
    "name": "name",
    "developer": "developer",
    "type": "type",
    "context_length": "context",
    "max_output_tokens": "longest answer",
    "features": "features",
    "input_parts": "input",
    "roles": "roles",
    "aliases": "other ids",
    "parameters": "parameters",
}
# Characters of one side that are kept.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact before and after; of lists and parameters, only what was lost and what was gained."""

    field: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """What differs, in the order of `FIELDS`. What was not known before is no change of the model."""
    for field in FIELDS:
        old, new = before.get(field), after.get(field)
        if old and old != new:
            lost, gained = _sides(old, new)
            if lost != gained:
                yield Difference(field, lost[:LONGEST], gained[:LONGEST])


def _sides(old: Any, new: Any) -> tuple[str, str]:
    match old, new:
        case list(), list():
            return ", ".join(sorted(set(old) - set(new))), ", ".join(sorted(set(new) - set(old)))
        case dict(), dict():
            names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
            return _parameters(old, new, names), _parameters(new, old, names)
        case int(), int():
            return f"{old:,}", f"{new:,}"
        case _:
            return str(old or ""), str(new or "")


def _parameters(these: Mapping[str, Any], others: Mapping[str, Any], names: list[str]) -> str:
    """The parameters of one side; of those that both have, with what is different there."""
    return "; ".join(_parameter(name, these[name], others.get(name)) for name in names if name in these)


def _parameter(name: str, facts: Any, other: Any) -> str:
    if not isinstance(facts, Mapping) or not isinstance(other, Mapping):
        return name
    own = [f"{key} {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items() if other.get(key) != value]
    return f"{name} ({', '.join(own)})" if own else name
