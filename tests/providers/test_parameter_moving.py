"""Another model is chosen: what fits stays, what does not is named, and nothing is lost."""

import pytest

from providers.parameters import Moved, move, take
from providers.parameters.panel import FURTHER
from tests.providers.documented import DOCUMENTED, UNDOCUMENTED, model, named, something_for

QWEN, CLAUDE, UNKNOWN = (named(name).panel for name in ("alibaba/qwen3-32b", "anthropic/claude-sonnet-4.5", "o3-mini"))


def test_what_fits_stays_as_it_was_typed() -> None:
    moved = move({"temperature": "0.50", "max_tokens": " 77"}, QWEN, CLAUDE)

    assert moved == Moved({"temperature": "0.50", "max_tokens": " 77"})


def test_what_the_model_does_not_have_is_left_out_and_said() -> None:
    moved = move({"seed": "5"}, QWEN, CLAUDE)

    assert moved == Moved({}, {"seed": "5"}, ["seed (5) was left out: this model does not have it."])


def test_what_is_out_of_the_models_range_is_left_out_and_said() -> None:
    moved = move({"temperature": "1.7"}, QWEN, CLAUDE)

    sentence = "temperature (1.7) was left out: temperature must be between 0 and 1 for this model."
    assert moved == Moved({}, {"temperature": "1.7"}, [sentence])


def test_what_was_wrong_before_stays_to_be_put_right() -> None:
    assert move({"temperature": "hot"}, QWEN, CLAUDE) == Moved({"temperature": "hot"})


def test_what_has_another_name_goes_there_and_is_said() -> None:
    moved = move({"stop": "END"}, QWEN, CLAUDE)

    assert moved == Moved({"stop_sequences": "END"}, {}, ["stop is called stop_sequences here, and was moved there."])
    assert move(moved.written, CLAUDE, QWEN).written == {"stop": "END"}


def test_the_other_name_is_not_taken_twice() -> None:
    moved = move({"max_tokens": "70", "max_completion_tokens": "80"}, QWEN, UNKNOWN)

    assert moved.written == {"max_completion_tokens": "80"}
    assert moved.left_out == {"max_tokens": "70"}


def test_what_was_left_out_comes_back_with_a_model_that_takes_it() -> None:
    left_out = move({"seed": "5", "temperature": "1.7"}, QWEN, CLAUDE).left_out

    assert move({}, CLAUDE, QWEN, left_out) == Moved({"seed": "5", "temperature": "1.7"})


def test_what_was_typed_since_counts_more_than_what_comes_back() -> None:
    moved = move({"temperature": "0.2"}, CLAUDE, QWEN, {"temperature": "1.7"})

    assert moved.written == {"temperature": "0.2"}


def test_what_still_does_not_fit_waits_in_silence() -> None:
    moved = move({}, CLAUDE, named("anthropic/claude-opus-4-7").panel, {"seed": "5"})

    assert moved == Moved({}, {"seed": "5"})


def test_long_texts_are_not_repeated_in_a_sentence() -> None:
    moved = move({"response_format": '{"type":\n"text"}'}, QWEN, CLAUDE)

    assert moved.changes == ["response_format was left out: this model does not have it."]


def test_json_of_an_unknown_model_is_left_out_where_every_parameter_has_a_field() -> None:
    moved = move({FURTHER: '{"seed": 5}'}, UNKNOWN, QWEN)

    sentence = "Further parameters (JSON) was left out: every parameter of this model has a field of its own."
    assert moved == Moved({}, {FURTHER: '{"seed": 5}'}, [sentence])
    assert move({}, QWEN, UNKNOWN, moved.left_out).written == {FURTHER: '{"seed": 5}'}


def test_the_parameters_of_a_request_are_written_as_a_person_would() -> None:
    asked = {
        "model": "x",
        "stream": True,
        "temperature": 0.5,
        "stop": ["\n\n"],
        "logprobs": True,
        "tool_choice": "auto",
    }

    taken = take({**asked, "response_format": {"type": "text"}, "stream_options": {}}, QWEN)

    assert taken == Moved(
        {
            "temperature": "0.5",
            "stop": '["\\n\\n"]',
            "logprobs": "true",
            "tool_choice": '"auto"',
            "response_format": '{\n  "type": "text"\n}',
        }
    )


def test_what_a_request_has_and_the_model_has_not_is_named() -> None:
    taken = take({"seed": 5, "thinking": {"budget_tokens": 2000, "type": "disabled"}}, CLAUDE)

    assert taken.left_out == {"seed": "5", "thinking": '{"budget_tokens": 2000, "type": "disabled"}'}
    assert taken.changes == [
        f"{name} was left out: this model does not have it in this form." for name in taken.left_out
    ]


def test_a_limit_of_a_request_goes_where_the_model_has_its_own() -> None:
    taken = take({"max_output_tokens": 50}, QWEN)

    assert taken.written == {"max_tokens": "50"}
    assert taken.changes == ["max_output_tokens is called max_tokens here, and was moved there."]
    assert take({"max_tokens": 50}, UNKNOWN).written == {"max_completion_tokens": "50"}


def test_what_an_unknown_model_is_asked_beyond_the_safe_set_becomes_json() -> None:
    asked = {"temperature": 1, "reasoning": {"effort": "low"}, "top_k": 4}

    taken = take(asked, UNKNOWN)

    assert (taken.written["temperature"], taken.changes) == ("1", [])
    assert UNKNOWN.read(taken.written, streaming=True).as_set == asked


@pytest.mark.parametrize("item", [*DOCUMENTED, *UNDOCUMENTED[::20]], ids=lambda item: str(item["id"]))
def test_from_every_model_everything_arrives_or_is_named(item: dict[str, object]) -> None:
    old = model(item).panel
    written = {field.name: something_for(field) for field in old.fields if something_for(field)}

    for new in (QWEN, CLAUDE, UNKNOWN):
        moved = move(written, old, new)
        assert len(moved.written) + len(moved.left_out) == len(written)
        assert moved.left_out.keys() | moved.written.keys() >= written.keys() - {"stop", "stop_sequences", "max_tokens"}
        assert all(any(name in change for change in moved.changes) for name in moved.left_out)
        assert not new.read(moved.written, streaming=True).errors.keys() - {"thinking.budget_tokens"}
