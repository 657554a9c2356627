"""What is sent, and where to; usage and lists of models."""

import json
from decimal import Decimal
from typing import Any

import pytest

from providers.dialects import DIALECTS
from providers.dialects.openai.usage import read_usage
from providers.errors import Broken, Refused
from providers.events import Cost

OPENAI, GATEWAY = DIALECTS["openai"], DIALECTS["aimlapi"]


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_addresses_below_the_base_url(slash: str) -> None:
    base = "http://localhost:11434/v1" + slash

    assert OPENAI.completion_url(base) == "http://localhost:11434/v1/chat/completions"
    assert OPENAI.model_list_urls(base) == ["http://localhost:11434/v1/models"]
    assert OPENAI.key_check_url(base) == "http://localhost:11434/v1/models"


@pytest.mark.parametrize("base", ["https://gate.example", "https://gate.example/", "https://gate.example/v1/"])
def test_addresses_of_the_gateway(base: str) -> None:
    assert GATEWAY.completion_url(base) == "https://gate.example/v1/chat/completions"
    assert GATEWAY.model_list_urls(base) == ["https://gate.example/models", "https://gate.example/v1/models"]
    assert GATEWAY.key_check_url(base) == "https://gate.example/v1/key"


def test_headers_carry_the_key_where_there_is_one() -> None:
    assert OPENAI.headers("sk-1") == {"Content-Type": "application/json", "Authorization": "Bearer sk-1"}
    assert OPENAI.headers(None) == {"Content-Type": "application/json"}


def test_a_body_holds_what_was_given_and_nothing_else() -> None:
    messages = [{"role": "user", "content": "Grüße"}]

    assert OPENAI.body(model="m", messages=messages, parameters={}, stream=False) == (
        '{"model":"m","messages":[{"role":"user","content":"Grüße"}]}'.encode()
    )
    assert OPENAI.body(model="m", messages=[], parameters={"top_p": 0.5, "stop": None}, stream=True) == (
        b'{"model":"m","messages":[],"top_p":0.5,"stop":null,"stream":true}'
    )


def test_a_parameter_cannot_replace_what_the_request_says_itself() -> None:
    parameters = {"model": "other", "messages": [], "stream": True, "seed": 1}

    assert json.loads(OPENAI.body(model="m", messages=[{"role": "user"}], parameters=parameters, stream=False)) == {
        "model": "m",
        "messages": [{"role": "user"}],
        "seed": 1,
    }


def test_a_body_is_utf_8_even_with_half_a_character_in_it() -> None:
    body = OPENAI.body(model="m", messages=[{"content": "a\ud83d"}], parameters={}, stream=False)

    assert json.loads(body)["messages"] == [{"content": "a?"}]


def test_a_body_is_never_what_json_does_not_know() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        OPENAI.body(model="m", messages=[], parameters={"top_p": float("nan")}, stream=False)


def tokens(usage: dict[str, Any], *, has_output: bool = True, has_reasoning: bool = False) -> tuple[int | None, ...]:
    read = read_usage(usage, has_output=has_output, has_reasoning=has_reasoning)
    return read.prompt_tokens, read.output_tokens, read.reasoning_tokens, read.cached_tokens


def counts(prompt: Any, completion: Any, total: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


@pytest.mark.parametrize(
    ("usage", "prompt", "output"),
    [
        (counts(9, 566, 1521), 9, 1512),
        (counts(19, 880, 899), 19, 880),
        # A total that cannot be one.
        (counts(19, 880, 5), 19, 880),
        (counts(9, None, 20), 9, 11),
        (counts(9, 0, 20), 9, 11),
        (counts(9, 11, None), 9, 11),
        # A prompt of nothing was not counted, so that the total says nothing either.
        (counts(0, 9, 20), None, 9),
        (counts(0, 0, 0), None, None),
        (counts(None, None, None), None, None),
        ({}, None, None),
        (counts(-1, -5, -6), None, None),
        (counts(1.5, 2.0, 3.5), None, None),
        (counts("1", "2", "3"), None, None),
        (counts(True, True, True), None, None),
        (counts(10**12, 10**30, 10**30), None, None),
        (counts([], {}, ""), None, None),
    ],
)
def test_counts_are_believed_only_where_they_can_be_true(
    usage: dict[str, Any], prompt: int | None, output: int | None
) -> None:
    assert tokens(usage) == (prompt, output, None, None)


def test_nothing_said_may_count_as_nothing() -> None:
    assert tokens(counts(9, 0, 9), has_output=False) == (9, 0, None, None)


def test_reasoning_that_was_read_is_not_counted_as_none() -> None:
    usage = counts(9, 5, 14) | {"completion_tokens_details": {"reasoning_tokens": 0}}

    assert tokens(usage, has_reasoning=True) == (9, 5, None, None)
    assert tokens(usage) == (9, 5, 0, None)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens_details": {"cached_tokens": 4}},
        {"prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5},
        {"prompt_tokens_details": {"cached_tokens": 4}, "prompt_cache_hit_tokens": 9},
        {"prompt_tokens_details": None, "prompt_cache_hit_tokens": 4},
    ],
)
def test_cached_tokens(usage: dict[str, Any]) -> None:
    assert tokens(usage) == (None, None, None, 4)


