"""The tools that a request declared, in whichever dialect they are written. Pure: no Django, no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Declared:
    """A tool that the model was told of."""

    name: str
    # The JSON Schema of its arguments, as it was written; None where there is none.
    schema: Any = None
    # It takes one text instead of arguments.
    is_custom: bool = False


def declared(parameters: Mapping[str, Any]) -> dict[str, Declared]:
    """The tools in these parameters of a request, by name."""
    return {tool.name: tool for name in ("functions", "tools") for tool in _all(parameters.get(name))}


def _all(tools: Any) -> Iterator[Declared]:
    for tool in tools if isinstance(tools, list) else []:
        if found := _one(tool):
            yield found


def _one(tool: Any) -> Declared | None:
    match tool:
        case {"function": {"name": str(name), **rest}} | {"type": "function", "name": str(name), **rest}:
            return Declared(name, rest.get("parameters"))
        # Where it has a schema, "custom" says only that it is none of the provider's own.
        case {"name": str(name), "input_schema": schema}:
            return Declared(name, schema)
        case {"type": "custom", "custom": {"name": str(name)}} | {"type": "custom", "name": str(name)}:
            return Declared(name, is_custom=True)
        case {"name": str(name), "parameters": schema}:
            return Declared(name, schema)
        case _:
            return None
