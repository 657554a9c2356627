"""What the panel shows is what is sent, and no model is sent what it does not take."""

import json
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.models import LanguageModel
from providers.parameters import Panel, ParameterError, take
from providers.parameters.definitions import Facts
from providers.parameters.panel import FURTHER, SAFE, ModelFacts
from tests.providers.documented import (
    DOCUMENTED,
    GROUPS,
    OURS,
    PARAMETERS,
    UNDOCUMENTED,
    complaints,
    model,
    named,
    something_for,
)

UNKNOWN = LanguageModel(model_id="nobody/knows")
# Everything that is written into some field of some model, and names that no field has.
NAMES = sorted({field.name for item in DOCUMENTED for field in model(item).panel.fields} | OURS | {"nonsense", FURTHER})
TEXTS = (
    st.sampled_from(
        ["true", "false", "low", "auto", "json_object", "wav", "FR", "7/31/2026", "2/30/2026", "null", "[]"]
    )
    | st.floats(-10, 10).map(str)
    | st.integers(-10, 200_000).map(str)
    | st.recursive(
        st.none() | st.booleans() | st.integers(-200, 200) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "name", "function", "json_schema", "1734"]), inner, max_size=3)
        ),
        max_leaves=6,
    ).map(json.dumps)
    | st.text("0123456789.-+e \n[{\"'", max_size=8)
    | st.text(max_size=8)
)


def test_seventy_seven_models_are_documented() -> None:
    assert len(DOCUMENTED) == 77


def test_each_of_the_eighty_parameters_has_a_place() -> None:
    fields = {field.name for item in DOCUMENTED for field in model(item).panel.fields}
    within_json = {name for name in PARAMETERS if name.partition(".")[0] in fields}
    constants = {"prediction.type", "thinking.type", "web_search_options.user_location.type"}

    assert len(PARAMETERS) == 80
    assert PARAMETERS.keys() == (fields & PARAMETERS.keys()) | within_json | GROUPS | constants | OURS
    assert fields <= PARAMETERS.keys()


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_the_panel_has_exactly_the_models_parameters_within_their_ranges(item: dict[str, Any]) -> None:
    fields = model(item).panel.fields

    assert {field.name.partition(".")[0] for field in fields} == item["parameters"].keys() - OURS
    for field in fields:
        outer, _, inner = field.name.partition(".")
        facts = item["parameters"][outer]
        facts = facts["properties"][inner] if inner else facts
        assert field.least == facts.get("min", 1 if outer == "max_tokens" else None)
        assert field.most == (item.get("max_output_tokens") if outer.startswith("max_") else facts.get("max"))


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_everything_a_model_takes_can_be_set_at_once(item: dict[str, Any]) -> None:
    panel = model(item).panel
    written = {field.name: something_for(field) for field in panel.fields}

    sent = panel.to_send(written, streaming=True)

    assert list(complaints(sent, item["parameters"])) == []
    assert sent.keys() == item["parameters"].keys() - {"stream", "max_completion_tokens"}


@settings(max_examples=600, deadline=None)
@given(
    item=st.sampled_from(DOCUMENTED),
    written=st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=6),
    streaming=st.booleans(),
)
def test_nothing_unlisted_and_nothing_out_of_range_is_sent(
    item: dict[str, Any], written: dict[str, str], streaming: bool
) -> None:
    reading = model(item).panel.read(written, streaming=streaming)
    sent = reading.to_send
    if reading.errors:
        assert reading.errors.keys() <= {field.name for field in model(item).panel.fields}
        return

    assert list(complaints(sent, item["parameters"])) == []
    assert ("stream_options" in sent) == (streaming and "stream_options" in item["parameters"])
    assert {"max_tokens", "max_completion_tokens"} & sent.keys()
    assert {name.partition(".")[0] for name in written if written[name].strip()} >= reading.as_set.keys()
    json.dumps(sent, allow_nan=False).encode()


@settings(max_examples=300, deadline=None)
@given(item=st.sampled_from(UNDOCUMENTED), written=st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=4))
def test_a_model_of_which_nothing_is_known_gets_the_safe_set_and_what_was_typed_as_json(
    item: dict[str, Any], written: dict[str, str]
) -> None:
    reading = model(item).panel.read(written, streaming=True)
    if reading.errors:
        return

    further = json.loads(written[FURTHER]) if written.get(FURTHER, "").strip() else {}
    assert reading.to_send.keys() <= {*SAFE, "max_completion_tokens"} | further.keys()
    assert {name: reading.to_send[name] for name in further} == further


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_what_is_sent_can_be_written_into_the_panel_again(item: dict[str, Any]) -> None:
    panel = model(item).panel
    sent = panel.to_send({field.name: something_for(field) for field in panel.fields}, streaming=True)

    taken = take(sent, panel)

    assert (taken.left_out, taken.changes) == ({}, [])
    assert panel.to_send(taken.written, streaming=True) == sent
    assert take(panel.to_send(taken.written, streaming=True), panel) == taken


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_a_limit_that_was_left_empty_leaves_room_for_the_question(item: dict[str, Any]) -> None:
    sent = model(item).parameters_to_send({}, streaming=False)

    assert sent.keys() == {"max_tokens"}
    assert sent["max_tokens"] <= item["context_length"] / 2


