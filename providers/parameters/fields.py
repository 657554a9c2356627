"""The fields of a model's panel, made from its facts: one for each value that a person can set.

A parameter that is an object of plain values has a field for each of them; one that is freer is written as JSON. Pure:
no Django, no I/O.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from providers.parameters.definitions import RULE_FACTS, Facts, definition_of
from providers.parameters.shapes import ANY, Shape, shape_of

Number = int | float
Kind = Literal["number", "integer", "switch", "choice", "suggestions", "line", "day", "text", "lines", "json"]

# What the product says itself: the model, the messages, and how the answer comes.
OURS = frozenset({"model", "messages", "stream", "stream_options"})
# Two names of one limit, the one to prefer first.
LIMITS = ("max_tokens", "max_completion_tokens")
# Counts that the data calls numbers.
COUNTS = frozenset({*LIMITS, "top_k", "top_logprobs"})
# The values are examples, and others are taken too.
INCOMPLETE = frozenset({"described in part", "example", "unknown"})
# How many strings a list may have, where a model's facts leave that open.
MOST_ITEMS = {name: rule.most_items for rule in RULE_FACTS.values() if rule.most_items for name in rule.parameters}
# What JSON may look like, for those who have not seen it.
EXAMPLES = {
    "tools": '[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": '
    '{"city": {"type": "string"}}}}}]',
    "response_format": '{"type": "json_object"}',
    "logit_bias": '{"1734": -100}',
    "metadata": '{"project": "atlas"}',
    "tool_choice": "auto",
}
ANTHROPIC_EXAMPLES = {
    "tools": '[{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]',
    "tool_choice": '{"type": "auto"}',
}


@dataclass(frozen=True, slots=True)
class Field:
    """One value that can be set. Its label is `name`, the wire name or the path of it."""

    name: str
    kind: Kind
    category: str = ""
    help: str = ""
    place: int = 1000
    least: Number | None = None
    most: Number | None = None
    # Words to choose from; of JSON, what a word stands for.
    choices: tuple[str, ...] = ()
    most_items: int | None = None
    pattern: re.Pattern[str] | None = None
    shape: Shape = ANY
    # Has to be there when a neighbour within the same object is.
    is_required: bool = False
    # What the provider does when it is not sent.
    default: Any = None
    example: str = ""

    @property
    def parent(self) -> str:
        """The object it lies in; empty at the top."""
        return self.name.rpartition(".")[0]

    @property
    def is_long(self) -> bool:
        """Whether it is written on several lines."""
        return self.kind in ("text", "lines", "json")


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that has to stand beside those set in the same object, and can only be this."""

    name: str
    value: Any

    @property
    def parent(self) -> str:
        return self.name.rpartition(".")[0]


def fields_of(parameters: Facts) -> tuple[list[Field], list[Constant]]:
    """The fields of these facts, the most common first, and the constants that go with them."""
    fields: list[Field] = []
    constants: list[Constant] = []
    for name, facts in _leaves(parameters):
        if _is_constant(name, facts):
            constants.append(Constant(name, facts["enum"][0]))
        else:
            fields.append(_field(name, facts))
    return sorted(fields, key=lambda field: field.place), constants


def _leaves(parameters: Facts) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, facts in parameters.items():
        properties = facts.get("properties", {})
        if name in OURS:
            continue
        if facts["type"] == "object" and properties and "*" not in properties:
            yield from ((f"{name}.{path}", inner) for path, inner in properties.items())
        else:
            yield name, facts


def _is_constant(name: str, facts: Mapping[str, Any]) -> bool:
    return "." in name and bool(facts.get("required")) and len(facts.get("enum") or ()) == 1


def _field(name: str, facts: Mapping[str, Any]) -> Field:
    definition = definition_of(name, facts)
    kind = _kind(name, facts, definition.widget)
    pattern = facts.get("pattern")
    examples = EXAMPLES | (ANTHROPIC_EXAMPLES if "name" in facts.get("properties", {}) else {})
    return Field(
        name=name,
        kind=kind,
        category=definition.category,
        help=definition.help,
        place=definition.place,
        least=facts.get("min"),
        most=facts.get("max"),
        choices=tuple(facts.get("enum") or ()),
        most_items=facts.get("max_items") or MOST_ITEMS.get(name),
        pattern=re.compile(pattern) if pattern else None,
        shape=shape_of(name, facts) if kind == "json" else ANY,
        is_required=facts.get("required", False),
        default=facts.get("default", definition.default),
        example=examples.get(name, "") if kind == "json" else "",
    )


def _kind(name: str, facts: Mapping[str, Any], widget: str) -> Kind:
    kind = facts["type"]
    if kind == "integer" or name in COUNTS:
        return "integer"
    if kind == "number":
        return "number"
    if kind == "boolean":
        return "switch"
    if widget == "tags" or facts.get("items") == "string":
        return "lines"
    if widget in ("textarea", "date"):
        return "text" if widget == "textarea" else "day"
    if facts.get("enum") and (facts.get("open_enum") or facts.get("enum_source") in INCOMPLETE):
        return "suggestions"
    if kind == "string":
        return "choice" if facts.get("enum") else "line"
    return "json"
