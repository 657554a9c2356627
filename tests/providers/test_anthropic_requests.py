"""What is asked of Anthropic, where it goes, and what its list of models says."""

import json
from pathlib import Path
from typing import Any

import pytest

from providers.dialects import DIALECTS
from providers.errors import Broken, Refused
from providers.listing import facts_by_id
from providers.models import LanguageModel

WIRE = Path(__file__).parent.parent / "wire" / "anthropic"
ANTHROPIC = DIALECTS["anthropic"]
HI = {"role": "user", "content": "Hi"}
NOW = {"name": "now", "input_schema": {"type": "object"}}
CALL = {"id": "toolu_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


def body(*messages: Any, stream: bool = False, **parameters: Any) -> Any:
    return json.loads(ANTHROPIC.body(model="claude", messages=messages, parameters=parameters, stream=stream))


def asked(**parameters: Any) -> Any:
    """The parameters as they are sent, without the limit, unless it is the subject."""
    said = body(HI, **{"max_tokens": 9, **parameters})
    return {name: value for name, value in said.items() if name not in {"model", "messages", "max_tokens"}}


def turns(*messages: Any) -> Any:
    return body(*messages)["messages"]


@pytest.mark.parametrize(
    "base",
    ["https://api.example", "https://api.example/", "https://api.example/v1", "https://api.example/v1/"],
)
def test_addresses_with_and_without_the_version(base: str) -> None:
    assert ANTHROPIC.completion_url(base) == "https://api.example/v1/messages"
    assert ANTHROPIC.model_list_urls(base) == ["https://api.example/v1/models?limit=1000"]
    assert ANTHROPIC.key_check_url(base) == "https://api.example/v1/models?limit=1"


def test_headers_carry_the_key_where_there_is_one_and_always_the_version() -> None:
    headers = {"Content-Type": "application/json", "anthropic-version": "2023-06-01"}

    assert ANTHROPIC.headers("sk-ant") == {**headers, "x-api-key": "sk-ant"}
    assert ANTHROPIC.headers(None) == headers


def test_a_body_holds_what_was_given_in_utf_8() -> None:
    messages = [{"role": "user", "content": "Grüße"}]

    assert ANTHROPIC.body(model="m", messages=messages, parameters={"max_tokens": 9}, stream=True) == (
        '{"model":"m","messages":[{"role":"user","content":"Grüße"}],"max_tokens":9,"stream":true}'.encode()
    )


def test_the_system_prompt_stands_beside_the_messages() -> None:
    said = body({"role": "system", "content": "Be brief."}, HI)

    assert (said["system"], said["messages"]) == ("Be brief.", [HI])


def test_all_instructions_come_together_wherever_they_stood() -> None:
    later = {"role": "developer", "content": "And kind."}
    reply = {"role": "assistant", "content": "Hello."}

    said = body({"role": "system", "content": "Be brief."}, HI, reply, later, HI)

    assert (said["system"], said["messages"]) == ("Be brief.\n\nAnd kind.", [HI, reply, HI])


def test_instructions_in_parts_stay_in_parts() -> None:
    part = {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}

    said = body({"role": "system", "content": [part]}, {"role": "developer", "content": "And kind."}, HI)

    assert said["system"] == [part, {"type": "text", "text": "And kind."}]


def test_without_a_system_prompt_there_is_none() -> None:
    assert "system" not in body({"role": "system", "content": ""}, HI)


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"type": "text", "text": "Hi"}, {"type": "text", "text": "Hi"}),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO", "detail": "low"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        ),
        (
            {"type": "file", "file": {"file_data": "JVBE", "filename": "a.pdf"}},
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
                "title": "a.pdf",
            },
        ),
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE"}},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}},
        ),
        # What is said in the provider's own words already.
        ({"type": "document", "source": {}, "citations": {}}, {"type": "document", "source": {}, "citations": {}}),
    ],
)
def test_a_part_of_a_message(part: Any, block: Any) -> None:
    assert turns({"role": "user", "content": [part]}) == [{"role": "user", "content": [block]}]


def test_a_call_and_its_results_are_blocks() -> None:
    assert turns(
        HI,
        {"role": "assistant", "content": "I add.", "tool_calls": [CALL, {**CALL, "id": "toolu_2"}]},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "2"},
        {"role": "tool", "tool_call_id": "toolu_2", "content": [{"type": "text", "text": "3"}]},
        HI,
    ) == [
        HI,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I add."},
                {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}},
                {"type": "tool_use", "id": "toolu_2", "name": "add", "input": {"a": 1}},
            ],
        },
        # All results in one message: one that comes later is one that is missing.
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "text", "text": "3"}]},
            ],
        },
        HI,
    ]