def test_what_is_empty_is_not_sent_and_zero_and_off_are() -> None:
    written = {"temperature": "0", "top_p": " ", "logprobs": "false", "stop": "\n \n"}

    sent = named("alibaba/qwen3-32b").parameters_to_send(written, streaming=False)

    assert sent == {"temperature": 0, "logprobs": False, "max_tokens": 16_000}


def test_the_other_name_of_the_limit_takes_the_place_of_the_default() -> None:
    sent = named("alibaba/qwen3-32b").parameters_to_send({"max_completion_tokens": "50"}, streaming=False)

    assert sent == {"max_completion_tokens": 50}


def test_an_object_is_sent_whole_with_what_can_only_be_one_thing() -> None:
    written = {"thinking.budget_tokens": "2000"}

    sent = named("anthropic/claude-sonnet-4.5").parameters_to_send(written, streaming=True)

    assert sent == {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 16_000}


def test_a_place_is_said_only_when_a_place_was_given() -> None:
    panel = named("deepseek/deepseek-v4-pro").panel
    size, city = (f"web_search_options.{name}" for name in ("search_context_size", "user_location.approximate.city"))

    assert panel.read({size: "low"}, streaming=True).as_set == {"web_search_options": {"search_context_size": "low"}}
    assert panel.read({city: "Oslo"}, streaming=True).as_set == {
        "web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": "Oslo"}}}
    }


def test_what_has_to_stand_beside_a_value_is_asked_for_at_its_own_field() -> None:
    reading = named("alibaba/qwen3.5-omni-plus").panel.read({"audio.format": "wav"}, streaming=True)

    assert reading.errors == {"audio.voice": "audio.voice is needed as well: audio has to have it."}


def test_a_field_left_over_from_another_model_is_not_sent() -> None:
    sent = named("anthropic/claude-opus-4-7").parameters_to_send({"temperature": "1"}, streaming=True)

    assert sent == {"max_tokens": 16_000}


def test_a_model_that_refuses_max_tokens_gets_the_newer_name() -> None:
    assert named("o3-mini").parameters_to_send({}, streaming=True) == {"max_completion_tokens": 16_000}
    assert "max_tokens" not in named("o3-mini").panel.names


def test_a_reasoning_model_gets_more_room_than_others() -> None:
    limits = {
        model_id: named(model_id).default_max_tokens
        for model_id in ["deepseek/deepseek-r1", "openai/o3-pro", "x-ai/grok-4-fast-non-reasoning", "qwen-max"]
    }

    assert limits == {
        "deepseek/deepseek-r1": 16_000,
        "openai/o3-pro": 16_000,
        "x-ai/grok-4-fast-non-reasoning": 4096,
        "qwen-max": 4096,
    }


def test_the_models_own_limit_is_not_exceeded() -> None:
    panel = Panel(ModelFacts(max_output_tokens=1000))

    assert panel.to_send({}, streaming=False) == {"max_tokens": 1000}
    with pytest.raises(ParameterError, match="max_tokens must be between 1 and 1000 for this model"):
        panel.to_send({"max_tokens": "1001"}, streaming=False)


def test_every_wrong_field_has_its_own_sentence() -> None:
    with pytest.raises(ParameterError) as caught:
        UNKNOWN.parameters_to_send({"temperature": "9", "max_tokens": "many"}, streaming=False)

    assert caught.value.errors.keys() == {"temperature", "max_tokens"}


def test_a_model_that_its_provider_describes_has_a_panel_like_the_documented() -> None:
    ways = {"type": "string", "enum": ["adaptive", "disabled"], "required": True}
    budget = {"type": "integer", "min": 1024}
    thinking = {"type": "object", "properties": {"type": ways, "budget_tokens": budget}}
    panel = Panel(ModelFacts("some/model", {"thinking": thinking, "tools": {"type": "array"}, "max_tokens": budget}))
    written = {"thinking.type": "adaptive", "tools": '[{"name": "f", "more": [1]}]'}

    assert panel.read(written, streaming=True).as_set == {
        "tools": [{"name": "f", "more": [1]}],
        "thinking": {"type": "adaptive"},
    }
    assert panel.read({"thinking.budget_tokens": "2000"}, streaming=True).errors.keys() == {"thinking.type"}


