"""Constraints between parameters: each is kept, and said in a sentence at the field where it bites."""

from providers.parameters import Reading
from providers.parameters.definitions import RULE_FACTS
from providers.parameters.panel import FURTHER
from providers.parameters.rules import CHECKS
from tests.providers.documented import named


def read(model_id: str, streaming: bool = True, **written: str) -> Reading:
    return named(model_id).panel.read(
        {name.replace("__", "."): text for name, text in written.items()}, streaming=streaming
    )


def test_every_rule_of_the_data_is_kept() -> None:
    by_construction = {"stop-at-most-four", "include-usage-needs-stream", "assistant-content-or-tool-calls"}

    assert len(RULE_FACTS) == 11
    assert CHECKS.keys() | by_construction == RULE_FACTS.keys()


def test_thinking_needs_stream() -> None:
    sentence = "enable_thinking needs an answer that is streamed, which this one is not: reset it."

    assert read("alibaba/qwen3-32b", False, enable_thinking="true").errors == {"enable_thinking": sentence}
    assert read("alibaba/qwen3-32b", True, enable_thinking="true").errors == {}
    assert read("alibaba/qwen3-32b", False, enable_thinking="false").errors == {}
    assert read("alibaba/qwen3.5-omni-plus", False, enable_thinking="true").errors == {}


def test_thinking_budget_needs_switch() -> None:
    sentence = "thinking_budget needs enable_thinking: switch that on, or reset thinking_budget."

    assert read("alibaba/qwen3-32b", thinking_budget="5").errors == {"thinking_budget": sentence}
    assert read("alibaba/qwen3-32b", thinking_budget="5", enable_thinking="false").errors == {
        "thinking_budget": sentence
    }
    assert read("alibaba/qwen3-32b", thinking_budget="5", enable_thinking="true").errors == {}


def test_anthropic_budget_below_max() -> None:
    model_id = "anthropic/claude-sonnet-4.5"
    sentence = "thinking.budget_tokens must be less than max_tokens, which is {}."

    assert read(model_id, thinking__budget_tokens="1024", max_tokens="1024").errors == {
        "thinking.budget_tokens": sentence.format(1024)
    }
    assert read(model_id, thinking__budget_tokens="16000").errors == {"thinking.budget_tokens": sentence.format(16_000)}
    assert read(model_id, thinking__budget_tokens="1024", max_tokens="1025").errors == {}


def test_top_logprobs_needs_logprobs() -> None:
    sentence = "top_logprobs needs logprobs: switch that on, or reset top_logprobs."

    assert read("deepseek/deepseek-v4-pro", top_logprobs="0").errors == {"top_logprobs": sentence}
    assert read("deepseek/deepseek-v4-pro", top_logprobs="5", logprobs="false").errors == {"top_logprobs": sentence}
    assert read("deepseek/deepseek-v4-pro", top_logprobs="5", logprobs="true").errors == {}


def test_reasoning_effort_xor_max() -> None:
    both = read("deepseek/deepseek-v4-pro", reasoning__effort="low", reasoning__max_tokens="5")

    assert both.errors == {
        "reasoning.max_tokens": "reasoning.max_tokens and reasoning.effort exclude each other: reset one."
    }
    assert read("deepseek/deepseek-v4-pro", reasoning__max_tokens="5", reasoning__exclude="true").errors == {}


def test_temperature_or_top_p() -> None:
    both = read("qwen-max", temperature="0.5", top_p="0.5")

    assert (both.errors, both.to_send["temperature"], both.to_send["top_p"]) == ({}, 0.5, 0.5)
    assert both.advice == {"top_p": "temperature and top_p do the same in two ways: change one of them, not both."}
    assert read("qwen-max", top_p="0.5").advice == {}


def test_stop_at_most_four() -> None:
    five = read("qwen-max", stop="a\nb\nc\nd\ne")

    assert five.errors == {"stop": "stop takes at most 4 texts; there are 5."}
    assert read("qwen-max", stop="a\nb\nc\nd").to_send["stop"] == ["a", "b", "c", "d"]


def test_reasoning_needs_room() -> None:
    sentence = "This model may think for so long that nothing is left for the answer: {} would leave room."

    for model_id in ["google/gemini-2.5-pro", "google/gemini-2.5-flash", "deepseek/deepseek-r1"]:
        tight = read(model_id, max_tokens="512")
        assert tight.errors == {}
        assert tight.advice == {"max_tokens": sentence.format(named(model_id).default_max_tokens)}
        assert read(model_id, max_tokens="4000").advice == {}
    assert read("qwen-max", max_tokens="512").advice == {}


def test_include_usage_needs_stream() -> None:
    assert read("qwen-max", True).to_send["stream_options"] == {"include_usage": True}
    assert "stream_options" not in read("qwen-max", False).to_send
    typed = {FURTHER: '{"stream_options": {"include_usage": true}}'}
    assert read("o3-mini", True, **typed).errors == {}
    assert read("o3-mini", False, **typed).errors == {
        FURTHER: "Further parameters (JSON) cannot set stream_options: this answer is not streamed."
    }


def test_max_tokens_two_names() -> None:
    both = read("alibaba/qwen3-32b", max_tokens="3000", max_completion_tokens="3000")

    assert both.errors == {}
    assert both.advice == {
        "max_completion_tokens": "max_tokens and max_completion_tokens are two names of one limit: reset one of them."
    }
    assert read("alibaba/qwen3-32b", max_completion_tokens="3000").to_send.keys() == {
        "max_completion_tokens",
        "stream_options",
    }
