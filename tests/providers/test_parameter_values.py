"""What is written into a field, and the value that it means: each kind by itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.models import LanguageModel
from providers.parameters.fields import Field
from providers.parameters.values import parse, write
from tests.providers.documented import named

DEEPSEEK = named("deepseek/deepseek-v4-pro")
CLAUDE = named("anthropic/claude-sonnet-4.5")
OMNI = named("alibaba/qwen3.5-omni-plus")
COUNTRY = "web_search_options.user_location.approximate.country"
PLACE = "tools[0].function"


def value_of(language_model: LanguageModel, name: str, written: str) -> Any:
    return parse(language_model.panel.by_name[name], written)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("temperature", " 0.50 ", 0.5),
        ("temperature", ".5", 0.5),
        ("temperature", "2", 2),
        ("presence_penalty", "-2", -2),
        ("seed", "999999999999999", 999_999_999_999_999),
        ("repetition_penalty", "123456789.123456", 123456789.123456),
        ("logprobs", "true", True),
        ("logprobs", "false", False),
        ("reasoning_effort", "high", "high"),
        ("reasoning.effort", "minimal", "minimal"),
        # Words that are not all there are.
        ("search_mode", "academic", "academic"),
        ("search_recency_filter", "month", "month"),
        ("search_after_date_filter", "2/29/2024", "2/29/2024"),
        (COUNTRY, "FR", "FR"),
        ("stop", "END", ["END"]),
        ("stop", "END\n\n  \n two words \n[END]", ["END", " two words ", "[END]"]),
        ("stop", "[END]", ["[END]"]),
        ("stop", '["\\n\\n", "END"]', ["\n\n", "END"]),
        ("prediction.content", "  line\n\nline ", "  line\n\nline "),
        ("tool_choice", "auto", "auto"),
        ("tool_choice", '"none"', "none"),
        (
            "tool_choice",
            '{"type": "function", "function": {"name": "f"}}',
            {"type": "function", "function": {"name": "f"}},
        ),
        ("response_format", "json_object", {"type": "json_object"}),
        ("response_format", '{"type": "text"}', {"type": "text"}),
        (
            "response_format",
            '{"type": "json_schema", "json_schema": {"name": "a-1", "schema": {"x": [1]}, "strict": true}}',
            {"type": "json_schema", "json_schema": {"name": "a-1", "schema": {"x": [1]}, "strict": True}},
        ),
        ("logit_bias", '{"50": -100, "51": 0.5}', {"50": -100, "51": 0.5}),
        (
            "tools",
            '[{"type": "function", "function": {"name": "f"}}]',
            [{"type": "function", "function": {"name": "f"}}],
        ),
    ],
)
def test_what_was_written_means(name: str, written: str, value: Any) -> None:
    found = value_of(DEEPSEEK, name, written)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "written", "sentence"),
    [
        ("temperature", "warm", "temperature must be a number, such as 0.7."),
        ("temperature", "nan", "temperature must be a number, such as 0.7."),
        ("temperature", "0,7", "temperature must be a number, such as 0.7."),
        ("temperature", "1e-3", "temperature must be a number, such as 0.7."),
        ("temperature", "0.1234567", "temperature must be a number, such as 0.7."),
        ("temperature", "2.1", "temperature must be between 0 and 2 for this model."),
        ("min_p", "0", "min_p must be between 0.001 and 0.999 for this model."),
        ("max_tokens", "10.5", "max_tokens must be a whole number of at most fifteen digits."),
        ("max_tokens", "9" * 5000, "max_tokens must be a whole number of at most fifteen digits."),
        ("max_tokens", "0", "max_tokens must be at least 1 for this model."),
        ("seed", "0", "seed must be at least 1 for this model."),
        ("top_k", "2.5", "top_k must be a whole number of at most fifteen digits."),
        ("logprobs", "yes", "logprobs must be true or false for this model."),
        ("reasoning_effort", "max", "reasoning_effort must be low, medium or high for this model."),
        ("search_after_date_filter", "2/30/2026", "must be a day such as 7/31/2026: month, day and year."),
        ("search_after_date_filter", "2026-07-31", "must be a day such as 7/31/2026: month, day and year."),
        (COUNTRY, "France", "is not in the form that it needs. The country, in two capital letters such as FR."),
        ("stop", '["a", 1]', 'stop must be one text a line, or a list of texts such as ["\\n\\n", "END"].'),
        ("stop", '["\\ud800"]', 'stop must be one text a line, or a list of texts such as ["\\n\\n", "END"].'),
        ("search_domain_filter", "\n".join("abcdefghijk"), "takes at most 10 texts; there are 11."),
        ("prediction.content", "x" * 100_001, "prediction.content is too long: at most 100,000 characters"),
        ("tools", "{}", "tools must be a list."),
        ("tools", "[1]", "tools[0] must be an object."),
        ("tools", '[{"type": "function"}]', "tools[0].function is missing."),
        ("tools", '[{"function": {"name": "f"}}]', "tools[0].type is missing."),
        ("tools", '[{"type": "function", "function": {}}]', f"{PLACE}.name is missing."),
        ("tools", '[{"type": "web", "function": {"name": "f"}}]', "tools[0].type must be function."),
        (
            "tools",
            '[{"type": "function", "function": {"name": "no blanks"}}]',
            f"{PLACE}.name may have letters, digits",
        ),
        ("tools", '[{"type": "function", "function": {"name": "f", "strict": 1}}]', f"{PLACE}.strict must be true or"),
        (
            "tools",
            '[{"type": "function", "function": {"name": "f", "x": 1}}]',
            f"{PLACE}.x is not known to this model.",
        ),
        ("tool_choice", "any", "tool_choice is not JSON: Expecting value, line 1, column 1."),
        ("tool_choice", '"any"', "tool_choice must be an object."),
        ("tool_choice", '{"type": "function"}', "tool_choice.function is missing."),
        ("response_format", "json_schema", "response_format.json_schema is missing."),
        ("response_format", '{"type": "xml"}', "response_format.type must be text, json_object or json_schema."),
        ("response_format", '{"type": "text", "a": 1}', "response_format.a is not known to this model."),
        ("response_format", '{"type": "text", "json_schema": {"name": "a"}}', "does not go with the type text."),
        (
            "response_format",
            '{"type": "json_schema", "json_schema": {}}',
            "response_format.json_schema.name is missing.",
        ),
        ("logit_bias", '{"50": 101}', "logit_bias.50 must be between -100 and 100."),
        ("logit_bias", '{"50": true}', "logit_bias.50 must be a number."),
        ("logit_bias", '{"50": 1,}', "logit_bias is not JSON: "),
    ],
)
def test_what_is_no_value_is_answered_with_a_sentence(name: str, written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        value_of(DEEPSEEK, name, written)

    assert sentence in str(caught.value)
    assert str(caught.value).startswith(name)


@pytest.mark.parametrize(
    ("name", "written", "sentence"),
    [
        ("tools", '[{"name": "f"}]', "tools[0].input_schema is missing."),
        ("tools", '[{"name": "f", "input_schema": {}}]', "tools[0].input_schema.type is missing."),
        ("tools", '[{"type": "function", "function": {"name": "f"}}]', "tools[0].name is missing."),
        ("tool_choice", "auto", "tool_choice is not JSON"),
        ("tool_choice", '{"name": "f"}', "tool_choice.type is missing."),
        ("metadata", '{"a": 1}', "metadata.a must be a text."),
    ],
)
def test_a_model_with_other_shapes_has_its_own_sentences(name: str, written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        value_of(CLAUDE, name, written)

    assert sentence in str(caught.value)


def test_other_shapes_are_sent_as_written() -> None:
    tools = [{"name": "f", "input_schema": {"type": "object", "required": ["a"]}}]

    assert value_of(CLAUDE, "tools", json.dumps(tools)) == tools
    assert value_of(CLAUDE, "tool_choice", '{"type": "auto"}') == {"type": "auto"}
    assert value_of(OMNI, "audio.voice", "someone new") == "someone new"
    assert value_of(OMNI, "modalities", "text\naudio") == ["text", "audio"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), max_size=4))
def test_a_list_of_texts_can_be_written_and_read_back(texts: list[str]) -> None:
    field = DEEPSEEK.panel.by_name["stop"]

    assert parse(field, write(field, texts)) == texts


@given(st.integers(-(10**15) + 1, 10**15 - 1) | st.decimals(-2, 2, places=6).map(float))
def test_a_number_can_be_written_and_read_back(number: float) -> None:
    field = Field("some", "number")

    assert parse(field, write(field, number)) == number


@pytest.mark.parametrize(
    ("name", "value"),
    [("temperature", "hot"), ("seed", None), ("stop", 5), ("stop", [5]), ("logprobs", "on"), ("tools", "none")],
)
def test_what_is_not_of_its_kind_is_written_so_that_it_is_refused(name: str, value: object) -> None:
    field = DEEPSEEK.panel.by_name[name]

    with pytest.raises(ValueError, match=name):
        parse(field, write(field, value))
