"""Sending a message: what is stored, what is answered, and what is said when it cannot be sent."""

import json

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Team, User
from chat.models import Conversation, Message
from providers.models import LanguageModel, Provider
from runs.models import Run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def form(**fields: str) -> dict[str, str]:
    return {"text": "Hello there", "model": "fake/one", "client_token": "token-1", **fields}


def test_the_first_message_makes_a_conversation(as_alice: Client, model: LanguageModel, started: list[int]) -> None:
    response = as_alice.post("/conversations/", form())
    conversation = Conversation.objects.get()
    assert response.headers["Location"] == f"/conversations/{conversation.pk}/"
    assert (conversation.title, conversation.language_model) == ("Hello there", model)
    message, reply = conversation.messages.order_by("pk")
    assert (message.role, message.written, reply.parent) == ("user", "Hello there", message)
    assert started == [reply.run_id]


def test_the_answer_to_htmx_is_the_two_messages_and_a_fresh_composer(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    response = as_alice.post("/conversations/", form(), headers=HTMX)
    page = response.content.decode()
    message, reply = Message.objects.order_by("pk")
    assert f'id="message-{message.pk}"' in page
    assert f'id="message-{reply.pk}"' in page
    assert f'data-run-id="{reply.run_id}"' in page
    assert 'id="composer"' in page
    assert "token-1" not in page
    assert response.headers["HX-Push-Url"] == f"/conversations/{reply.conversation_id}/"


def test_the_next_message_is_sent_with_what_was_said_before(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    as_alice.post("/conversations/", form(text="My name is Alice", system_prompt="Be brief"))
    conversation = Conversation.objects.get()
    Run.objects.update(state="done", text="Hello Alice")
    as_alice.post(f"/conversations/{conversation.pk}/messages/", form(text="Who am I?", client_token="token-2"))
    body = json.loads(Run.objects.order_by("pk")[1].request_body)
    assert body["messages"] == [
        {"role": "user", "content": "My name is Alice"},
        {"role": "assistant", "content": "Hello Alice"},
        {"role": "user", "content": "Who am I?"},
    ]


def test_the_system_prompt_and_the_parameters_are_sent_and_remembered(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    as_alice.post("/conversations/", form(system_prompt="Be brief", temperature="0.5", max_tokens="77"))
    run, conversation = Run.objects.get(), Conversation.objects.get()
    body = json.loads(run.request_body)
    assert body["messages"][0] == {"role": "system", "content": "Be brief"}
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0.5, 77, True)
    assert run.parameters == {"temperature": 0.5, "max_tokens": 77}
    assert conversation.parameters == {"temperature": "0.5", "max_tokens": "77"}
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert "Be brief" in page
    assert 'value="0.5"' in page


def test_what_was_left_empty_is_not_sent(as_alice: Client, model: LanguageModel, started: list[int]) -> None:
    as_alice.post("/conversations/", form(temperature=""))
    body = json.loads(Run.objects.get().request_body)
    assert "temperature" not in body
    assert body["max_tokens"] > 0


def test_a_double_click_asks_once(as_alice: Client, model: LanguageModel, started: list[int]) -> None:
    first = as_alice.post("/conversations/", form())
    second = as_alice.post("/conversations/", form())
    assert (Run.objects.count(), Message.objects.count(), len(started)) == (1, 2, 1)
    assert second.headers["Location"] == first.headers["Location"]


def test_the_same_token_of_another_person_is_another_run(
    as_alice: Client, as_charlie: Client, model: LanguageModel, started: list[int]
) -> None:
    as_alice.post("/conversations/", form())
    as_charlie.post("/conversations/", form())
    assert Run.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": "   \n"}, "The message is empty."),
        ({"text": "x" * 1_000_000}, "The message is too long."),
        ({"model": ""}, "No model is chosen."),
        ({"model": "no/such-model"}, "There is no such model."),
        ({"temperature": "hot"}, "temperature must be a number"),
        ({"temperature": "3"}, "temperature must be between 0 and 2"),
        ({"max_tokens": "0"}, "max_tokens must be at least 1"),
    ],
)
def test_what_cannot_be_sent_is_said_and_kept(
    as_alice: Client, model: LanguageModel, started: list[int], fields: dict[str, str], sentence: str
) -> None:
    response = as_alice.post("/conversations/", form(**fields), headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert form(**fields)["text"].strip() in page
    assert not Run.objects.exists()
    assert not started


def test_without_script_the_whole_page_comes_back_with_the_draft(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    response = as_alice.post("/conversations/", form(model="no/such-model", text="My draft"))
    assert response.status_code == 422
    assert "My draft" in response.content.decode()
    assert "<title>" in response.content.decode()


def test_a_provider_without_a_key_is_said_with_the_way_to_add_one(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    Provider.objects.update(needs_key=True)
    page = as_alice.post("/conversations/", form(), headers=HTMX).content.decode()
    assert "There is no API key for this provider yet." in page
    assert "/settings/keys/" in page


def test_a_model_that_is_not_for_text_is_refused(as_alice: Client, model: LanguageModel, started: list[int]) -> None:
    LanguageModel.objects.update(type="image")
    response = as_alice.post("/conversations/", form(), headers=HTMX)
    assert response.status_code == 422
    assert "This model cannot be run here." in response.content.decode()


def test_too_many_runs_at_once_are_refused(
    as_alice: Client, model: LanguageModel, started: list[int], settings: Settings
) -> None:
    settings.RUNS_PER_PERSON = 1
    as_alice.post("/conversations/", form())
    response = as_alice.post("/conversations/", form(client_token="token-2"), headers=HTMX)
    assert response.status_code == 422
    assert "Too much is running at once." in response.content.decode()


def test_a_team_mates_private_provider_is_not_usable_by_a_stranger(
    as_charlie: Client, model: LanguageModel, team: Team, started: list[int]
) -> None:
    Provider.objects.update(team=team)
    response = as_charlie.post("/conversations/", form(language_model=str(model.pk)), headers=HTMX)
    assert response.status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_nobody_else_can_write_into_a_conversation(
    request: pytest.FixtureRequest, alice: User, model: LanguageModel, started: list[int], who: str
) -> None:
    conversation = Conversation.objects.create(user=alice)
    client: Client = request.getfixturevalue(who)
    assert client.post(f"/conversations/{conversation.pk}/messages/", form()).status_code == 404
    assert not Message.objects.exists()


def test_an_anonymous_visitor_is_asked_to_sign_in(as_nobody: Client, model: LanguageModel) -> None:
    response = as_nobody.post("/conversations/", form())
    assert response.headers["Location"].startswith("/accounts/login/")


def test_a_send_without_the_csrf_token_is_refused(alice: User, model: LanguageModel) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/conversations/", form(), headers=HTMX).status_code == 403
    assert not Run.objects.exists()
