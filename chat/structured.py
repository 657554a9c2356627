"""What is said in the panel about an answer that is to come as JSON. Pure: no Django, no I/O."""

import json
from collections.abc import Iterable
from dataclasses import replace

from providers.parameters import Control, Shown
from providers.parameters.formats import RESPONSE_FORMAT
from runs.schemas import UncheckedError, check_schema

ASK_FOR_JSON = (
    "Ask for JSON in your message or the system prompt too, unless an earlier message does: with json_object alone "
    "providers refuse, or the model goes on and on."
)


def with_advice(shown: Shown, said: Iterable[str]) -> Shown:
    """The panel with what can be said about its schema, and about whether anything that was said asks for JSON."""
    asks_for_json = any("json" in text.lower() for text in said)
    groups = [
        replace(group, controls=[_advised(control, asks_for_json=asks_for_json) for control in group.controls])
        for group in shown.groups
    ]
    return replace(shown, groups=groups)


def _advised(control: Control, *, asks_for_json: bool) -> Control:
    if control.name != RESPONSE_FORMAT or not control.is_set or control.error:
        return control
    advice = _advice(control.value, asks_for_json=asks_for_json)
    return replace(control, advice=" ".join(filter(None, [control.advice, advice])))


def _advice(written: str, *, asks_for_json: bool) -> str:
    if written.strip() == "json_object":
        written = '{"type": "json_object"}'
    try:
        wanted = json.loads(written)
        kind, described = wanted.get("type"), wanted.get("json_schema", {})
        if kind == "json_schema":
            return check_schema(described.get("schema", {}))
    except UncheckedError as why:
        return f"The answer will not be compared with the schema: {why}."
    except (ValueError, AttributeError, RecursionError):
        # Not what it should be, which the panel has said already.
        return ""
    return ASK_FOR_JSON if kind == "json_object" and not asks_for_json else ""