@pytest.mark.parametrize(
    ("arguments", "value"),
    [("", {}), ("{}", {}), ("{", {"arguments": "{"}), ("[1]", {"arguments": [1]}), (None, {}), ({"a": 1}, {"a": 1})],
)
def test_arguments_are_an_object_whatever_the_model_wrote(arguments: Any, value: Any) -> None:
    call = {"id": "toolu_1", "function": {"name": "add", "arguments": arguments}}

    [turn] = turns({"role": "assistant", "content": None, "tool_calls": [call]})

    assert turn["content"] == [{"type": "tool_use", "id": "toolu_1", "name": "add", "input": value}]


def test_thoughts_go_back_first_and_unchanged() -> None:
    thoughts = [{"type": "thinking", "thinking": "Hm", "signature": "b64"}, {"type": "redacted_thinking", "data": "x"}]

    [turn] = turns({"role": "assistant", "content": "Hello", "thinking": thoughts})

    assert turn == {"role": "assistant", "content": [*thoughts, {"type": "text", "text": "Hello"}]}


def test_what_this_dialect_has_no_place_for_is_not_in_a_message() -> None:
    assert turns({"role": "user", "content": "Hi", "name": "alice"}) == [HI]


@pytest.mark.parametrize(
    ("parameters", "limit"),
    [
        ({"max_tokens": 9}, 9),
        ({"max_completion_tokens": 9}, 9),
        ({"max_completion_tokens": 8, "max_tokens": 9}, 9),
        ({}, 4096),
        ({"max_tokens": None}, 4096),
    ],
)
def test_there_is_always_a_limit(parameters: dict[str, Any], limit: int) -> None:
    said = body(HI, **parameters)

    assert said["max_tokens"] == limit
    assert "max_completion_tokens" not in said


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"temperature": 0.5, "top_k": 3}, {"temperature": 0.5, "top_k": 3}),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        ),
        ({"stream_options": {"include_usage": True}}, {}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
        ({"stop_sequences": ["a"]}, {"stop_sequences": ["a"]}),
        ({"tool_choice": "auto"}, {"tool_choice": {"type": "auto"}}),
        ({"tool_choice": "none"}, {"tool_choice": {"type": "none"}}),
        ({"tool_choice": "required"}, {"tool_choice": {"type": "any"}}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "add"}}},
            {"tool_choice": {"type": "tool", "name": "add"}},
        ),
        ({"tool_choice": {"type": "tool", "name": "add"}}, {"tool_choice": {"type": "tool", "name": "add"}}),
        ({"parallel_tool_calls": False}, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}),
        (
            {"tool_choice": "required", "parallel_tool_calls": False},
            {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        ),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        ),
        ({"reasoning_effort": "low"}, {"output_config": {"effort": "low"}}),
        (
            {
                "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
                "reasoning_effort": "high",
            },
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "high"}},
        ),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        # Whatever else the API has is in the tester's hands, and so is what it has not.
        ({"service_tier": "auto", "seed": 1, "top_p": None}, {"service_tier": "auto", "seed": 1, "top_p": None}),
        ({"system": "As typed."}, {"system": "As typed."}),
    ],
)
def test_a_parameter_in_the_words_of_this_dialect(parameters: dict[str, Any], said: dict[str, Any]) -> None:
    assert asked(**parameters) == said


def test_a_tool_in_either_dialect_is_the_same_tool() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    ours = {
        "type": "function",
        "function": {"name": "add", "description": "Adds.", "strict": True, "parameters": schema},
    }
    theirs = {"name": "add", "description": "Adds.", "strict": True, "input_schema": schema}

    assert asked(tools=[ours, theirs]) == {"tools": [theirs, theirs]}
    assert asked(tools=[{"type": "function", "function": {"name": "now"}}]) == {
        "tools": [{"name": "now", "input_schema": {"type": "object"}}]
    }


def test_a_parameter_cannot_replace_what_the_request_says_itself() -> None:
    parameters = {"model": "other", "messages": [], "stream": True, "max_tokens": 9}

    sent = ANTHROPIC.body(model="m", messages=[HI], parameters=parameters, stream=False)

    assert json.loads(sent) == {"model": "m", "messages": [HI], "max_tokens": 9}


