"""One message as it is now: what a page fetches when a reply has ended."""

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message
from chat.settings import Settings
from providers.models import LanguageModel


@pytest.fixture
def reply(alice: User, model: LanguageModel) -> Message:
    return Conversation.say(alice, None, "Hello", Settings(model, "", {}, {}, {}), "token")


def shown(client: Client, message: Message) -> str:
    return " ".join(client.get(f"/messages/{message.pk}/").content.decode().split())


def test_a_reply_knows_its_place_among_its_versions(as_alice: Client, reply: Message, model: LanguageModel) -> None:
    assert reply.parent
    assert "Versions" not in shown(as_alice, reply)
    second = reply.conversation.reply_to(reply.parent, Settings(model, "", {}, {}, {}), "another token")
    assert "1 / 2" in shown(as_alice, reply)
    assert "2 / 2" in shown(as_alice, second)


def test_a_first_message_knows_its_place_too(as_alice: Client, reply: Message, model: LanguageModel) -> None:
    assert reply.parent
    conversation, settings = reply.conversation, Settings(model, "", {}, {}, {})
    second = conversation.send("Hello again", settings, "another token", after=None)
    assert second.parent
    assert "1 / 2" in shown(as_alice, reply.parent)
    assert "2 / 2" in shown(as_alice, second.parent)


def test_a_message_of_somebody_else_does_not_exist(
    as_nobody: Client, as_bob: Client, as_charlie: Client, as_alice: Client, reply: Message
) -> None:
    assert as_alice.get(f"/messages/{reply.pk}/").status_code == 200
    assert as_bob.get(f"/messages/{reply.pk}/").status_code == 404
    assert as_charlie.get(f"/messages/{reply.pk}/").status_code == 404
    assert as_nobody.get(f"/messages/{reply.pk}/").status_code == 302


def test_a_message_of_a_deleted_conversation_does_not_exist(as_alice: Client, reply: Message) -> None:
    as_alice.post(f"/conversations/{reply.conversation_id}/delete/")
    assert as_alice.get(f"/messages/{reply.pk}/").status_code == 404
