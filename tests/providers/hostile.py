"""Whatever a stranger may send: JSON of any kind, and objects that look right from afar."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from providers.events import Event

# What is no count, no text and no object where one is awaited; and numbers and texts that no database takes.
ODD: list[Any] = [
    None,
    True,
    -1,
    0.5,
    429,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "7",
    "odd",
    "nul\x00",
    "\ud800",
    [],
    {},
    [None],
    [[{}]],
    {"": None},
    {"text": 1},
    [{"type": "text", "text": []}],
]

# As many examples as are worth it where somebody waits for them, and more where nobody does.
thoroughly = settings.get_profile("thorough")


def anything(*words: str) -> st.SearchStrategy[Any]:
    """Any JSON, odd more often than not; these words among it.

    Made of what is made quickly: a recursive strategy takes three times as long for as many values.
    """
    odd = st.sampled_from([*words, *ODD])
    plain = st.integers() | st.floats() | st.text(st.characters(exclude_categories=[]), max_size=8)
    return odd | plain | st.lists(odd, max_size=3) | st.dictionaries(st.text(max_size=3), odd, max_size=3)


ANYTHING = anything()


def loose(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object that may lack any of these fields, and hold anything in them; or no object at all."""
    optional = {name: value | ANYTHING for name, value in fields.items()}
    return st.fixed_dictionaries({}, optional=optional) | ANYTHING


def assert_can_be_stored(events: Iterable[Event]) -> None:
    """No database refuses any of it, and no page."""
    for event in events:
        stored = json.dumps(asdict(event), default=str, ensure_ascii=False, allow_nan=False)
        assert "\\u0000" not in stored
        stored.encode()
