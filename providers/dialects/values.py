"""Single values of an answer, taken only where they can be what they should be."""

from collections.abc import Mapping
from typing import Any

from providers.untrusted import clean_text

# Answers and tool calls are numbered; a number beyond this is a mistake.
MAX_INDEX = 1000
# Characters of an id, or of the name of a model or a tool.
MAX_NAME = 200
# Tokens: above any context there is, and what a database's integer holds.
MAX_COUNT = 2**31 - 1
# Dollars; no single call costs as much, so a larger figure is not a price. What is rounded still fits into the column.
MAX_COST = 99_999


def index_of(item: Mapping[str, Any], position: int) -> int:
    """The number an item carries, or its place in the list where it carries none."""
    index = item.get("index")
    return index if type(index) is int and 0 <= index < MAX_INDEX else position


def number_in(holder: Mapping[str, Any], name: str) -> int:
    """The number of that name of a part of the answer; 0 where there is none."""
    number = holder.get(name)
    return number if type(number) is int and 0 <= number < MAX_INDEX else 0


def name_in(value: Any) -> str:
    return clean_text(value)[:MAX_NAME] if isinstance(value, str) else ""


def count_in(value: Any) -> int | None:
    # By its exact type: to Python a bool is an int.
    return value if type(value) is int and 0 <= value <= MAX_COUNT else None


def within(holder: Mapping[str, Any], *names: str) -> Any:
    """What lies this deep in objects within objects; None where one of them is missing or none."""
    value: Any = holder
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def amount_in(value: Any, most: float = MAX_COST) -> int | float | None:
    return value if type(value) in {int, float} and 0 <= value < most else None
