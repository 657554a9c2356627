"""The list of conversations, their pages, and their tree of messages."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.models import Conversation, Message
from chat.settings import Settings
from providers.models import LanguageModel
from runs.models import Run

pytestmark = pytest.mark.django_db


def talk(user: User, model: LanguageModel, *texts: str) -> Conversation:
    """A conversation in which each of these was answered by its own capitals."""
    conversation = None
    for number, text in enumerate(texts):
        reply = Conversation.say(user, conversation, text, Settings(model), f"{user.pk}-{text}-{number}")
        Run.objects.filter(reply=reply).update(state="done", text=text.upper())
        conversation = Conversation.objects.get(pk=reply.conversation_id)
    assert conversation is not None
    return conversation


def shown(conversation: Conversation) -> list[str]:
    conversation.refresh_from_db()
    return [message.text for message in conversation.branch().messages]


def test_a_page_shows_the_conversation_and_its_answers(as_alice: Client, alice: User, model: LanguageModel) -> None:
    conversation = talk(alice, model, "one", "two")
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert "ONE" in page
    assert "TWO" in page
    assert 'aria-label="Conversation"' in page


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/conversations/{conversation}/"),
        ("post", "/conversations/{conversation}/title/"),
        ("post", "/conversations/{conversation}/delete/"),
        ("post", "/conversations/{conversation}/restore/"),
        ("get", "/messages/{reply}/"),
        ("post", "/messages/{reply}/regenerate/"),
        ("post", "/messages/{reply}/branch/"),
        ("get", "/messages/{message}/edit/"),
        ("post", "/messages/{message}/edit/"),
        ("post", "/runs/{run}/stop/"),
    ],
)
def test_to_everybody_else_it_does_not_exist(
    request: pytest.FixtureRequest, alice: User, model: LanguageModel, who: str, method: str, address: str
) -> None:
    conversation = talk(alice, model, "secret")
    message, reply = conversation.messages.order_by("pk")
    path = address.format(conversation=conversation.pk, message=message.pk, reply=reply.pk, run=reply.run_id)
    client: Client = request.getfixturevalue(who)
    assert getattr(client, method)(path).status_code == 404


def test_the_list_has_only_ones_own(as_charlie: Client, alice: User, model: LanguageModel) -> None:
    talk(alice, model, "a very private title")
    assert "a very private title" not in as_charlie.get("/").content.decode()


def test_renaming_keeps_what_was_there_when_nothing_is_written(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    conversation = talk(alice, model, "one")
    as_alice.post(f"/conversations/{conversation.pk}/title/", {"title": "  A  better\nname "})
    as_alice.post(f"/conversations/{conversation.pk}/title/", {"title": " "})
    conversation.refresh_from_db()
    assert conversation.title == "A better name"


def test_a_deleted_conversation_is_gone_and_can_be_brought_back(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    conversation = talk(alice, model, "keep me")
    after = as_alice.post(f"/conversations/{conversation.pk}/delete/", follow=True)
    assert "Undo" in after.content.decode()
    assert as_alice.get(f"/conversations/{conversation.pk}/").status_code == 404
    as_alice.post(f"/conversations/{conversation.pk}/restore/")
    assert "KEEP ME" in as_alice.get(f"/conversations/{conversation.pk}/").content.decode()


def test_asking_again_puts_a_reply_beside_the_old_one(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    conversation = talk(alice, model, "one")
    old = Message.objects.get(role="assistant")
    as_alice.post(f"/messages/{old.pk}/regenerate/", {"client_token": "again"})
    as_alice.post(f"/messages/{old.pk}/regenerate/", {"client_token": "again"})
    new = Message.objects.exclude(pk=old.pk).get(role="assistant")
    conversation.refresh_from_db()
    assert (new.parent_id, conversation.leaf, started) == (old.parent_id, new, [new.run_id])
    reply = conversation.branch().messages[-1]
    assert (reply.sibling_number, reply.sibling_count, reply.previous_sibling_id) == (2, 2, old.pk)


def test_an_edit_begins_a_branch_and_the_old_one_keeps_its_follow_ups(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    conversation = talk(alice, model, "one", "two")
    first = Message.objects.get(written="one")
    as_alice.post(f"/messages/{first.pk}/edit/", {"text": "another one"})
    assert shown(conversation)[0] == "another one"
    as_alice.post(f"/messages/{first.pk}/branch/")
    assert shown(conversation) == ["one", "ONE", "two", "TWO"]


def test_an_empty_edit_is_refused_and_changes_nothing(as_alice: Client, alice: User, model: LanguageModel) -> None:
    conversation = talk(alice, model, "one")
    first = Message.objects.get(written="one")
    assert as_alice.post(f"/messages/{first.pk}/edit/", {"text": " "}).status_code == 422
    assert shown(conversation) == ["one", "ONE"]


def test_a_long_conversation_comes_in_pages(as_alice: Client, alice: User, model: LanguageModel) -> None:
    conversation = talk(alice, model, *(f"line {number:03}" for number in range(25)))
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert "LINE 024" in page
    assert "LINE 000" not in page
    branch = conversation.branch()
    earlier = as_alice.get(f"/conversations/{conversation.pk}/?before={branch.earlier_before}").content.decode()
    assert "LINE 000" in earlier


def test_the_list_comes_in_pages(as_alice: Client, alice: User) -> None:
    Conversation.objects.bulk_create([Conversation(user=alice, title=f"title {n:03}") for n in range(45)])
    first = as_alice.get("/").content.decode()
    assert "title 044" in first
    assert "title 000" not in first
    oldest = Conversation.objects.get(title="title 005")
    assert "title 000" in as_alice.get(f"/conversations/list/?after={oldest.place}").content.decode()


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(path)
    return len(captured)


def test_a_page_asks_the_database_no_more_for_more_messages(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    short, long = talk(alice, model, "one"), talk(alice, model, *(f"line {number}" for number in range(15)))
    assert queries_of(as_alice, f"/conversations/{short.pk}/") == queries_of(as_alice, f"/conversations/{long.pk}/")


def test_the_list_asks_the_database_no_more_for_more_conversations(as_alice: Client, alice: User) -> None:
    Conversation.objects.create(user=alice, title="one")
    few = queries_of(as_alice, "/")
    Conversation.objects.bulk_create([Conversation(user=alice, title=f"title {n}") for n in range(30)])
    assert queries_of(as_alice, "/") == few


@pytest.mark.parametrize("address", ["/?model=fake/one&prompt=Hi+there", "/app/fake/one?prompt=Hi+there"])
def test_an_address_opens_a_set_up_composer(as_alice: Client, model: LanguageModel, address: str) -> None:
    page = as_alice.get(address).content.decode()
    assert 'value="fake/one"' in page
    assert "Hi there" in page


def test_the_panel_of_another_model_keeps_what_was_typed(as_alice: Client, model: LanguageModel) -> None:
    page = as_alice.get(f"/parameters/?model=fake/one&language_model={model.pk}&temperature=0.3").content.decode()
    assert 'value="0.3"' in page


def test_what_a_model_writes_cannot_act_in_the_page(as_alice: Client, alice: User, model: LanguageModel) -> None:
    conversation = talk(alice, model, "one")
    script = "<script>alert(1)</script>"
    Run.objects.update(
        text=script, reasoning=script, served_model=script, error_kind="bad_request", error_detail=script
    )
    Conversation.objects.update(title=script)
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert "<script>alert" not in page
