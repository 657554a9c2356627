"""The demo provider, spoken to through the client like any other."""

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from providers import client
from providers.demo.models import LISTED, MODELS, model_list
from providers.demo.request import READING_PACE
from providers.demo.schemas import example
from providers.dialects import DIALECTS
from providers.errors import KINDS, ProviderError
from providers.events import Event, Extra, TextDelta, Usage
from tests.providers.answers import Answer, gather
from tests.providers.listening import batches_of

BASE_URL = "https://demo.invalid/v1"
DIALECT = DIALECTS["aimlapi"]
FAILING = [
    "key-rejected",
    "out-of-credit",
    "not-allowed",
    "model-not-found",
    "bad-request",
    "too-long",
    "rate-limited",
    "overloaded",
    "provider-error",
    "redirect-refused",
    "not-an-api",
    "protocol-error",
    "incomplete",
    "connection-lost",
    "idle-timeout",
    "first-byte-timeout",
    "too-large",
]
BREAKING = ["protocol-error", "incomplete", "connection-lost", "idle-timeout", "too-large", "error-midway"]
# What says nothing for ever is not waited for; whatever answers gets as long as it needs.
IMPATIENT = {"first-byte-timeout": client.Timeouts(first_byte=0.2), "idle-timeout": client.Timeouts(idle=0.2)}
# One that comes whole begins when it is done, and half of it is no JSON.
OTHERWISE_WHEN_WHOLE = {
    "incomplete": "protocol_error",
    "idle-timeout": "too_slow",
    "first-byte-timeout": "too_slow",
}
SPEAKING = ["markdown", "thinker", "tools", "vision", "random", "slow", "long", "silent", "search", "painter", "sealed"]


def call(model: str, said: Any = "Hello?", *, stream: bool = True, **parameters: Any) -> client.Call:
    """A call that is answered as fast as can be."""
    messages = said if isinstance(said, list) and "role" in said[0] else [{"role": "user", "content": said}]
    parameters = {"tokens_per_second": 0, "seconds": 0, **parameters}
    body = DIALECT.body(model=f"demo/{model}", messages=messages, parameters=parameters, stream=stream)
    return client.Call(BASE_URL, DIALECT, body, timeouts=IMPATIENT.get(model, client.Timeouts()))


async def collect(call: client.Call, events: list[Event]) -> None:
    async with batches_of(call) as batches:
        async for batch in batches:
            events += batch.events


async def events_of(call: client.Call) -> list[Event]:
    events: list[Event] = []
    await collect(call, events)
    return events


async def ask(model: str, said: Any = "Hello?", **parameters: Any) -> Answer:
    return gather(await events_of(call(model, said, **parameters)))


@pytest.mark.parametrize(
    "said",
    ["Hello, world!", "  two  blanks\n\n\tand tabs \n", "世界 👩‍👩‍👧 naïve", "x" * 500, "a\r\nb\u2028c", " ", ""],
)
async def test_the_echo_is_byte_for_byte(said: str) -> None:
    assert (await ask("echo", said)).text == said


async def test_the_echo_is_of_the_last_user_message() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "answer"},
        {"role": "user", "content": [{"type": "text", "text": "second"}]},
    ]

    assert (await ask("echo", messages)).text == "second"


async def test_the_echo_comes_word_by_word() -> None:
    events = await events_of(call("echo", "one two three"))

    assert [event.text for event in events if isinstance(event, TextDelta)] == ["one ", "two ", "three"]


@pytest.mark.parametrize("model", SPEAKING)
async def test_what_is_canned_says_so(model: str) -> None:
    answer = await ask(model)

    assert answer.text.startswith("This is the demo provider; ")
    assert answer.finish == [("stop", "stop")]
    assert answer.model == f"demo/{model}"


@pytest.mark.parametrize("model", ["echo", *SPEAKING, "json"])
async def test_a_whole_answer_says_the_same_as_a_stream(model: str) -> None:
    streamed = await ask(model, seed=7)
    whole = gather((await client.complete(call(model, seed=7, stream=False))).events)

    assert (whole.text, whole.reasoning, whole.tokens) == (streamed.text, streamed.reasoning, streamed.tokens)
    # As at the gateway, only a whole answer says what it cost.
    assert whole.usd == 0
    assert streamed.usd is None


