"""Ready examples of JSON that an answer can be asked for as. Pure: no Django, no I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The parameter by which an answer is asked for as JSON.
RESPONSE_FORMAT = "response_format"


@dataclass(frozen=True, slots=True)
class FormatExample:
    """A schema to begin with. It is strict: every member is required, and no other is allowed."""

    title: str
    name: str
    properties: Mapping[str, Any]

    @property
    def schema(self) -> str:
        """As it is written into the field."""
        return json.dumps(_object(self.properties), indent=2)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
EXAMPLES = (
    FormatExample(
        "Facts from a text", "facts", {"title": TEXT, "year": {"type": ["integer", "null"]}, "summary": TEXT}
    ),
    FormatExample(
        "One of several classes",
        "classification",
        {"label": {"type": "string", "enum": ["positive", "neutral", "negative"]}, "reason": TEXT},
    ),
    FormatExample(
        "A list of items",
        "items",
        {"items": {"type": "array", "items": _object({"name": TEXT, "amount": {"type": "number"}})}},
    ),
    FormatExample(
        "A score with its reasons", "score", {"score": {"type": "integer"}, "reasons": {"type": "array", "items": TEXT}}
    ),
)