def test_a_parameter_that_the_data_does_not_know_stands_where_the_one_around_it_does() -> None:
    form = {"type": {"type": "string", "enum": ["json_schema"], "required": True}, "json_schema": {"type": "object"}}
    facts: Facts = {
        "response_format": {"type": "object", "properties": form},
        "mood": {"type": "string", "description": "How."},
    }
    panel = Panel(ModelFacts("some/model", facts))

    schema, mood = panel.by_name["response_format.json_schema"], panel.by_name["mood"]
    assert (schema.category, mood.category, mood.help) == ("output", "", "How.")
    assert panel.read({schema.name: '{"name": "a"}'}, streaming=True).as_set == {
        "response_format": {"type": "json_schema", "json_schema": {"name": "a"}}
    }


# The rest of an unknown model, as JSON


def test_further_parameters_are_sent_as_they_were_typed() -> None:
    typed = '{"top_k": 40, "provider": {"order": ["a", "b"]}, "user": "Ünïcode", "ratio": 1.50, "none": null}'

    reading = UNKNOWN.panel.read({"temperature": "0.5", FURTHER: typed}, streaming=True)

    assert reading.as_set == {"temperature": 0.5, **json.loads(typed)}
    assert reading.to_send == {**reading.as_set, "max_tokens": 4096}


def test_further_parameters_win_over_the_fields_and_that_is_said_at_the_field() -> None:
    reading = UNKNOWN.panel.read({"temperature": "0.5", FURTHER: '{"temperature": 3}'}, streaming=True)

    assert reading.to_send == {"temperature": 3, "max_tokens": 4096}
    assert reading.advice == {
        "temperature": "Further parameters (JSON) sets temperature too, and that is what is sent."
    }


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_a_limit_among_further_parameters_is_the_only_one(limit: str) -> None:
    sent = UNKNOWN.parameters_to_send({FURTHER: json.dumps({limit: 9})}, streaming=True)

    assert sent == {limit: 9}


@pytest.mark.parametrize("name", ["model", "messages", "stream"])
def test_what_the_page_says_itself_cannot_be_replaced(name: str) -> None:
    reading = UNKNOWN.panel.read({FURTHER: json.dumps({name: "x"})}, streaming=True)

    assert reading.errors == {FURTHER: f"Further parameters (JSON) cannot set {name}: the page itself says that."}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("top_k = 40", "is not JSON: Expecting value, line 1, column 1."),
        ('{"a": 1,\n "b": }', "is not JSON: Expecting value, line 2, column 7."),
        ("[1]", "must be an object"),
        ('{"a": NaN}', "is not clear: NaN is no number in JSON."),
        ('{"a": 1, "a": 2}', "is not clear: a name stands twice in the same object."),
        ('{"a": 1e999}', "has a number or a nesting that is too large"),
        ('{"a": ' + "9" * 5000 + "}", "has a number or a nesting that is too large"),
        ('{"a": ' * 40 + "1" + "}" * 40, "has a number or a nesting that is too large"),
        ("[" * 90_000, "has a number or a nesting that is too large"),
        ('{"a": "\\u0000"}', "or a character that cannot be stored."),
        ('{"a": "\\ud800"}', "or a character that cannot be stored."),
        ('{"a": "' + "x" * 100_000 + '"}', "is too long: at most 100,000 characters can be sent."),
    ],
)
def test_json_that_readers_would_not_agree_about_is_refused(typed: str, sentence: str) -> None:
    reading = UNKNOWN.panel.read({FURTHER: typed}, streaming=True)

    assert sentence in reading.errors[FURTHER]


def test_a_documented_model_takes_no_further_parameters() -> None:
    sent = named("qwen-max").parameters_to_send({FURTHER: '{"top_k": 40}'}, streaming=False)

    assert sent == {"max_tokens": 4096}


def test_reading_the_longest_panel_takes_far_less_than_a_millisecond() -> None:
    language_model = named("deepseek/deepseek-v4-pro")
    written = {field.name: something_for(field) for field in language_model.panel.fields}
    seconds = []
    for _ in range(50):
        begun = perf_counter()
        language_model.panel.read(written, streaming=True)
        seconds.append(perf_counter() - begun)

    # The best of many: others may keep the machine busy.
    assert min(seconds) < 0.001
