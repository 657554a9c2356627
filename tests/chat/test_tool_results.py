"""Calls of tools: how they are shown and judged, and what a person says came of them."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings as DjangoSettings

from accounts.models import User
from chat.models import Conversation, Message
from chat.settings import Settings
from chat.written import Written
from providers.models import LanguageModel
from runs.models import Run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
TIME = {"type": "function", "function": {"name": "time"}}
FURTHER = {"further_parameters": json.dumps({"tools": [WEATHER, TIME]})}


def call(name: str, arguments: str, call_id: str = "") -> dict[str, str]:
    return {"id": call_id or f"call_{name}", "name": name, "arguments": arguments}


BOTH = [call("weather", '{"city": "Zürich"}'), call("time", "{}")]


def asked(user: User, model: LanguageModel, calls: list[dict[str, str]], token: str = "token-1") -> Message:
    """A reply that calls these, in a conversation whose panel has two tools."""
    to_send = model.parameters_to_send(FURTHER, streaming=True)
    reply = Conversation.say(user, None, "How is Zürich?", Settings(model, "", FURTHER, to_send, to_send), token)
    Run.objects.filter(reply=reply).update(state="done", finish_reason="tool_calls", tool_calls=calls)
    return Message.objects.get(pk=reply.pk)


@pytest.fixture
def reply(alice: User, model: LanguageModel) -> Message:
    return asked(alice, model, BOTH)


def answer(client: Client, reply: Message, **fields: str) -> Any:
    written = {"result.0": "18 °C", "result.1": "12:00", "client_token": "token-2"}
    return client.post(f"/messages/{reply.pk}/results/", {**written, **fields}, headers=HTMX)


def sent() -> Any:
    return json.loads(Run.objects.order_by("pk").last().request_body)["messages"]  # type: ignore[union-attr]


def page_of(client: Client, reply: Message) -> str:
    return client.get(f"/conversations/{reply.conversation_id}/").content.decode()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ('{"city": "Zürich"}', "The arguments are valid."),
        ('{"city": "Zür', "The arguments are not JSON: Unterminated string starting at, line 1, column 10."),
        ('{"city": 8001}', "city must be a text, and is the number 8001."),
        ("{}", "has no “city”, which is required."),
        ("", "has no “city”, which is required."),
        ('["Zürich"]', "The arguments must be an object"),
        ('{"city": "Zürich", "unit": "K"}', "unit is not mentioned in the schema"),
        ('{"city": "A", "city": "B"}', "a name stands twice in the same object"),
        ('{"city": NaN}', "NaN is no number in JSON"),
    ],
)
def test_arguments_are_judged_by_the_schema_of_the_runs_own_request(
    as_alice: Client, alice: User, model: LanguageModel, arguments: str, sentence: str
) -> None:
    reply = asked(alice, model, [call("weather", arguments)])
    # What the panel says by now is nothing to a run that was sent before.
    Conversation.objects.update(parameters={})

    assert sentence in page_of(as_alice, reply)


def test_a_call_of_what_was_never_declared_is_said(as_alice: Client, alice: User, model: LanguageModel) -> None:
    page = page_of(as_alice, asked(alice, model, [call("launch", "{}")]))

    assert "The request declared no tool called “launch”." in page


def test_what_a_model_calls_is_shown_as_text(as_alice: Client, alice: User, model: LanguageModel) -> None:
    page = page_of(as_alice, asked(alice, model, [call("<b>weather</b>", '{"city": "<script>"}')]))

    assert "&lt;b&gt;weather&lt;/b&gt;" in page
    assert "&lt;script&gt;" in page
    assert "<b>weather" not in page


def test_results_of_parallel_calls_go_back_together_and_the_model_goes_on(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    response = answer(as_alice, reply, **{"error.1": "on"})

    assert response.status_code == 200
    assert f"/conversations/{reply.conversation_id}/" in response.headers["HX-Location"]
    first, second, new = Message.objects.filter(pk__gt=reply.pk).order_by("pk")
    assert [first.parent, second.parent, new.parent] == [reply, first, second]
    assert started == [new.run_id]
    assert sent()[1:] == [
        {
            "role": "assistant",
            "tool_calls": [
                {"id": each["id"], "type": "function", "function": {k: each[k] for k in ("name", "arguments")}}
                for each in BOTH
            ],
        },
        {"role": "tool", "content": "18 °C", "tool_call_id": "call_weather"},
        {"role": "tool", "content": "Error: 12:00", "tool_call_id": "call_time"},
    ]


def test_the_text_of_a_custom_tool_goes_back_as_such(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    shell = {"type": "custom", "custom": {"name": "shell"}}
    reply = asked(alice, model, [call("shell", "ls -l <dir>")])
    Run.objects.update(parameters={"tools": [shell]})
    page = page_of(as_alice, reply)

    answer(as_alice, reply, **{"result.0": "a.txt"})

    assert "ls -l &lt;dir&gt;" in page
    assert "any text is valid" in page
    assert sent()[1]["tool_calls"] == [
        {"id": "call_shell", "type": "custom", "custom": {"name": "shell", "input": "ls -l <dir>"}}
    ]


def test_without_script_the_browser_is_sent_to_the_conversation(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    response = as_alice.post(f"/messages/{reply.pk}/results/", {"result.0": "a", "result.1": "b"})

    assert response.headers["Location"] == f"/conversations/{reply.conversation_id}/"
    assert len(started) == 1


def test_a_double_click_asks_once(as_alice: Client, reply: Message, started: list[int]) -> None:
    answer(as_alice, reply)
    answer(as_alice, reply)

    assert (Run.objects.count(), len(started)) == (2, 1)
    assert Message.objects.filter(role="tool").count() == 2


def test_a_result_that_is_missing_is_asked_for_and_the_others_are_kept(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    response = answer(as_alice, reply, **{"result.1": " ", "error.0": "on", "keep.0": "any"})
    page = response.content.decode()

    assert response.status_code == 422
    assert "There is no result yet." in page
    assert ">18 °C</textarea>" in page
    assert "checked" in page
    assert '<option value="any" selected>' in page
    assert not started


def test_what_is_too_long_is_said(
    as_alice: Client, reply: Message, started: list[int], settings: DjangoSettings
) -> None:
    settings.MESSAGE_CHARACTERS = 3
    page = answer(as_alice, reply).content.decode()

    assert "It has 5 characters; at most 3 can be sent." in page
    assert not started


def test_what_stands_in_the_panel_now_is_what_the_model_goes_on_with(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    answer(as_alice, reply, model="fake/one", temperature="0.5", further_parameters="")
    body = json.loads(Run.objects.get(pk=started[0]).request_body)

    assert body["temperature"] == 0.5
    assert "tools" not in body


def test_a_panel_that_cannot_be_sent_is_said_and_the_results_are_kept(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    response = answer(as_alice, reply, model="fake/one", temperature="hot")
    page = response.content.decode()

    assert response.status_code == 422
    assert "temperature must be a number" in page
    assert ">18 °C</textarea>" in page
    assert not started


def test_asking_again_after_results_sends_them_again(as_alice: Client, reply: Message, started: list[int]) -> None:
    answer(as_alice, reply)
    first = sent()
    Run.objects.filter(pk=started[0]).update(state="done", text="18 degrees at noon.")
    last = Message.objects.order_by("pk").last()
    assert last is not None

    as_alice.post(f"/messages/{last.pk}/regenerate/", {"client_token": "token-3"}, headers=HTMX)

    assert len(started) == 2
    assert sent() == first
    assert Message.objects.filter(parent=last.parent).count() == 2


def test_another_version_of_a_result_takes_those_behind_it_along(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    answer(as_alice, reply)
    weather, time = Message.objects.filter(role="tool").order_by("pk")

    as_alice.post(f"/messages/{weather.pk}/result/", {"text": "no such city", "error": "on"}, headers=HTMX)

    assert [message["content"] for message in sent()[2:]] == ["Error: no such city", "12:00"]
    assert [message["tool_call_id"] for message in sent()[2:]] == ["call_weather", "call_time"]
    weather.refresh_from_db()
    assert weather.written == "18 °C"
    assert Message.objects.filter(parent=reply).count() == 2
    assert Message.objects.filter(parent=time).count() == 1


def test_a_version_of_a_result_needs_a_text(as_alice: Client, reply: Message, started: list[int]) -> None:
    answer(as_alice, reply)
    weather = Message.objects.filter(role="tool").earliest("pk")

    response = as_alice.post(f"/messages/{weather.pk}/result/", {"text": "  "}, headers=HTMX)

    assert response.status_code == 422
    assert "There is no result yet." in response.content.decode()
    assert len(started) == 1


def test_results_stand_in_the_conversation_as_cards(as_alice: Client, reply: Message, started: list[int]) -> None:
    answer(as_alice, reply, **{"result.0": "<i>18</i>", "error.1": "on"})
    page = page_of(as_alice, reply)

    assert 'aria-label="Result of weather"' in page
    assert "&lt;i&gt;18&lt;/i&gt;" in page
    assert '<span class="badge tool-error">error</span>' in page
    assert "Give other results" in page


def test_calls_and_results_that_came_from_elsewhere_are_shown_and_can_be_gone_on_with(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    turns = [
        Written("user", "How is Zürich?"),
        Written("assistant", "", tool_calls=BOTH[:1]),
        Written("tool", "gone", tool_call_id="call_weather", is_error=True),
        Written("assistant", "", tool_calls=BOTH[1:]),
    ]
    conversation = Conversation.open(
        alice, language_model=model, system_prompt="", parameters={}, turns=turns, draft=""
    )
    last = conversation.messages.latest("pk")
    page = page_of(as_alice, last)

    response = as_alice.post(f"/messages/{last.pk}/results/", {"result.0": "12:00"}, headers=HTMX)

    assert 'aria-label="Result of weather"' in page
    assert "Not checked: the call was made elsewhere." in page
    assert response.status_code == 200
    assert [message.get("content") for message in sent()] == ["How is Zürich?", None, "Error: gone", None, "12:00"]


def test_the_form_of_an_answered_reply_is_a_page_and_a_part_of_one(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    answer(as_alice, reply)
    address = f"/messages/{reply.pk}/results/"

    assert "<html" in as_alice.get(address).content.decode()
    assert "<html" not in as_alice.get(address, headers=HTMX).content.decode()
    result = Message.objects.filter(role="tool").earliest("pk")
    assert "18 °C" in as_alice.get(f"/messages/{result.pk}/result/").content.decode()


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted"])
def test_calls_of_an_answer_that_broke_off_cannot_be_answered(as_alice: Client, reply: Message, state: str) -> None:
    Run.objects.update(state=state)

    assert "Continue" not in page_of(as_alice, reply)
    assert answer(as_alice, reply).status_code == 404


def test_strangers_and_team_mates_find_nothing_to_answer(
    as_alice: Client, as_bob: Client, as_charlie: Client, as_nobody: Client, reply: Message, started: list[int]
) -> None:
    answer(as_alice, reply)
    result = Message.objects.filter(role="tool").earliest("pk")

    for client in (as_bob, as_charlie):
        assert answer(client, reply).status_code == 404
        assert client.post(f"/messages/{result.pk}/result/", {"text": "x"}).status_code == 404
    assert "/accounts/login/" in answer(as_nobody, reply).headers["Location"]
    assert len(started) == 1


def test_a_long_row_of_calls_takes_no_more_queries(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int], django_assert_max_num_queries: Any
) -> None:
    reply = asked(alice, model, BOTH)
    for number in range(8):
        answer(as_alice, reply, client_token=f"more-{number}")
        Run.objects.update(state="done", tool_calls=BOTH)
        newest = Message.objects.order_by("pk").last()
        assert newest is not None
        reply = newest

    with django_assert_max_num_queries(12):
        page_of(as_alice, reply)
