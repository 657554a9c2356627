"""What a schema says about a value, beside what the reference validator says, and what nobody can make it do."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runs.patterns import Matcher
from runs.schemas import UncheckedError, check_schema, first_failure

ADDRESS = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 1}, "zip": {"type": "string", "pattern": "^[0-9]{5}$"}},
    "required": ["city"],
    "additionalProperties": False,
}
TREE = {
    "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "n": {"type": "integer"}}}},
    "$ref": "#/$defs/node",
}
EITHER = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {"type": "number"}}}]}
# (schema, value); whether the value fits is for the reference validator to say.
CASES: list[tuple[Any, Any]] = [
    (True, 1),
    (False, 1),
    ({}, {"anything": [1, None]}),
    ({"type": "string"}, "text"),
    ({"type": "string"}, 3),
    ({"type": ["string", "null"]}, None),
    ({"type": "integer"}, 3.0),
    ({"type": "integer"}, 3.5),
    ({"type": "integer"}, True),
    ({"enum": ["a", 1, None]}, 1),
    ({"enum": ["a", 1, None]}, True),
    ({"const": {"a": 1}}, {"a": 1.0}),
    (ADDRESS, {"city": "Oslo", "zip": "01234"}),
    (ADDRESS, {"zip": "01234"}),
    (ADDRESS, {"city": "Oslo", "zip": "1234"}),
    (ADDRESS, {"city": "Oslo", "land": "NO"}),
    ({"items": {"type": "number", "exclusiveMinimum": 0}}, [1, 2, 0]),
    ({"items": {"type": "number", "exclusiveMinimum": 0}}, [1, 2]),
    ({"prefixItems": [{"type": "string"}], "items": False}, ["a", 1]),
    ({"uniqueItems": True}, [1, True, "1", [1], {"a": 1}]),
    ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1.0}]),
    ({"minItems": 2, "maxItems": 3}, [1]),
    ({"contains": {"type": "string"}}, [1, "a"]),
    ({"contains": {"type": "string"}}, [1]),
    (TREE, {"next": {"next": {"n": 1}}}),
    (TREE, {"next": {"next": {"n": "1"}}}),
    (EITHER, {"a": 1}),
    (EITHER, {"a": "1"}),
    ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1),
    ({"not": {"type": "null"}}, None),
    ({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": {"type": "number"}}, {"x-a": "b"}),
    ({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": {"type": "number"}}, {"y-a": "b"}),
    ({"if": {"type": "string"}, "then": {"maxLength": 2}, "else": {"minimum": 5}}, "abc"),
    ({"if": {"type": "string"}, "then": {"maxLength": 2}, "else": {"minimum": 5}}, 7),
    ({"multipleOf": 0.5}, 1.25),
    ({"propertyNames": {"maxLength": 2}}, {"abc": 1}),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}),
]


@pytest.mark.parametrize(("schema", "value"), CASES)
def test_a_value_fits_where_the_reference_validator_says_so(schema: Any, value: Any) -> None:
    assert (first_failure(value, schema) is None) == Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"type": "integer"}, "3", "The value must be a whole number, and is a text."),
        (ADDRESS, {}, "The value has no “city”, which is required."),
        ({"properties": {"home": ADDRESS}}, {"home": {"city": "", "zip": "1"}}, "home.city must have at least 1"),
        ({"items": ADDRESS}, [{"city": "Oslo"}, {"city": 5}], "[1].city must be a text, and is the number 5."),
        (ADDRESS, {"city": "Oslo", "land": "NO"}, "The value has “land”, which the schema does not know."),
        ({"enum": ["red", "blue"]}, "green", 'must be one of "red", "blue", and is "green".'),
        ({"maximum": 3}, 4, "The value must be at most 3, and is 4."),
        (EITHER, {"a": "1"}, "a must be a number, and is a text."),
        (EITHER, 5, "The value fits none of the 2 alternatives, and is 5."),
        ({"properties": {"a": False}}, {"a": 1}, "a is what the schema rules out."),
    ],
)
def test_the_first_failure_is_said_in_words(schema: Any, value: Any, sentence: str) -> None:
    failure = first_failure(value, schema)

    assert failure is not None
    assert sentence in failure.sentence


@pytest.mark.parametrize("schema", [[], "object", None, {"type": "strin"}, {"properties": 3}, {"items": [1]}])
def test_what_is_no_schema_is_said_to_be_none(schema: Any) -> None:
    assert check_schema(schema).endswith(".")
    with pytest.raises(UncheckedError):
        first_failure({}, schema)


def test_a_schema_is_one() -> None:
    assert check_schema(ADDRESS) == ""


DOUBLING: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)} | {"d40": {}}
NESTED: Any = {}
for _ in range(2000):
    NESTED = {"items": NESTED}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#"}, 1),
        ({"$ref": "https://attacker.invalid/schema.json"}, 1),
        ({"$ref": "file:///etc/passwd"}, 1),
        ({"$ref": "#/$defs/missing"}, 1),
        ({"$defs": DOUBLING, "$ref": "#/$defs/d0"}, 1),
        # Without the draft of its parts taken away this one would be read by a validator that counts nothing.
        ({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#"}, 1),
        ({"pattern": r"^(a)\1$"}, "aa"),
        ({"pattern": "(?=a)"}, "a"),
        ({"pattern": "("}, "a"),
        ({"patternProperties": {"^(a+)+$": {}}, "unevaluatedProperties": False}, {"a" * 50 + "b": 1}),
        (NESTED, []),
        ({"items": {"enum": list(range(2000))}}, list(range(2000))),
        ({}, "x" * 300_000),
    ],
)
def test_what_would_take_long_or_is_not_understood_is_not_checked(schema: Any, value: Any) -> None:
    begun = time.process_time()

    with pytest.raises(UncheckedError) as unchecked:
        first_failure(value, schema)

    assert str(unchecked.value)
    assert time.process_time() - begun < 5


def test_a_pattern_that_explodes_elsewhere_is_answered_here() -> None:
    # The draft that a part names would have it read by another validator, with Python's patterns.
    part = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a+)+b$"}

    assert first_failure({"a": "a" * 2000}, {"properties": {"a": part}}) is not None


CHARACTERS = st.sampled_from("ab1-_ \n")
ATOMS = st.sampled_from(
    ["a", "b", "1", "-", ".", r"\d", r"\w", r"\s", r"\S", "[ab]", "[^a-b1]", r"[\d_]", r"\b", "^", "$"]
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@given(pattern=PATTERNS, text=st.text(CHARACTERS, max_size=8))
def test_a_pattern_is_found_where_python_finds_it(pattern: str, text: str) -> None:
    # To JSON Schema `$` is the very end; Python has a word of its own for that.
    expected = re.search(pattern.replace("$", r"\Z"), text, re.ASCII) is not None

    assert Matcher().is_found(pattern, text) == expected


@given(pattern=st.text(max_size=30), text=st.text(max_size=30))
def test_any_pattern_is_answered_or_not_checked(pattern: str, text: str) -> None:
    said = "it is answered"
    try:
        Matcher().is_found(pattern, text)
    except UncheckedError as unchecked:
        said = str(unchecked)
    assert said.startswith(("its pattern", "it is answered"))
