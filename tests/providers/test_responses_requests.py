"""What is asked of OpenAI's Responses, and where it goes."""

import json
from typing import Any

import pytest

from providers.dialects import DIALECTS
from providers.errors import Refused

RESPONSES, OPENAI = DIALECTS["responses"], DIALECTS["openai"]
BASE = "https://api.example/v1"
HI = {"role": "user", "content": "Hi"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def body(*messages: Any, stream: bool = False, **parameters: Any) -> Any:
    return json.loads(RESPONSES.body(model="gpt", messages=messages, parameters=parameters, stream=stream))


def asked(**parameters: Any) -> Any:
    """The parameters as they are sent."""
    return {name: value for name, value in body(HI, **parameters).items() if name not in {"model", "input", "store"}}


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_addresses_below_the_base_url(slash: str) -> None:
    assert RESPONSES.completion_url(BASE + slash) == "https://api.example/v1/responses"


def test_keys_and_the_list_of_models_are_those_of_chat_completions() -> None:
    listing = b'{"data": [{"id": "gpt-5", "owned_by": "openai"}]}'

    assert RESPONSES.headers("sk-1") == OPENAI.headers("sk-1")
    assert RESPONSES.key_check_url(BASE) == OPENAI.key_check_url(BASE)
    assert RESPONSES.model_list_urls(BASE) == OPENAI.model_list_urls(BASE)
    assert RESPONSES.read_model_list(listing) == OPENAI.read_model_list(listing)


def test_a_body_holds_what_was_given_in_utf_8_and_is_not_kept_by_the_provider() -> None:
    messages = [{"role": "user", "content": "Grüße"}]

    assert RESPONSES.body(model="m", messages=messages, parameters={}, stream=True) == (
        '{"model":"m","input":[{"role":"user","content":"Grüße"}],"store":false,"stream":true}'.encode()
    )


def test_a_person_may_have_it_kept_by_the_provider() -> None:
    assert body(HI, store=True)["store"] is True


def test_the_first_instructions_are_the_instructions() -> None:
    said = body({"role": "system", "content": "Be brief."}, {"role": "developer", "content": "And kind."}, HI)

    assert (said["instructions"], said["input"]) == ("Be brief.\n\nAnd kind.", [HI])


def test_later_instructions_stay_in_their_place() -> None:
    later = {"role": "system", "content": "Be brief."}

    said = body(HI, later, HI)

    assert "instructions" not in said
    assert said["input"] == [HI, later, HI]


@pytest.mark.parametrize(
    ("role", "part", "said"),
    [
        ("user", {"type": "text", "text": "Hi"}, {"type": "input_text", "text": "Hi"}),
        ("system", {"type": "text", "text": "Hi"}, {"type": "input_text", "text": "Hi"}),
        ("assistant", {"type": "text", "text": "Hi"}, {"type": "output_text", "text": "Hi"}),
        (
            "user",
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
            {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"},
        ),
        (
            "user",
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
            {"type": "input_image", "image_url": "data:image/png;base64,iVBO"},
        ),
        (
            "user",
            {"type": "file", "file": {"file_data": "JVBE", "filename": "a.pdf"}},
            {"type": "input_file", "file_data": "JVBE", "filename": "a.pdf"},
        ),
        # What is said in the provider's own words already.
        ("user", {"type": "input_file", "file_id": "file_1"}, {"type": "input_file", "file_id": "file_1"}),
    ],
)
def test_a_part_of_a_message(role: str, part: Any, said: Any) -> None:
    assert body({"role": role, "content": [part]})["input"] == [{"role": role, "content": [said]}]


def test_a_call_and_its_result_are_items_and_thoughts_come_before_them() -> None:
    thoughts = [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b64"}]

    said = body(
        HI,
        {"role": "assistant", "content": "I add.", "tool_calls": [CALL], "reasoning_items": thoughts},
        {"role": "tool", "tool_call_id": "call_1", "content": "2"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
    )

    call = {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'}
    assert said["input"] == [
        HI,
        *thoughts,
        {"role": "assistant", "content": "I add."},
        call,
        {"type": "function_call_output", "call_id": "call_1", "output": "2"},
        call,
    ]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, {}),
        ({"temperature": 0.5, "top_p": None}, {"temperature": 0.5, "top_p": None}),
        ({"max_tokens": 9}, {"max_output_tokens": 9}),
        ({"max_completion_tokens": 9}, {"max_output_tokens": 9}),
        ({"max_completion_tokens": 8, "max_tokens": 9}, {"max_output_tokens": 9}),
        ({"max_output_tokens": 9}, {"max_output_tokens": 9}),
        ({"stream_options": {"include_usage": True}}, {}),
        (
            {"stream_options": {"include_usage": True, "include_obfuscation": False}},
            {"stream_options": {"include_obfuscation": False}},
        ),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
        (
            {"reasoning": {"summary": "auto"}, "reasoning_effort": "low"},
            {"reasoning": {"summary": "auto", "effort": "low"}},
        ),
        (
            {"verbosity": "low", "response_format": {"type": "json_object"}},
            {"text": {"verbosity": "low", "format": {"type": "json_object"}}},
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}, "strict": True}}},
            {"text": {"format": {"type": "json_schema", "name": "x", "schema": {}, "strict": True}}},
        ),
        (
            {"logprobs": True, "top_logprobs": 3, "include": ["reasoning.encrypted_content"]},
            {"include": ["message.output_text.logprobs", "reasoning.encrypted_content"], "top_logprobs": 3},
        ),
        ({"logprobs": False}, {}),
        ({"tool_choice": "required"}, {"tool_choice": "required"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "add"}}},
            {"tool_choice": {"type": "function", "name": "add"}},
        ),
        # Whatever else the API has is in the tester's hands, and so is what it has not.
        ({"truncation": "auto", "seed": 1}, {"truncation": "auto", "seed": 1}),
    ],
)
def test_a_parameter_in_the_words_of_this_dialect(parameters: dict[str, Any], said: dict[str, Any]) -> None:
    assert asked(**parameters) == said


