"""What a JSON Schema says about a value: whether it is one at all, and where a value first fails it, in words.

Schemas and values come from people, models and pasted text, so nothing here can be made to take long, to fetch
anything or to raise what is not expected: a `$ref` reaches only into its own schema, patterns are matched by
`runs/patterns.py`, and the work is counted. Pure: no Django, no I/O.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from runs.patterns import Matcher, UncheckedError

__all__ = ["Failure", "UncheckedError", "check_schema", "first_failure"]

# Keywords that are looked at for one value, each counted with what it holds; some half a second at the most.
MOST_STEPS = 50_000
# Characters of a schema as JSON, and of a value.
LARGEST_SCHEMA, LARGEST_VALUE = 256 * 1024, 256 * 1024
# Characters of a value, of a list of choices and of a path that are quoted.
QUOTED, LISTED, LONGEST_PATH = 60, 120, 200
# Where a schema may hold schemas by name: a name there is no keyword.
BY_NAME = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "object": "an object",
    "array": "a list",
    "boolean": "true or false",
    "null": "null",
}

Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError] | None]


@dataclass(frozen=True)
class Failure:
    """The first place where a value is not as its schema says."""

    # As in `answers[2].city`; empty for the value as a whole.
    path: str
    # What is wrong there, to follow the path: "must be a number, and is a text".
    words: str

    @property
    def sentence(self) -> str:
        return f"{self.path or 'The value'} {self.words}."


def check_schema(schema: Any) -> str:
    """Why this is no schema, in a sentence; empty when it is one. Raises `UncheckedError`."""
    if not isinstance(schema, dict | bool):
        return 'A schema is an object, such as {"type": "object"}.'
    _bound(schema, LARGEST_SCHEMA, "the schema is too large")
    try:
        draft: Any = _draft_of(schema)
        draft.check_schema(schema)
    except SchemaError as error:
        keyword = _path(error.absolute_path)
        return f"This is not a JSON Schema: {keyword or 'it'} {_words(error)}."
    except RecursionError:
        raise UncheckedError("the schema is nested too deeply") from None
    return ""


def first_failure(value: Any, schema: Any) -> Failure | None:
    """Where the value first fails the schema; None when it is as the schema says.

    Raises `UncheckedError` where that cannot be said; also of what is no schema.
    """
    if complaint := check_schema(schema):
        raise UncheckedError(complaint[0].lower() + complaint[1:].rstrip("."))
    _bound(value, LARGEST_VALUE, "the value is too large")
    registry: Registry[Any] = Registry()
    validator: Any = _counting(_draft_of(schema))(_without_drafts(schema), registry=registry)
    try:
        error = next(iter(validator.iter_errors(value)), None)
        return Failure(_path(_deepest(error).absolute_path), _words(_deepest(error))) if error else None
    except RecursionError:
        raise UncheckedError("it goes into itself too deeply") from None
    except (Unresolvable, UnknownType) as unknown:
        raise UncheckedError("the schema refers to what is not in it") from unknown


def _bound(value: Any, most: int, why: str) -> None:
    try:
        size = len(json.dumps(value))
    except (RecursionError, ValueError, TypeError):
        raise UncheckedError("it is nested too deeply, or is no JSON") from None
    if size > most:
        raise UncheckedError(why)


def _draft_of(schema: Any) -> type[Validator]:
    """The version of the standard that the schema names, else the newest."""
    return validator_for(schema, default=Draft202012Validator)


def _without_drafts(schema: Any) -> Any:
    """The schema without `$schema` in its parts, which would have them read by another validator than ours."""
    if isinstance(schema, list):
        return [_without_drafts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        # Of a schema that is only false the library forgets where it stood.
        name: {key: {"not": {}} if part is False else _without_drafts(part) for key, part in inner.items()}
        if name in BY_NAME and isinstance(inner, dict)
        else _without_drafts(inner)
        for name, inner in schema.items()
        if not (name == "$schema" and isinstance(inner, str))
    }


def _counting(draft: type[Validator]) -> type[Validator]:
    """The validator of this draft, which gives up after so many steps, with our patterns in the place of Python's."""
    steps = 0

    def counted(keyword: Keyword) -> Keyword:
        def check(validator: Any, held: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
            nonlocal steps
            steps += 1 + (len(held) if isinstance(held, list | dict) else 0)
            if steps > MOST_STEPS:
                raise UncheckedError("it would take too long")
            yield from keyword(validator, held, instance, schema) or ()

        return check

    matcher = Matcher()
    ours = {name: partial(keyword, matcher) for name, keyword in OURS.items() if name in draft.VALIDATORS}
    keywords = {name: counted(keyword) for name, keyword in {**draft.VALIDATORS, **ours}.items()}
    counting: type[Validator] = extend(draft, keywords)  # type: ignore[no-untyped-call]
    return counting


def _pattern(matcher: Matcher, validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matcher.is_found(pattern, instance):
        yield ValidationError("pattern")


def _pattern_properties(
    matcher: Matcher, validator: Any, patterns: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, inner in patterns.items():
        for name, value in instance.items():
            if matcher.is_found(pattern, name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _additional_properties(
    matcher: Matcher, validator: Any, inner: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for name in _additional(matcher, instance, schema):
        if inner is False:
            yield ValidationError(name)
        elif isinstance(inner, dict):
            yield from validator.descend(instance[name], inner, path=name)


def _additional(matcher: Matcher, instance: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """The members that the schema does not name."""
    patterns = schema.get("patternProperties", {})
    for name in instance:
        if name not in schema.get("properties", {}) and not any(
            matcher.is_found(pattern, name) for pattern in patterns
        ):
            yield name


def _unique_items(
    matcher: Matcher, validator: Any, is_wanted: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if is_wanted and isinstance(instance, list) and len({_canonical(item) for item in instance}) < len(instance):
        yield ValidationError("uniqueItems")


def _canonical(item: Any) -> str:
    """Equal for what JSON calls equal: 1 and 1.0 are, 1 and true are not, and members have no order."""
    match item:
        case bool() | None | str():
            return json.dumps(item)
        case int() | float():
            return repr(int(item) if item == int(item) else item)
        case list():
            return f"[{','.join(map(_canonical, item))}]"
        case dict():
            return f"{{{','.join(sorted(f'{json.dumps(name)}:{_canonical(inner)}' for name, inner in item.items()))}}}"
        case _:
            return repr(item)


def _unevaluated(matcher: Matcher, validator: Any, held: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """This keyword of the library looks through all others by itself, uncounted and by Python's patterns."""
    raise UncheckedError("the schema says what is to be true of all that is not mentioned, which is not checked here")


OURS: dict[str, Callable[..., Iterator[ValidationError]]] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
    "unevaluatedProperties": _unevaluated,
    "unevaluatedItems": _unevaluated,
}


def _deepest(error: Any) -> Any:
    """Of several ways to be right, none of which was met, the failure that came furthest."""
    while error.context:
        # The one whose place in the value is deepest was meant, as far as anybody can tell; the first of those.
        furthest = max(error.context, key=lambda each: (len(each.absolute_path), each.validator != "type"))
        if len(furthest.absolute_path) <= len(error.absolute_path):
            return error
        error = furthest
    return error


def _path(steps: Iterable[str | int]) -> str:
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return _cut(path, LONGEST_PATH)


def _words(error: Any) -> str:
    """What is wrong, to follow the path of where."""
    held, value = error.validator_value, error.instance
    match error.validator:
        case "type":
            names = held if isinstance(held, list) else [held]
            return f"must be {' or '.join(TYPES.get(str(name), str(name)) for name in names)}, and is {_kind(value)}"
        case "required":
            missing = next((name for name in held if name not in value), "") if isinstance(held, list) else ""
            return f"has no “{_cut(str(missing), QUOTED)}”, which is required"
        case "enum":
            return f"must be one of {_cut(', '.join(map(_quoted, held)), LISTED)}, and is {_quoted(value)}"
        case "const":
            return f"must be {_quoted(held)}, and is {_quoted(value)}"
        case "additionalProperties":
            return f"has “{_cut(error.message, QUOTED)}”, which the schema does not know"
        case "pattern":
            return f"must match {_cut(str(held), QUOTED)}, and is {_quoted(value)}"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" | "multipleOf":
            return f"must be {RELATIONS[str(error.validator)]} {_quoted(held)}, and is {_quoted(value)}"
        case "minLength" | "minItems" | "minProperties" | "maxLength" | "maxItems" | "maxProperties":
            relation, things = SIZES[str(error.validator)]
            return f"must have {relation} {held} {things}, and has {len(value)}"
        case "uniqueItems":
            return "must not hold the same twice"
        case "anyOf" | "oneOf" if not error.context:
            return "fits several of the alternatives, and must fit one"
        case "anyOf" | "oneOf":
            return f"fits none of the {len(held)} alternatives, and is {_quoted(value)}"
        case "not":
            return "is what the schema rules out"
        case None:
            return "is not allowed here"
        case keyword:
            return f"is not as “{keyword}” of the schema says"


RELATIONS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "multipleOf": "a multiple of",
}
SIZES = {
    "minLength": ("at least", "characters"),
    "maxLength": ("at most", "characters"),
    "minItems": ("at least", "items"),
    "maxItems": ("at most", "items"),
    "minProperties": ("at least", "members"),
    "maxProperties": ("at most", "members"),
}


def _kind(value: Any) -> str:
    match value:
        case bool() | None:
            return json.dumps(value)
        case str():
            return "a text"
        case int() | float():
            return f"the number {_quoted(value)}"
        case list():
            return "a list"
        case _:
            return "an object"


def _quoted(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False), QUOTED)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