async def test_the_thinker_reasons_first() -> None:
    events = await events_of(call("thinker"))

    kinds = [type(event).__name__ for event in events if type(event).__name__.endswith("Delta")]
    assert kinds == sorted(kinds)
    assert kinds[0] == "ReasoningDelta"
    assert (gather(events).tokens[2] or 0) > 10


async def test_the_first_tool_is_called_with_arguments_it_takes() -> None:
    parameters = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}},
    }
    tools = [{"type": "function", "function": {"name": "forecast", "parameters": parameters}}]

    answer = await ask("tools", tools=tools)

    assert answer.tool_calls == [["call_demo", "forecast", '{"city": "demo", "days": 3}']]
    assert answer.finish == [("tool_calls", "tool_calls")]


async def test_the_answer_of_a_tool_ends_the_calling() -> None:
    tools = [{"type": "function", "function": {"name": "forecast", "parameters": {}}}]
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "tool_calls": [{"id": "call_demo"}]},
        {"role": "tool", "tool_call_id": "call_demo", "content": "sunny"},
    ]

    assert (await ask("tools", messages, tools=tools)).text.endswith("the tool answered: sunny")


async def test_json_obeys_the_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "mood": {"enum": ["good", "bad"]},
            "marks": {"type": "array", "items": {"type": "number", "minimum": 2}, "minItems": 2},
            "who": {"$ref": "#/$defs/person"},
            "note": {"anyOf": [{"type": "null"}, {"type": "string"}]},
        },
        "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "report", "schema": schema}}

    answer = await ask("json", response_format=wanted)

    assert json.loads(answer.text) == {"mood": "good", "marks": [2, 2], "who": {"name": "dem"}, "note": None}


def test_a_schema_that_contains_itself_ends_somewhere() -> None:
    schema = {"type": "object", "properties": {"child": {"$ref": "#"}}}

    assert json.dumps(example(schema)).count("child") < 10


async def test_vision_names_kind_and_size() -> None:
    image = "data:image/png;base64," + base64.b64encode(b"x" * 1234).decode()
    said = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": image}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": base64.b64encode(b"pdf").decode()}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
    ]

    text = (await ask("vision", said)).text

    assert "image/png, 1,234 bytes" in text
    assert "a.pdf, 3 bytes" in text
    assert "a link, which it does not open" in text


async def test_a_seed_makes_chance_repeat_itself() -> None:
    assert (await ask("random", seed=5)).text == (await ask("random", seed=5)).text
    assert len({(await ask("random")).text for _ in range(5)}) > 1


async def test_several_choices_are_told_apart() -> None:
    events = await events_of(call("echo", "one two", n=2))

    assert [(event.choice, event.text) for event in events if isinstance(event, TextDelta)] == [
        (0, "one "),
        (1, "one "),
        (0, "two"),
        (1, "two"),
    ]


async def test_the_limit_cuts_the_answer_and_says_so() -> None:
    answer = await ask("echo", "one two three", max_tokens=2)

    assert (answer.text, answer.finish) == ("one two ", [("length", "length")])


async def test_reasoning_may_use_up_the_limit() -> None:
    answer = await ask("thinker", max_tokens=3)

    assert (answer.text, answer.finish) == ("", [("length", "length")])


async def test_a_stop_sequence_ends_the_answer_before_it() -> None:
    assert (await ask("echo", "one two three", stop=["three", "two"])).text == "one "


async def test_the_long_answer_has_twenty_thousand_tokens() -> None:
    assert (await ask("long")).tokens[1] == 20_000


async def test_the_pace_is_what_was_asked_for() -> None:
    clock = asyncio.get_running_loop().time
    start = clock()

    await ask("echo", "word " * 100, tokens_per_second=1000)

    assert 0.09 < clock() - start < 100 / READING_PACE


