"""Lists of models: names, sizes, abilities, and which parameters they take.

https://platform.claude.com/docs/en/api/models/list
"""

from collections.abc import Mapping
from typing import Any

from providers.dialects.openai.model_list import read_items as read_common_items
from providers.dialects.values import count_in, name_in, within
from providers.untrusted import clean

# What every model takes as far as the API documents it, in the form of the packaged catalogue. The names are those of
# chat completions where it has one, as everywhere above the dialects.
PARAMETERS: dict[str, dict[str, Any]] = {
    "max_tokens": {"type": "integer", "min": 1},
    "temperature": {"type": "number", "min": 0, "max": 1},
    "top_p": {"type": "number", "min": 0, "max": 1},
    "top_k": {"type": "integer", "min": 0},
    "stop_sequences": {"type": "array", "items": "string"},
    "tools": {"type": "array"},
    "tool_choice": {"type": "any", "properties": {"name": {"type": "string"}}},
    "metadata": {"type": "object"},
}
# Ways to think, of which a model may lack some, and levels of effort.
WAYS = ("enabled", "adaptive")
LEVELS = ("low", "medium", "high", "xhigh", "max")
SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["json_schema"], "required": True},
        "json_schema": {"type": "object"},
    },
}
# Their word for an ability -> ours.
ABILITIES = {
    "thinking": "reasoning",
    "image_input": "image_input",
    "pdf_input": "file_input",
    "structured_outputs": "json_schema",
}
SIZES = {"max_input_tokens": "context_length", "max_tokens": "max_output_tokens"}


def read_items(listing: Any) -> list[dict[str, Any]] | None:
    """The models in a parsed list that can still be asked, each id once; None when it is no list at all."""
    known = read_common_items(listing)
    if known is None:
        return None
    items = clean(listing.get("data") if isinstance(listing, dict) else listing)
    said = {item.get("id"): item for item in reversed(items) if isinstance(item, dict) and name_in(item.get("id"))}
    return [_item(item, said[item["id"]]) for item in known if said[item["id"]].get("lifecycle") != "retired"]


def _item(known: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {ours: size for theirs, ours in SIZES.items() if (size := count_in(said.get(theirs)))}
    abilities = [ours for theirs, ours in ABILITIES.items() if _can(said, theirs)]
    # All of them call tools; there is no word for it.
    return {**known, **sizes, "type": "chat", "features": [*abilities, "tools"], "parameters": _parameters(said)}


def _parameters(said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What all take, and what this one can besides. Thinking is old enough to be there where nothing is said of it."""
    taken = dict(PARAMETERS)
    if _can(said, "thinking") is not False:
        ways = [way for way in WAYS if _can(said, "thinking", "types", way) is not False]
        taken["thinking"] = {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": [*ways, "disabled"], "required": True},
                **({"budget_tokens": {"type": "integer", "min": 1024}} if "enabled" in ways else {}),
            },
        }
    levels = [level for level in LEVELS if _can(said, "effort", level)]
    if levels:
        taken["reasoning_effort"] = {"type": "string", "enum": levels}
    if _can(said, "structured_outputs"):
        taken["response_format"] = SCHEMA
    return taken


def _can(said: Mapping[str, Any], *ability: str) -> bool | None:
    """Whether it says so; None where it says nothing."""
    supported = within(said, "capabilities", *ability, "supported")
    return supported if isinstance(supported, bool) else None