def test_the_list_of_models_says_what_they_are() -> None:
    items = ANTHROPIC.read_model_list((WIRE / "models.json").read_bytes())
    for item in items:
        assert item.pop("parameters")["temperature"]["max"] == 1

    # One that nobody answers for any more is not among them.
    assert items == [
        {
            "id": "claude-sonnet-4-5-20250929",
            "name": "Claude Sonnet 4.5",
            "type": "chat",
            "context_length": 200000,
            "max_output_tokens": 64000,
            "features": ["reasoning", "image_input", "file_input", "json_schema", "tools"],
        },
        {"id": "claude-haiku-4-5", "name": "Claude Haiku 4.5", "type": "chat", "features": ["tools"]},
    ]


def test_what_a_model_takes_is_known_with_the_list() -> None:
    facts = facts_by_id(ANTHROPIC.read_model_list((WIRE / "models.json").read_bytes()))
    told, untold = (facts[name]["parameters"] for name in ("claude-sonnet-4-5-20250929", "claude-haiku-4-5"))

    assert told.keys() - untold.keys() == {"reasoning_effort", "response_format"}
    assert told["reasoning_effort"]["enum"] == ["low", "medium", "high"]
    assert told["thinking"]["properties"]["type"]["enum"] == ["enabled", "disabled"]
    assert untold["thinking"]["properties"]["type"]["enum"] == ["enabled", "adaptive", "disabled"]
    assert not {"stop", "seed", "n", "frequency_penalty"} & told.keys()


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ({"temperature": "1"}, {"temperature": 1}),
        ({"stop_sequences": "a"}, {"stop_sequences": ["a"]}),
        ({"reasoning_effort": "low"}, {"output_config": {"effort": "low"}}),
        (
            {"response_format.json_schema": '{"name": "x", "schema": {"type": "object"}}'},
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
        ),
        (
            {"thinking.type": "enabled", "thinking.budget_tokens": "2000"},
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        ),
        ({"tools": '[{"name": "now", "input_schema": {"type": "object"}}]'}, {"tools": [NOW]}),
        ({"tools": '[{"type": "function", "function": {"name": "now"}}]'}, {"tools": [NOW]}),
        ({"tool_choice": '{"type": "any"}'}, {"tool_choice": {"type": "any"}}),
    ],
    ids=lambda value: next(iter(value)),
)
def test_what_is_written_in_the_panel_is_sent_in_this_dialect(written: dict[str, str], sent: dict[str, Any]) -> None:
    facts = facts_by_id(ANTHROPIC.read_model_list((WIRE / "models.json").read_bytes()))["claude-sonnet-4-5-20250929"]
    model = LanguageModel(model_id="claude")
    model.learn(facts)

    assert asked(**model.parameters_to_send(written, streaming=True)) == sent


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<html></html>", "not_an_api"), (b"", "protocol_error"), (b"7", "protocol_error"), (b"{}", "protocol_error")],
)
def test_what_is_no_list_of_models(body: bytes, kind: str) -> None:
    with pytest.raises(Broken) as broken:
        ANTHROPIC.read_model_list(body)

    assert broken.value.kind.name == kind


@pytest.mark.parametrize("listing", ["[]", '{"data": []}', '{"data": [7, null, {}, {"id": 7}, {"id": ""}]}'])
def test_a_list_may_be_empty(listing: str) -> None:
    assert ANTHROPIC.read_model_list(listing.encode()) == []


def test_an_error_instead_of_a_list_of_models() -> None:
    with pytest.raises(Refused) as refused:
        ANTHROPIC.read_model_list(
            b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'
        )

    assert refused.value.kind.name == "key_rejected"


def test_a_result_that_is_an_error_is_marked() -> None:
    failed = {"role": "tool", "tool_call_id": "toolu_1", "content": "no such city", "is_error": True}

    assert turns({"role": "assistant", "tool_calls": [CALL]}, failed)[1]["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "no such city", "is_error": True}
    ]


def test_the_text_of_a_custom_tool_is_an_input_like_any_other() -> None:
    call = {"id": "call_1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}

    assert turns({"role": "assistant", "tool_calls": [call]})[0]["content"] == [
        {"type": "tool_use", "id": "call_1", "name": "shell", "input": {"input": "ls"}}
    ]
