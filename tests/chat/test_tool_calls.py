"""What was declared, what was called, and whether the two fit. Pure."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.tools.arguments import canonical, key_of, parse, pretty
from chat.tools.calls import told
from chat.tools.declared import Declared, declared
from chat.tools.verdicts import judged

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"name": "weather", "parameters": SCHEMA}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def verdict(arguments: str, schema: Any, **further: Any) -> tuple[str, str]:
    call = {"id": "1", "name": "weather", "arguments": arguments, **further}
    found = judged(call, {"weather": Declared("weather", schema)}).verdict
    return found.state, found.sentence


@pytest.mark.parametrize(
    ("parameters", "tool"),
    [
        ({"tools": [{"type": "function", "function": FUNCTION}]}, Declared("weather", SCHEMA)),
        ({"tools": [{"type": "function", **FUNCTION}]}, Declared("weather", SCHEMA)),
        ({"functions": [FUNCTION]}, Declared("weather", SCHEMA)),
        ({"tools": [{"name": "weather", "input_schema": SCHEMA}]}, Declared("weather", SCHEMA)),
        ({"tools": [{"type": "custom", "name": "weather", "input_schema": SCHEMA}]}, Declared("weather", SCHEMA)),
        ({"tools": [{"type": "custom", "name": "weather"}]}, Declared("weather", is_custom=True)),
        ({"tools": [{"type": "custom", "custom": {"name": "weather"}}]}, Declared("weather", is_custom=True)),
    ],
)
def test_a_tool_is_found_in_every_dialect(parameters: dict[str, Any], tool: Declared) -> None:
    assert declared(parameters) == {"weather": tool}


@pytest.mark.parametrize("tools", [None, "auto", [None], ["weather"], [{"type": "web_search"}], [{"function": "x"}]])
def test_what_declares_no_function_is_passed_over(tools: Any) -> None:
    assert declared({"tools": tools}) == {}


def test_calls_without_an_id_and_with_one_twice_get_one_each_and_the_same_each_time() -> None:
    calls = [{"id": each, "name": "now", "arguments": "{}"} for each in ("", "a", "a", "")]

    ids = [call["id"] for call in told(calls, {}, "call_7")]

    assert ids == ["call_7_0", "a", "call_7_2", "call_7_3"]
    assert ids == [call["id"] for call in told(calls, {}, "call_7")]


def test_only_a_call_of_a_custom_tool_says_its_kind() -> None:
    tools = {"shell": Declared("shell", is_custom=True), "now": Declared("now")}
    calls = [{"id": name, "name": name, "arguments": ""} for name in ("shell", "now", "else")]

    assert [call.get("type") for call in told(calls, tools, "")] == ["custom", None, None]


@pytest.mark.parametrize(
    ("arguments", "schema", "state", "sentence"),
    [
        ("", None, "valid", "The arguments are valid."),
        ('{"a": 1}', None, "doubtful", "a is not mentioned in the schema, which does not rule it out."),
        ('{"a": 1}', {}, "valid", "The arguments are valid."),
        ('{"a": 1}', {"properties": {}, "additionalProperties": False}, "wrong", "The arguments: has “a”, which the"),
        ('{"a": [{"b": 1}]}', {"properties": {"a": {"items": SCHEMA}}}, "doubtful", "a[0].b is not mentioned"),
        ('{"a": 1}', {"properties": {}, "patternProperties": {"^a": {}}}, "valid", "The arguments are valid."),
        ('{"city": 1}', SCHEMA, "wrong", "city must be a text, and is the number 1."),
        ('{"city": 1}', {"$ref": "https://example.org/"}, "unchecked", "Valid JSON; not compared with the schema"),
        ('{"city": 1}', {"type": 7}, "unchecked", "Valid JSON; not compared with the schema"),
        ("[" * 100_000, SCHEMA, "wrong", "The arguments are not JSON: it is nested too deeply."),
        ("9" * 5000, SCHEMA, "wrong", "The arguments are not JSON: a number is too large."),
    ],
)
def test_the_verdict_names_the_first_path_that_is_wrong(arguments: str, schema: Any, state: str, sentence: str) -> None:
    found = verdict(arguments, schema)

    assert found[0] == state
    assert found[1].startswith(sentence)


def test_a_custom_tool_takes_any_text() -> None:
    call = judged({"id": "1", "type": "custom", "name": "shell", "arguments": "{ ls"}, {})

    assert (call.verdict.state, call.shown) == ("valid", "{ ls")


def test_of_a_call_from_elsewhere_nobody_knows() -> None:
    assert judged({"id": "1", "name": "now", "arguments": "{}"}, None).verdict.state == "unchecked"


def test_half_a_character_does_not_reach_the_page() -> None:
    assert pretty('"\\ud800"') == canonical('"\\ud800"') == '"\ufffd"'


@given(values)
def test_arguments_that_mean_the_same_have_the_same_key(value: Any) -> None:
    written, spaced = json.dumps(value), json.dumps(value, indent=3, ensure_ascii=False, sort_keys=True)

    assert key_of(written) == key_of(spaced)
    assert parse(pretty(written)) == value == parse(canonical(written))


@given(st.text())
def test_whatever_a_model_writes_is_judged_and_shown(written: str) -> None:
    assert verdict(written, SCHEMA)[1].endswith(".")
    assert isinstance(pretty(written), str)
    assert key_of(written) == key_of(canonical(written))
