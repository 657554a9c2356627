"""Making a run again: exactly as it was, or after a change."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings as DjangoSettings

from accounts.models import Team, User
from chat.models import Conversation, Message
from chat.settings import Settings
from providers.models import LanguageModel, Provider
from runs.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(alice: User, model: LanguageModel) -> Message:
    """The second answer of a conversation, with a system prompt and a parameter that was set."""
    as_set = {"temperature": 0.5}
    settings = Settings(model, "Be brief", {"temperature": "0.5"}, {**as_set, "max_tokens": 4096}, as_set)
    first = Conversation.say(alice, None, "One", settings, "token-1")
    Run.objects.update(state="done", text="Two")
    second = Conversation.say(alice, first.conversation, "Three", settings, "token-2")
    Run.objects.update(state="done", text="Four")
    return second


def repeat(client: Client, reply: Message, token: str = "token-3") -> Any:
    return client.post(f"/runs/{reply.run_id}/repeat/", {"client_token": token})


def test_a_repeated_run_sends_the_same_bytes_beside_the_first(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    conversation = reply.conversation
    # What the panel says now is nothing to a run that is made again.
    Conversation.objects.update(system_prompt="Be verbose", parameters={})

    answer = repeat(as_alice, reply)

    assert answer.headers["Location"] == f"/conversations/{conversation.pk}/"
    again = conversation.messages.latest("pk")
    assert again.run
    assert reply.run
    assert started == [again.run_id]
    assert again.parent_id == reply.parent_id
    assert again.run.request_body == reply.run.request_body
    assert (again.run.parameters, again.run.requested_model) == ({"temperature": 0.5}, "fake/one")
    assert (again.run.state, again.run.attempts.count()) == ("queued", 1)
    conversation.refresh_from_db()
    assert (conversation.leaf_id, conversation.system_prompt) == (again.pk, "Be verbose")


def test_a_double_click_repeats_once(as_alice: Client, reply: Message, started: list[int]) -> None:
    first, second = repeat(as_alice, reply), repeat(as_alice, reply)

    assert first.headers["Location"] == second.headers["Location"]
    assert len(started) == 1


def test_it_goes_to_where_the_provider_is_now(as_alice: Client, reply: Message, started: list[int]) -> None:
    Provider.objects.update(base_url="https://moved.example/v1")

    repeat(as_alice, reply)

    assert Run.objects.get(pk=started[0]).endpoint == "https://moved.example/v1/chat/completions"


@pytest.mark.parametrize("gone", ["provider", "membership"])
def test_without_its_provider_a_run_is_not_repeated(
    as_alice: Client, alice: User, reply: Message, started: list[int], team: Team, gone: str
) -> None:
    if gone == "provider":
        Provider.objects.all().delete()
    else:
        Provider.objects.update(team=team)
        alice.memberships.all().delete()

    answer = repeat(as_alice, reply)

    assert answer.headers["Location"] == f"/runs/{reply.run_id}/"
    assert "its provider is no longer there" in as_alice.get(answer.headers["Location"]).content.decode()
    assert not started


def test_too_many_runs_at_once_are_refused(
    as_alice: Client, reply: Message, started: list[int], settings: DjangoSettings
) -> None:
    settings.RUNS_PER_PERSON = 1
    Run.objects.update(state="running")

    answer = repeat(as_alice, reply)

    assert "Too much is running at once." in as_alice.get(answer.headers["Location"]).content.decode()
    assert not started


@pytest.mark.parametrize("deed", ["repeat", "edit"])
def test_only_whose_run_it_is_makes_it_again(
    as_alice: Client,
    as_bob: Client,
    as_charlie: Client,
    as_nobody: Client,
    reply: Message,
    started: list[int],
    deed: str,
) -> None:
    address = f"/runs/{reply.run_id}/{deed}/"

    assert as_bob.post(address).status_code == 404
    assert as_charlie.post(address).status_code == 404
    assert as_nobody.post(address).status_code == 302
    assert as_alice.get(address).status_code == 405
    assert as_alice.post(f"/runs/999999/{deed}/").status_code == 404
    assert not started
    assert Conversation.objects.count() == 1


def test_a_run_that_is_edited_stands_in_a_new_conversation(as_alice: Client, reply: Message) -> None:
    answer = as_alice.post(f"/runs/{reply.run_id}/edit/")

    conversation = Conversation.objects.latest("pk")
    assert answer.headers["Location"] == f"/conversations/{conversation.pk}/"
    assert conversation.system_prompt == "Be brief"
    # What the person had set; what is always sent beside it is the panel's own.
    assert conversation.parameters == {"temperature": "0.5"}
    assert conversation.draft == "Three"
    assert [turn.text for turn in conversation.turns(conversation.leaf_id)] == ["One", "Two"]
    assert conversation.language_model == reply.run.language_model if reply.run else None
    page = as_alice.get(answer.headers["Location"]).content.decode()
    assert "Three</textarea>" in page
    assert "Be brief</textarea>" in page


def test_an_edited_run_that_is_not_changed_sends_the_same(as_alice: Client, reply: Message, started: list[int]) -> None:
    as_alice.post(f"/runs/{reply.run_id}/edit/")
    conversation = Conversation.objects.latest("pk")
    form = {"model": "fake/one", "text": "Three", "system_prompt": "Be brief", "temperature": "0.5"}

    as_alice.post(f"/conversations/{conversation.pk}/messages/", form)

    assert reply.run
    [sent] = [json.loads(run.request_body) for run in Run.objects.filter(pk__in=started)]
    assert sent == json.loads(reply.run.request_body)


def test_a_reply_has_a_way_to_its_details(as_alice: Client, reply: Message) -> None:
    page = as_alice.get(f"/messages/{reply.pk}/").content.decode()

    assert f'href="/runs/{reply.run_id}/"' in page
    details = as_alice.get(f"/runs/{reply.run_id}/").content.decode()
    assert "Run again exactly" in details
    assert "Edit and run" in details