async def test_silence_is_followed_by_everything_at_once() -> None:
    async with batches_of(call("silent", seconds=0.1)) as batches:
        sizes = [len(batch.raw) async for batch in batches]

    assert len(sizes) == 1


@pytest.mark.parametrize("model", FAILING)
async def test_each_failing_model_fails_as_its_name_says(model: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await ask(model)

    assert caught.value.kind is KINDS[model.replace("-", "_")]


@pytest.mark.parametrize("model", BREAKING)
async def test_what_breaks_midway_has_said_something(model: str) -> None:
    events: list[Event] = []

    with pytest.raises(ProviderError):
        await collect(call(model), events)

    assert gather(events).text.startswith("This is the demo provider;")


@pytest.mark.parametrize("model", FAILING)
async def test_each_failing_model_fails_when_it_does_not_stream(model: str) -> None:
    request = call(model, stream=False)

    with pytest.raises(ProviderError) as caught:
        await client.complete(replace(request, timeouts=client.Timeouts(total=0.2)))

    assert caught.value.kind is KINDS[OTHERWISE_WHEN_WHOLE.get(model, model.replace("-", "_"))]


@pytest.mark.parametrize("model", ["rate-limited", "overloaded"])
async def test_a_busy_model_says_how_long_to_wait(model: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await ask(model)

    assert caught.value.retry_after == 2


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"model": 1}', b'{"model": "demo/echo"}', b'{"model": "demo/echo", "messages": [1]}']
)
async def test_a_body_that_asks_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(ProviderError, match="bad_request"):
        await client.complete(replace(call("echo"), body=body))


async def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(ProviderError, match="model_not_found"):
        await ask("nothing-like-it")


async def test_every_listed_model_answers_or_fails_as_listed() -> None:
    body = await client.fetch(DIALECT.model_list_urls(BASE_URL)[0], DIALECT, None)

    listed = [item["id"] for item in DIALECT.read_model_list(body)]
    assert sorted(listed) == sorted(
        f"demo/{model}" for model in {"echo", "json", "speaker", *SPEAKING, *FAILING, *BREAKING}
    )


def test_the_list_is_the_gateways_and_the_rest_is_ours() -> None:
    assert all(tuple(item) == LISTED for item in model_list())
    assert all(item["parameters"] and item["roles"] and "text" in item["input_parts"] for item in MODELS)


async def test_no_key_is_a_good_key() -> None:
    await client.fetch(DIALECT.key_check_url(BASE_URL), DIALECT, None)


async def test_the_echo_says_how_likely_its_tokens_were_when_asked() -> None:
    asked = await events_of(call("echo", "one two", logprobs=True, top_logprobs=2))
    unasked = await events_of(call("echo", "one two"))

    weighed = [event.value["content"][0] for event in asked if isinstance(event, Extra)]
    assert [token["token"] for token in weighed] == ["one ", "two"]
    assert all(token["logprob"] <= 0 and len(token["top_logprobs"]) == 2 for token in weighed)
    assert not any(isinstance(event, Extra) for event in unasked)


async def test_a_prediction_is_accepted_as_far_as_it_is_right() -> None:
    prediction = {"type": "content", "content": "one two four"}
    events = await events_of(call("echo", "one two three", prediction=prediction))

    (usage,) = [event for event in events if isinstance(event, Usage)]
    details = usage.raw["completion_tokens_details"]
    assert (details["accepted_prediction_tokens"], details["rejected_prediction_tokens"]) == (2, 1)


@pytest.mark.parametrize(
    ("model", "extra"),
    [("search", "annotations"), ("speaker", "audio"), ("painter", "images"), ("sealed", "encrypted_content")],
)
async def test_what_an_answer_may_bring_beside_its_text_comes(model: str, extra: str) -> None:
    assert extra in (await ask(model)).extras


async def test_sealed_thoughts_that_come_back_are_counted() -> None:
    said = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two", "encrypted_content": "demo-sealed-1"},
        {"role": "user", "content": "Three"},
    ]
    assert "It got 1 sealed thought of" in (await ask("sealed", said)).text
