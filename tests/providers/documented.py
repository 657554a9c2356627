"""The models of the packaged catalogue, something to write into each of their fields, and a judge of what is sent.

The judge reads the catalogue by itself: it shares nothing with what it judges.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import providers
from providers.models import LanguageModel
from providers.parameters.fields import Field

DATA = Path(providers.__file__).parent / "data"
CATALOGUE: list[dict[str, Any]] = json.loads((DATA / "models.json").read_text())
DOCUMENTED = [item for item in CATALOGUE if item.get("parameters")]
UNDOCUMENTED = [item for item in CATALOGUE if item["type"] == "chat" and not item.get("parameters")]
PARAMETERS: dict[str, dict[str, Any]] = {
    item["name"]: item for item in json.loads((DATA / "parameters.json").read_text())["parameters"]
}
# Written into no field of their own: what the product says itself, …
OURS = {"model", "messages", "stream", "stream_options", "stream_options.include_usage"}
# … and the objects whose members have fields.
GROUPS = {"thinking", "reasoning", "audio", "prediction", "web_search_options"}

FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}, "strict": True}}
TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": None}}
WRITTEN = {
    "metadata": '{"project": "atlas"}',
    "logit_bias": '{"1734": -100, "50": 2.5}',
    "response_format": json.dumps(SCHEMA),
    "stop": "END\n  two words ",
    "web_search_options.user_location.approximate.country": "FR",
    # Two that are set would be one too many.
    "max_completion_tokens": "",
    "reasoning.max_tokens": "",
    "max_tokens": "2000",
    "thinking.budget_tokens": "1024",
    "enable_thinking": "true",
    "logprobs": "true",
}


def model(item: Mapping[str, Any], **fields: Any) -> LanguageModel:
    """A catalogue's item as a row, not stored."""
    return LanguageModel(
        model_id=item["id"],
        parameters=item.get("parameters", {}),
        roles=item.get("roles", []),
        features=item.get("features", []),
        context_length=item.get("context_length"),
        max_output_tokens=item.get("max_output_tokens"),
        **fields,
    )


def named(model_id: str) -> LanguageModel:
    return model(next(item for item in CATALOGUE if item["id"] == model_id))


def something_for(field: Field) -> str:
    """What a person might write into this field."""
    if field.name in WRITTEN:
        return WRITTEN[field.name]
    if field.name == "tools":
        return json.dumps([FUNCTION if "function" in str(field.shape) else TOOL])
    if field.name == "tool_choice":
        return "required" if field.choices else '{"type": "tool", "name": "weather"}'
    match field.kind:
        case "number" | "integer":
            return str(field.most if field.most is not None else field.least if field.least is not None else 3)
        case "switch":
            return "false"
        case "choice" | "suggestions":
            return field.choices[-1]
        case "day":
            return "7/31/2026"
        case "lines":
            return "one\ntwo"
        case "text":
            return "Über\n\n  alles"
        case _:
            return "words"


def complaints(sent: Mapping[str, Any], parameters: Mapping[str, Any]) -> Iterator[str]:
    """What in these parameters the model does not list, or not so."""
    for name, value in sent.items():
        if name not in parameters:
            yield f"{name} is not listed"
        else:
            yield from _complaints(name, value, parameters[name])


def _complaints(place: str, value: Any, facts: Mapping[str, Any]) -> Iterator[str]:
    if not _is(value, facts["type"]):
        yield f"{place} is {value!r}, not {facts['type']}"
    elif facts["type"] in ("number", "integer"):
        if not facts.get("min", value) <= value <= facts.get("max", value):
            yield f"{place} is {value}, out of range"
    elif facts["type"] == "string" and value not in _words(facts, value):
        yield f"{place} is {value!r}, none of {facts['enum']}"
    elif "pattern" in facts and not re.fullmatch(facts["pattern"], value):
        yield f"{place} is {value!r}, not of its pattern"
    elif isinstance(value, list):
        if len(value) > facts.get("max_items", len(value)):
            yield f"{place} has {len(value)} items"
        for item in value:
            if isinstance(item, dict):
                yield from _of_members(place, item, facts.get("properties", {}))
    elif isinstance(value, dict) and place != "tool_choice" and facts["type"] != "any":
        yield from _of_members(place, value, facts.get("properties", {}))


def _of_members(place: str, value: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[str]:
    for name, inside in value.items():
        within = {path.partition(".")[2]: facts for path, facts in properties.items() if path.startswith(f"{name}.")}
        facts = properties.get(name) or properties.get("*")
        if facts:
            yield from _complaints(f"{place}.{name}", inside, facts)
        elif within and isinstance(inside, dict):
            yield from _of_members(f"{place}.{name}", inside, within)
        elif (place, name) != ("response_format", "type"):
            yield f"{place}.{name} is not listed"


def _is(value: Any, kind: str) -> bool:
    plain = {"string": str, "boolean": bool, "integer": int, "number": int | float, "object": dict, "array": list}
    if isinstance(value, bool):
        return kind in ("boolean", "any", "any_of", "one_of")
    return value is None or isinstance(value, plain.get(kind, object))


def _words(facts: Mapping[str, Any], value: str) -> list[str]:
    is_closed = facts.get("enum") and facts.get("enum_source") in ("described", "inferred")
    return facts["enum"] if is_closed and not facts.get("open_enum") else [value]
