"""Whether an answer that was asked for as JSON is that, and fits its schema. Pure: no Django, no I/O."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.untrusted import parse_json
from runs.schemas import UncheckedError, first_failure

# Characters of an answer that are looked at, for each page that shows it.
LARGEST = 256 * 1024
FENCE = re.compile(r"\s*```[\w-]*\s*\n(.*)\n\s*```\s*", re.DOTALL)


@dataclass(frozen=True)
class Verdict:
    """What is said under an answer. `grade` is "good", "bad" or "open"."""

    grade: str
    sentence: str
    # The answer as JSON, laid out; empty where it is none.
    pretty: str = ""

    @classmethod
    def of(cls, text: str, parameters: Mapping[str, Any]) -> "Verdict | None":
        """The verdict on this answer to a request with these parameters; None where no JSON was asked for."""
        wanted = parameters.get("response_format")
        wanted = wanted if isinstance(wanted, dict) else {}
        kind = wanted.get("type")
        if kind not in ("json_object", "json_schema") or not text.strip():
            return None
        if len(text) > LARGEST:
            return cls("open", "The answer is too long to be checked here.")
        fenced = FENCE.fullmatch(text)
        try:
            value = parse_json(fenced[1] if fenced else text)
        except ValueError as error:
            return cls("bad", f"Not valid JSON: {_words(error, text)}.")
        pretty = json.dumps(value, ensure_ascii=False, indent=2)
        if fenced:
            return cls("bad", "Not JSON alone: it stands in a code block, which a program would stumble over.", pretty)
        if kind == "json_schema":
            return cls._by_schema(value, wanted, pretty)
        if not isinstance(value, dict):
            return cls("bad", "Valid JSON, but not an object, which was asked for.", pretty)
        return cls("good", "Valid JSON.", pretty)

    @classmethod
    def _by_schema(cls, value: Any, wanted: Mapping[str, Any], pretty: str) -> "Verdict":
        described = wanted.get("json_schema")
        described = described if isinstance(described, dict) else {}
        name = str(described.get("name") or "that was asked for")[:64]
        try:
            failure = first_failure(value, described.get("schema", {}))
        except UncheckedError as why:
            return cls("open", f"Valid JSON. Whether it fits the schema cannot be said: {why}.", pretty)
        if failure:
            return cls("bad", f"Valid JSON, but it does not fit the schema {name}: {failure.sentence}", pretty)
        return cls("good", f"Valid JSON, and it fits the schema {name}.", pretty)


def _words(error: ValueError, text: str) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    if error.pos >= len(text.rstrip()):
        return "it ends too early"
    return f"{error.msg[0].lower()}{error.msg[1:]}, line {error.lineno}, column {error.colno}"
