"""Tools to begin with, for those who define their first. Pure: no Django, no I/O."""

import json
from collections.abc import Iterator
from typing import Any

CITY = {"type": "string", "description": "Name of the city"}
# (what it is called in the list, the function)
FUNCTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "An empty one",
        {"name": "new_tool", "parameters": {"type": "object", "properties": {}}},
    ),
    (
        "Convert a temperature",
        {
            "name": "toCelsius",
            "description": "Convert Fahrenheit to Celsius",
            "parameters": {
                "type": "object",
                "properties": {"fahrenheit": {"type": "number"}},
                "required": ["fahrenheit"],
            },
        },
    ),
    (
        "Look up the weather",
        {
            "name": "get_weather",
            "description": "The weather in a city right now",
            "parameters": {
                "type": "object",
                "properties": {"city": CITY, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    ),
    (
        "Search for orders",
        {
            "name": "find_orders",
            "description": "Orders of a customer, the newest first",
            "parameters": {
                "type": "object",
                "properties": {
                    "customer": {"type": "string", "description": "Number of the customer, such as C-1042"},
                    "states": {"type": "array", "items": {"type": "string", "enum": ["open", "sent", "returned"]}},
                    "limit": {"type": "integer", "minimum": 1, "maximum": 50},
                },
                "required": ["customer"],
            },
        },
    ),
)


def tool_examples(*, as_anthropic: bool) -> Iterator[tuple[str, str]]:
    """(a tool as JSON, what it is called), in the form that OpenAI or Anthropic gives tools."""
    for title, function in FUNCTIONS:
        tool = _in_words_of_anthropic(function) if as_anthropic else {"type": "function", "function": function}
        yield json.dumps(tool), title


def _in_words_of_anthropic(function: dict[str, Any]) -> dict[str, Any]:
    return {("input_schema" if name == "parameters" else name): value for name, value in function.items()}
