"""What the panel shows is what is sent, and no model is sent what it does not take."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers
from providers.models import LanguageModel
from providers.parameters import SAFE, ParameterError, controls, to_send

CATALOGUE = json.loads((Path(providers.__file__).parent / "data" / "models.json").read_text())
DOCUMENTED = [item for item in CATALOGUE if item.get("parameters")]


def model(item: dict[str, Any]) -> LanguageModel:
    return LanguageModel(
        model_id=item["id"],
        parameters=item.get("parameters", {}),
        features=item.get("features", []),
        context_length=item.get("context_length"),
        max_output_tokens=item.get("max_output_tokens"),
    )


def named(model_id: str) -> LanguageModel:
    return model(next(item for item in CATALOGUE if item["id"] == model_id))


def test_seventy_seven_models_are_documented() -> None:
    assert len(DOCUMENTED) == 77


@given(
    written=st.dictionaries(
        st.sampled_from(["temperature", "max_tokens", "max_completion_tokens", "top_p", "stream_options"]),
        st.floats(-10, 10).map(str) | st.integers(-10, 200_000).map(str) | st.text("0123456789.-+e ", max_size=8),
    ),
    streaming=st.booleans(),
)
def test_nothing_unlisted_and_nothing_out_of_range_is_sent(written: dict[str, str], streaming: bool) -> None:
    for item in DOCUMENTED:
        language_model = model(item)
        try:
            sent = language_model.parameters_to_send(written, streaming=streaming)
        except ParameterError:
            continue
        assert sent.keys() <= item["parameters"].keys()
        assert ("stream_options" in sent) == (streaming and "stream_options" in item["parameters"])
        for name in sent.keys() - {"stream_options"}:
            facts = item["parameters"][name]
            assert facts.get("min", sent[name]) <= sent[name] <= facts.get("max", sent[name])
        assert 1 <= sent["max_tokens"] <= (item.get("max_output_tokens") or sent["max_tokens"])


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_what_is_shown_is_what_is_sent(item: dict[str, Any]) -> None:
    language_model = model(item)
    shown = language_model.controls()

    written = {control.name: str(control.max or control.min) for control in shown}

    sent = language_model.parameters_to_send(written, streaming=False)
    assert {name: str(value) for name, value in sent.items()} == written


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_a_limit_that_was_left_empty_leaves_room_for_the_question(item: dict[str, Any]) -> None:
    sent = model(item).parameters_to_send({}, streaming=False)

    assert sent.keys() == {"max_tokens"}
    assert sent["max_tokens"] <= item["context_length"] / 2


def test_a_known_model_without_temperature_has_no_control_for_it() -> None:
    assert [control.name for control in named("anthropic/claude-opus-4-7").controls()] == ["max_tokens"]


def test_a_field_left_over_from_another_model_is_not_sent() -> None:
    sent = named("anthropic/claude-opus-4-7").parameters_to_send({"temperature": "1"}, streaming=True)

    assert sent == {"max_tokens": 16_000}


def test_the_range_is_the_models_own() -> None:
    temperature = named("anthropic/claude-sonnet-4.5").controls()[0]

    assert (temperature.name, temperature.kind, temperature.min, temperature.max) == ("temperature", "number", 0, 1)


def test_an_unknown_model_gets_the_safe_set_and_no_stream_options() -> None:
    assert [control.name for control in controls({})] == list(SAFE)
    assert to_send({}, {"temperature": "0.7"}, streaming=True) == {"temperature": 0.7, "max_tokens": 4096}


def test_a_model_that_refuses_max_tokens_gets_the_newer_name() -> None:
    assert named("o3-mini").parameters_to_send({}, streaming=True) == {"max_completion_tokens": 16_000}
    assert named("o3-mini").controls()[1].name == "max_completion_tokens"


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
    assert to_send({}, {}, streaming=False, max_output_tokens=1000) == {"max_tokens": 1000}
    with pytest.raises(ParameterError, match="max_tokens must be between 1 and 1000 for this model"):
        to_send({}, {"max_tokens": "1001"}, streaming=False, max_output_tokens=1000)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("temperature", "warm", "temperature must be a number, such as 0.7."),
        ("temperature", "nan", "temperature must be a number, such as 0.7."),
        ("temperature", "0,7", "temperature must be a number, such as 0.7."),
        ("temperature", "2.1", "temperature must be between 0 and 2 for this model."),
        ("max_tokens", "10.5", "max_tokens must be a whole number of at most nine digits."),
        ("max_tokens", "9" * 5000, "max_tokens must be a whole number of at most nine digits."),
        ("max_tokens", "0", "max_tokens must be at least 1 for this model."),
    ],
)
def test_a_wrong_value_is_answered_with_a_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        to_send({}, {name: text}, streaming=False)

    assert caught.value.errors == {name: sentence}


def test_every_wrong_field_has_its_own_sentence() -> None:
    with pytest.raises(ParameterError) as caught:
        to_send({}, {"temperature": "9", "max_tokens": "many"}, streaming=False)

    assert list(caught.value.errors) == ["temperature", "max_tokens"]


def test_a_control_holds_what_was_written_and_what_is_wrong_with_it() -> None:
    temperature, max_tokens = controls({}, {"temperature": "9"}, {"temperature": "Too warm."})

    assert (temperature.value, temperature.error, temperature.placeholder) == ("9", "Too warm.", "not sent")
    assert (max_tokens.value, max_tokens.error, max_tokens.placeholder) == ("", "", "4096")