def costs(usage: Any) -> list[Cost]:
    answer = {"choices": [{"message": {}}], "meta": {"usage": usage}}
    events = GATEWAY.read_answer(json.dumps(answer).encode())
    return [event for event in events if isinstance(event, Cost)]


@pytest.mark.parametrize(
    ("usage", "usd", "field"),
    [
        ({"usd_spent": 0.06, "credits_used": 120000}, "0.06", "usd_spent"),
        ({"credits_used": 3814}, "0.001907", "credits_used"),
        ({"tokens_used": 3814}, "0.001907", "tokens_used"),
        ({"usd_spent": None, "credits_used": 385}, "0.0001925", "credits_used"),
        ({"usd_spent": -1, "credits_used": "7", "tokens_used": 2}, "0.000001", "tokens_used"),
        ({"usd_spent": 0}, "0", "usd_spent"),
    ],
)
def test_what_the_gateway_says_a_call_cost(usage: Any, usd: str, field: str) -> None:
    assert costs(usage) == [Cost(Decimal(usd), f"meta.usage.{field}")]


@pytest.mark.parametrize(
    "usage", [None, [], {}, *({"usd_spent": amount} for amount in ("0.06", True, 1e300, -1, float("nan")))]
)
def test_no_price_is_unknown_and_not_free(usage: Any) -> None:
    assert costs(usage) == []


@pytest.mark.parametrize(
    ("item", "known"),
    [
        ({"id": "gpt-x", "object": "model", "created": 1, "owned_by": "openai"}, {"developer": "openai"}),
        ({"id": "gpt-x", "max_model_len": 4096}, {"context_length": 4096}),
        (
            {"id": "gpt-x", "name": "X", "context_length": 8, "top_provider": {"max_completion_tokens": 4}},
            {"name": "X", "context_length": 8, "max_output_tokens": 4},
        ),
        ({"id": "gpt-x", "info": {"contextLength": "8", "maxTokens": -1, "name": 7}, "features": None}, {}),
        ({"id": "gpt-x", "info": None, "type": "", "features": ["a", 7]}, {"features": ["a"]}),
    ],
)
def test_an_item_of_a_list_of_models(item: Any, known: dict[str, Any]) -> None:
    for listing in ([item], {"object": "list", "data": [item]}):
        assert OPENAI.read_model_list(json.dumps(listing).encode()) == [{"id": "gpt-x", **known}]


def test_a_list_of_models_gives_each_id_once_and_no_item_without_one() -> None:
    listing = [
        {"id": "b", "name": "first"},
        {"id": ""},
        {"id": 7},
        {},
        None,
        {"id": "a"},
        {"id": "b"},
        {"id": "x" * 201},
    ]

    assert OPENAI.read_model_list(json.dumps(listing).encode()) == [{"id": "b", "name": "first"}, {"id": "a"}]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<html></html>", "not_an_api"), (b"", "protocol_error"), (b"7", "protocol_error"), (b"{}", "protocol_error")],
)
def test_what_is_no_list_of_models(body: bytes, kind: str) -> None:
    with pytest.raises(Broken) as broken:
        OPENAI.read_model_list(body)

    assert broken.value.kind.name == kind


def test_an_error_instead_of_a_list_of_models() -> None:
    with pytest.raises(Refused) as refused:
        OPENAI.read_model_list(b'{"error": {"message": "Bad key", "code": 401}}')

    assert refused.value.kind.name == "key_rejected"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("no such city", "Error: no such city"),
        ("ERROR 404", "ERROR 404"),
        ([{"type": "text", "text": "no"}], [{"type": "text", "text": "Error:"}, {"type": "text", "text": "no"}]),
    ],
)
def test_a_result_that_is_an_error_says_so_in_its_text(content: Any, told: Any) -> None:
    failed = {"role": "tool", "tool_call_id": "call_1", "content": content, "is_error": True}

    [message] = json.loads(OPENAI.body(model="m", messages=[failed], parameters={}, stream=False))["messages"]

    assert message == {"role": "tool", "tool_call_id": "call_1", "content": told}
