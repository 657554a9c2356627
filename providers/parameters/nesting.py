"""Values by the path of their name, as fields have them, and nested, as requests do. Pure: no Django, no I/O."""

from collections.abc import Iterable, Mapping
from typing import Any


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """{"thinking.budget_tokens": 2000} becomes {"thinking": {"budget_tokens": 2000}}."""
    found: dict[str, Any] = {}
    for path, value in values.items():
        *outer, name = path.split(".")
        place = found
        for step in outer:
            place = place.setdefault(step, {})
        place[name] = value
    return found


def flat(nested: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """What stands at these paths, where something does."""
    found = {}
    for path in paths:
        value: Any = nested
        for step in path.split("."):
            value = value.get(step, ...) if isinstance(value, Mapping) else ...
        if value is not ...:
            found[path] = value
    return found
