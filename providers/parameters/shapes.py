"""What a JSON value of a parameter must look like, and what is wrong with one. Pure: no Django, no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}
CALLED = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}
# Functions and schemas go by names of this form; the data tells it in words only.
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAMED = ("function.name", "json_schema.name")
# The object that `tool_choice` may be in the place of a word; the data names its members in words only.
ONE_FUNCTION: dict[str, dict[str, Any]] = {
    "type": {"type": "string", "enum": ["function"], "required": True},
    "function.name": {"type": "string", "required": True},
}
ONE_TOOL: dict[str, dict[str, Any]] = {"type": {"type": "string", "required": True}, "name": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class Shape:
    """A value's type and bounds, and those of what is in it; what is not named in there is not taken."""

    type: str = "any"
    is_required: bool = False
    nullable: bool = False
    enum: tuple[Any, ...] = ()
    least: float | None = None
    most: float | None = None
    # A name as functions have one.
    is_name: bool = False
    # Of an object, by name; "*" stands for every name. Empty: not known, anything goes.
    members: "Mapping[str, Shape]" = field(default_factory=dict)
    # Of a list.
    items: "Shape | None" = None
    # The member `type` names the other member that there has to be, if there is one of that name.
    type_decides: bool = False
    # Texts that may stand in the place of the object.
    words: tuple[str, ...] = ()


ANY = Shape()


def shape_of(name: str, facts: Mapping[str, Any]) -> Shape:
    """The shape of a parameter that is written as JSON."""
    properties = facts.get("properties", {})
    words = tuple(facts.get("enum") or ())
    if name == "tool_choice" and (words or properties):
        return replace(_object(ONE_FUNCTION if words else ONE_TOOL), type_decides=bool(words), words=words)
    if facts["type"] == "array":
        return Shape("array", items=_object(properties, inner_required=True))
    if facts["type"] == "one_of":
        kinds = {"type": "string", "enum": facts.get("enum"), "required": True}
        # Where nothing is said of the other members, they may be anything.
        return replace(_object({**(properties or {"*": {"type": "any"}}), "type": kinds}), type_decides=True)
    return _object(properties)


def complaint(value: Any, shape: Shape, place: str) -> str:
    """The first thing that is wrong with a value, as a sentence that begins with its place; empty where nothing is."""
    if (value is None and shape.nullable) or (isinstance(value, str) and value in shape.words):
        return ""
    if shape.type != "any" and not _is(value, shape.type):
        return f"{place} must be {CALLED[shape.type]}."
    if shape.enum and value not in shape.enum:
        return f"{place} must be {one_of(shape.enum)}."
    if (shape.least is not None and value < shape.least) or (shape.most is not None and value > shape.most):
        return f"{place} must be {span(shape.least, shape.most)}."
    if shape.is_name and not NAME.fullmatch(value):
        return f"{place} may have letters, digits, _ and - only, and at most 64 of them."
    if isinstance(value, list) and shape.items:
        found = (complaint(item, shape.items, f"{place}[{number}]") for number, item in enumerate(value))
        return next(filter(None, found), "")
    if isinstance(value, dict) and shape.members:
        return _complaint_about_members(value, shape, place)
    return ""


def one_of(words: tuple[Any, ...]) -> str:
    """The words as a choice, in a sentence."""
    *others, last = [str(word) for word in words]
    return f"{', '.join(others)} or {last}" if others else last


def span(least: float | None, most: float | None) -> str:
    """The bounds, in a sentence."""
    if least is None or most is None:
        return f"at least {least}" if most is None else f"at most {most}"
    return f"between {least} and {most}"


def _complaint_about_members(value: dict[str, Any], shape: Shape, place: str) -> str:
    kind = value.get("type") if shape.type_decides else None
    for name, member in shape.members.items():
        if (member.is_required or name == kind) and name not in value:
            return f"{place}.{name} is missing."
    for name, inside in value.items():
        if name not in shape.members and "*" not in shape.members:
            return f"{place}.{name} is not known to this model."
        if shape.type_decides and name in shape.members and name not in ("type", kind):
            return f"{place}.{name} does not go with the type {kind}."
        if found := complaint(inside, shape.members.get(name) or shape.members["*"], f"{place}.{name}"):
            return found
    return ""


def _object(properties: Mapping[str, Mapping[str, Any]], place: str = "", *, inner_required: bool = False) -> Shape:
    """An object from its properties, whose names are paths."""
    members: dict[str, Shape] = {}
    inner: dict[str, dict[str, Mapping[str, Any]]] = {}
    for path, facts in properties.items():
        name, _, rest = path.partition(".")
        if rest:
            inner.setdefault(name, {})[rest] = facts
        else:
            members[name] = _leaf(facts, is_name=f"{place}.{name}" in NAMED)
    for name, within in inner.items():
        shape = _object(within, name)
        needed = inner_required and any(member.is_required for member in shape.members.values())
        members[name] = replace(shape, is_required=needed)
    return Shape("object", members=members)


def _leaf(facts: Mapping[str, Any], *, is_name: bool) -> Shape:
    return Shape(
        type=facts["type"] if facts["type"] in TYPES else "any",
        is_required=facts.get("required", False),
        nullable=facts.get("nullable", False),
        enum=tuple(facts.get("enum") or ()),
        least=facts.get("min"),
        most=facts.get("max"),
        is_name=is_name,
    )


def _is(value: Any, name: str) -> bool:
    # To Python a bool is an int.
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
