"""Single values of an answer, taken only where they can be what they should be."""

from collections.abc import Mapping
from typing import Any

from providers.untrusted import clean_text

# Answers and tool calls are numbered; a number beyond this is a mistake.
MAX_INDEX = 1000
# Characters of an id, or of the name of a model or a tool.
MAX_NAME = 200


def index_of(item: Mapping[str, Any], position: int) -> int:
    """The number an item carries, or its place in the list where it carries none."""
    index = item.get("index")
    return index if type(index) is int and 0 <= index < MAX_INDEX else position


def name_in(value: Any) -> str:
    return clean_text(value)[:MAX_NAME] if isinstance(value, str) else ""
