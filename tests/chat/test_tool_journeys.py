"""Calls and their results against a provider on a real socket: exactly what it is told, in two dialects."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat.models import Conversation, Message
from chat.settings import Settings
from chat.tools.results import Result
from providers import client
from providers.models import LanguageModel, Provider
from runs.engine import Engine, engine
from tests.faultserver import FaultServer
from tests.runs.reader import Reader

pytestmark = pytest.mark.django_db(transaction=True)

CELSIUS = {
    "type": "function",
    "function": {
        "name": "toCelsius",
        "description": "Convert Fahrenheit to Celsius",
        "parameters": {
            "type": "object",
            "properties": {"fahrenheit": {"type": "number"}},
            "required": ["fahrenheit"],
        },
    },
}


@pytest.fixture
async def connected() -> AsyncIterator[Engine]:
    yield engine()
    await engine().drain(0)
    await client.close()


@pytest.fixture
def settings_at(faults: FaultServer) -> Any:
    def settings(dialect_name: str, **parameters: Any) -> Settings:
        provider = Provider.objects.create(
            name="Faults", base_url=faults.base_url, dialect_name=dialect_name, needs_key=False
        )
        model = LanguageModel.objects.create(provider=provider, model_id="some/model")
        return Settings(model, to_send={"max_tokens": 9, **parameters})

    return settings


async def perform(connected: Engine, reply: Message) -> Message:
    """The reply when its run has ended."""
    assert reply.run is not None
    reader = Reader(reply.run)
    connected.start(reader.run.pk)
    reply.run = await reader.end()
    return reply


async def test_the_provider_is_told_the_calls_and_what_came_of_them(
    connected: Engine, alice: User, faults: FaultServer, settings_at: Any
) -> None:
    settings = await sync_to_async(settings_at)("openai", tools=[CELSIUS])
    faults.fixture("constructed-stream-tool-calls.sse")
    faults.stream("It is 124.44 °C.")
    asked = await sync_to_async(Conversation.say)(alice, None, "Convert 256°F to °C", settings, "1")
    reply = await perform(connected, asked)
    [call] = reply.calls_made

    result = Result(call["id"], call["name"], "124.44")
    answer = await sync_to_async(reply.conversation.answer)(reply, [result], settings, "2")
    await perform(connected, answer)

    assert [request.json for request in faults.requests] == [
        {
            "model": "some/model",
            "messages": [{"role": "user", "content": "Convert 256°F to °C"}],
            "max_tokens": 9,
            "tools": [CELSIUS],
            "stream": True,
        },
        {
            "model": "some/model",
            "messages": [
                {"role": "user", "content": "Convert 256°F to °C"},
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "toCelsius", "arguments": '{"fahrenheit":256}'},
                        }
                    ],
                },
                {"role": "tool", "content": "124.44", "tool_call_id": "call_1"},
            ],
            "max_tokens": 9,
            "tools": [CELSIUS],
            "stream": True,
        },
    ]
    assert answer.text == "It is 124.44 °C."


async def test_parallel_calls_and_an_error_in_the_words_of_anthropic(
    connected: Engine, alice: User, faults: FaultServer, settings_at: Any
) -> None:
    settings = await sync_to_async(settings_at)("anthropic")
    faults.fixture("anthropic/stream-tools.sse")
    faults.fixture("anthropic/stream-text.sse")
    asked = await sync_to_async(Conversation.say)(alice, None, "How is Zürich?", settings, "1")
    reply = await perform(connected, asked)
    weather, time = reply.calls_made

    results = [Result(weather["id"], "get_weather", "18 °C"), Result(time["id"], "get_time", "No clock.", True)]
    answer = await sync_to_async(reply.conversation.answer)(reply, results, settings, "2")
    await perform(connected, answer)

    assert faults.requests[1].json["messages"] == [
        {"role": "user", "content": "How is Zürich?"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look it up."},
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "Zürich"}},
                {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "18 °C"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "No clock.", "is_error": True},
            ],
        },
    ]
    assert answer.text == "Grüße, 世界!"


async def test_a_call_that_came_without_an_id_gets_one_that_its_result_names(
    connected: Engine, alice: User, faults: FaultServer, settings_at: Any
) -> None:
    settings = await sync_to_async(settings_at)("openai")
    calls = [{"function": {"name": "now", "arguments": "{}"}}] * 2
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    faults.answer(200, {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    faults.stream("Noon.")
    reply = await perform(connected, await sync_to_async(Conversation.say)(alice, None, "Now?", settings, "1"))
    first, second = (call["id"] for call in reply.calls_made)

    results = [Result(first, "now", "12:00"), Result(second, "now", "12:01")]
    await perform(connected, await sync_to_async(reply.conversation.answer)(reply, results, settings, "2"))

    assert first != second
    _, asked, *told = faults.requests[1].json["messages"]
    assert [call["id"] for call in asked["tool_calls"]] == [first, second]
    assert [result["tool_call_id"] for result in told] == [first, second]
