"""Whether the arguments of a call are what its tool takes, in a sentence. Pure: no Django, no I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from chat.tools.arguments import parse, pretty
from chat.tools.calls import CUSTOM
from chat.tools.declared import Declared
from runs.schemas import UncheckedError, first_failure

# Levels of a schema within which arguments that it does not mention are looked for.
DEEPEST = 16
# Characters of arguments and schema together for which the verdict is remembered.
SHORT = 8 * 1024
# Characters of a name that are quoted.
QUOTED = 60
# Keywords by which a schema speaks of members that are not among its properties.
ELSEWHERE = ("$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties", "additionalProperties", "propertyNames")


@dataclass(frozen=True)
class Verdict:
    """What the arguments are worth, and why."""

    # By the schema it may be valid and still say what the tool does not know: that is doubtful.
    state: Literal["valid", "doubtful", "wrong", "unchecked"]
    sentence: str


@dataclass(frozen=True)
class Judged:
    """A call as a page shows it."""

    id: str
    name: str
    # As the model wrote them.
    arguments: str
    is_custom: bool
    verdict: Verdict

    @property
    def shown(self) -> str:
        """What it is called with, laid out for reading."""
        return self.arguments if self.is_custom else pretty(self.arguments)


def judged(call: Mapping[str, Any], declared: Mapping[str, Declared] | None) -> Judged:
    """The call and its verdict; `declared` is None where nobody knows what the model was told of."""
    name, arguments, is_custom = call["name"], call["arguments"], call.get("type") == CUSTOM
    if is_custom:
        verdict = Verdict("valid", "The input of a custom tool: any text is valid.")
    elif declared is None:
        verdict = Verdict("unchecked", "Not checked: the call was made elsewhere.")
    else:
        verdict = _verdict(name, arguments, declared)
    return Judged(call["id"], name, arguments, is_custom, verdict)


def _verdict(name: str, arguments: str, declared: Mapping[str, Declared]) -> Verdict:
    try:
        value = parse(arguments)
    except ValueError as error:
        return Verdict("wrong", f"The arguments are not JSON: {error}.")
    if name not in declared:
        return Verdict("wrong", f"The request declared no tool called “{name[:QUOTED]}”.")
    if not isinstance(value, dict):
        return Verdict("wrong", "The arguments must be an object of names and values.")
    # A tool without a schema takes no arguments.
    schema = declared[name].schema
    told = json.dumps({"type": "object", "properties": {}} if schema is None else schema)
    is_short = len(told) + len(arguments) <= SHORT
    return (_by_schema if is_short else _by_schema.__wrapped__)(arguments, told)


# Each takes some three milliseconds, and a page may have dozens of calls, each time it is shown the same.
@lru_cache(maxsize=512)
def _by_schema(arguments: str, schema_as_json: str) -> Verdict:
    value, schema = parse(arguments), json.loads(schema_as_json)
    try:
        failure = first_failure(value, schema)
    except UncheckedError as why:
        return Verdict("unchecked", f"Valid JSON; not compared with the schema, because {why}.")
    if failure:
        return Verdict("wrong", failure.sentence if failure.path else f"The arguments: {failure.words}.")
    if unknown := _unknown(value, schema):
        return Verdict("doubtful", f"{unknown} is not mentioned in the schema, which does not rule it out.")
    return Verdict("valid", "The arguments are valid.")


def _unknown(value: Any, schema: Any, path: str = "", depth: int = 0) -> str:
    """The path of the first member that no schema around it speaks of, where they say what there is."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return ""
    if isinstance(value, list):
        inner = schema.get("items")
        inside = (_unknown(item, inner, f"{path}[{number}]", depth + 1) for number, item in enumerate(value))
        return next(filter(None, inside), "")
    known = schema.get("properties")
    if not isinstance(value, dict) or not isinstance(known, dict) or not _says_all(schema):
        return ""
    for name, held in value.items():
        place = f"{path}.{name[:QUOTED]}" if path else name[:QUOTED]
        if name not in known:
            return place
        if found := _unknown(held, known[name], place, depth + 1):
            return found
    return ""


def _says_all(schema: Mapping[str, Any]) -> bool:
    return not any(keyword in schema for keyword in ELSEWHERE)