def test_a_tool_in_either_dialect_is_the_same_tool() -> None:
    theirs = {"type": "function", "name": "add", "parameters": {"type": "object"}}
    ours = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    search = {"type": "web_search"}

    assert asked(tools=[ours, theirs, search]) == {"tools": [theirs, theirs, search]}


def test_a_parameter_cannot_replace_what_the_request_says_itself() -> None:
    parameters = {"model": "other", "messages": [], "stream": True}

    sent = RESPONSES.body(model="m", messages=[HI], parameters=parameters, stream=False)

    assert json.loads(sent) == {"model": "m", "input": [HI], "store": False}


def test_a_refusal_is_read_as_that_of_chat_completions() -> None:
    said = {"error": {"message": "Unsupported parameter: 'stop'", "type": "invalid_request_error", "param": "stop"}}

    error = RESPONSES.error(400, {"x-request-id": "req_1"}, json.dumps(said).encode())

    assert isinstance(error, Refused)
    assert (error.kind.name, error.detail, error.request_id) == (
        "bad_request",
        "Unsupported parameter: 'stop'",
        "req_1",
    )


def test_a_result_that_is_an_error_says_so_in_its_text() -> None:
    failed = {"role": "tool", "tool_call_id": "call_1", "content": "no such city", "is_error": True}

    assert body({"role": "assistant", "tool_calls": [CALL]}, failed)["input"][1] == {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": "Error: no such city",
    }


def test_custom_tools_their_calls_and_results_have_their_own_types() -> None:
    call = {"id": "call_1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "a.txt"}
    tool = {"type": "custom", "custom": {"name": "shell"}}

    assert asked(tools=[tool]) == {"tools": [{"type": "custom", "name": "shell"}]}
    assert body({"role": "assistant", "tool_calls": [call]}, result)["input"] == [
        {"type": "custom_tool_call", "call_id": "call_1", "name": "shell", "input": "ls"},
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "a.txt"},
    ]
