"""Whether tools are defined as providers take them, or else which place is wrong. Pure: no Django, no I/O."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from chat.tools.arguments import parse
from runs.schemas import UncheckedError, check_schema

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAME_WORDS = "may have letters, digits, _ and - only, and at most 64 of them"


def complaints(parameters: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each of these parameters of a request that is wrong about tools, by its name."""
    tools, choice = parameters.get("tools"), parameters.get("tool_choice")
    names: dict[str, str] = {}
    found = next(_wrong(tools, names), "") if isinstance(tools, list) else ""
    chosen = _chosen(choice)
    if found:
        return {"tools": found}
    if chosen and chosen not in names:
        return {"tool_choice": f"tool_choice names “{chosen[:64]}”, which is not among the tools."}
    return {}


def _wrong(tools: list[Any], names: dict[str, str]) -> Iterator[str]:
    """What is wrong, in order; on the way it collects the names, each with its place."""
    for number, tool in enumerate(tools):
        place = f"tools[{number}]"
        match tool:
            case {"function": dict(function)}:
                yield from _wrong_name(function, f"{place}.function", names)
                yield from _wrong_schema(function.get("parameters"), f"{place}.function.parameters")
            case {"type": "custom", "custom": dict(custom)}:
                yield from _wrong_name(custom, f"{place}.custom", names)
            case {"input_schema": schema}:
                yield from _wrong_name(tool, place, names)
                yield from _wrong_schema(schema, f"{place}.input_schema")
            case {"type": "function", **rest}:
                yield from _wrong_name(rest, place, names)
                yield from _wrong_schema(rest.get("parameters"), f"{place}.parameters")
            case dict():
                # A tool of the provider's own, of which nothing is known here.
                if isinstance(name := tool.get("name"), str):
                    names.setdefault(name, place)
            case _:
                yield f"{place} must be an object."


def _wrong_name(holder: Mapping[Any, Any], place: str, names: dict[str, str]) -> Iterator[str]:
    name = holder.get("name")
    if not isinstance(name, str):
        yield f"{place}.name is missing." if name is None else f"{place}.name must be a text."
    elif not NAME.fullmatch(name):
        yield f"{place}.name {NAME_WORDS}."
    elif name in names:
        yield f"{place}.name is “{name}”, and so is {names[name]}.name: each tool needs a name of its own."
    else:
        names[name] = place


def _wrong_schema(schema: Any, place: str) -> Iterator[str]:
    if schema is None:
        return
    if not isinstance(schema, dict):
        yield _no_object(schema, place)
        return
    if complaint := _complaint(json.dumps(schema)):
        yield complaint.replace("This", place, 1)
    elif schema.get("type", "object") != "object":
        yield f"{place}.type must be “object”: arguments are names and values."


# It takes a millisecond, and the tools of a conversation are the same with every message.
@lru_cache(maxsize=128)
def _complaint(schema_as_json: str) -> str:
    try:
        return check_schema(json.loads(schema_as_json))
    except UncheckedError:
        # Whoever gets it may know more.
        return ""


def _no_object(schema: Any, place: str) -> str:
    """Why this is no object; a text is what somebody is in the middle of writing into the form."""
    if isinstance(schema, str):
        try:
            parse(schema)
        except ValueError as error:
            return f"{place} is not JSON: {error}."
    return f'{place} must be an object, such as {{"type": "object"}}.'


def _chosen(choice: Any) -> str:
    match choice:
        case {"function": {"name": str(name)}} | {"type": "tool" | "function" | "custom", "name": str(name)}:
            return name
        case {"custom": {"name": str(name)}}:
            return name
        case _:
            return ""
