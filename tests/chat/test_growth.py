"""What must not get slower as conversations become many and long."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Message, Place
from chat.settings import Settings
from providers.models import LanguageModel
from runs.models import Run
from tests.plans import captured_plans, reads_a_whole_table

pytestmark = pytest.mark.django_db

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is in the tables")


def long_talk(user: User, model: LanguageModel, count: int) -> Conversation:
    """A conversation with so many questions on one branch, each with its answer."""
    reply = Conversation.say(user, None, "question 0", Settings(model), "first")
    conversation = reply.conversation
    runs = Run.objects.bulk_create(
        Run(user=user, client_token=f"token {number}", state="done", text=f"answer {number}", body=b"")
        for number in range(1, count)
    )
    for number, run in enumerate(runs, start=1):
        asked = Message.objects.create(
            conversation=conversation, parent=reply, role="user", written=f"question {number}"
        )
        reply = Message.objects.create(conversation=conversation, parent=asked, role="assistant", run=run)
    conversation.leaf = reply
    conversation.save()
    return conversation


def titles(html: str) -> list[str]:
    return re.findall(r">(title \d+)</a>", html)


def next_page(html: str) -> str:
    found = re.search(r'hx-get="(/conversations/list/[^"]+)"', html)
    return unescape(found[1]) if found else ""


def listed(client: Client) -> list[str]:
    """Everything that the list has, page by page."""
    found: list[str] = []
    address = "/conversations/list/"
    while address:
        page = client.get(address).content.decode()
        found += titles(page)
        address = next_page(page)
    return found


@on_sqlite
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/conversations/{conversation}/",
        "/conversations/{conversation}/?before={message}",
        "/conversations/list/",
        "/conversations/list/?after={place}",
        "/messages/{message}/",
        "/messages/{reply}/",
    ],
)
def test_no_page_reads_a_whole_table(as_alice: Client, alice: User, model: LanguageModel, address: str) -> None:
    conversation = long_talk(alice, model, 2)
    message, reply = conversation.messages.order_by("pk")[:2]
    path = address.format(
        conversation=conversation.pk, message=message.pk, reply=reply.pk, place=str(conversation.place)
    )
    with captured_plans() as steps:
        assert as_alice.get(path).status_code == 200
    assert steps
    assert not [step for step in steps if reads_a_whole_table(step)]


@on_sqlite
def test_a_page_far_down_the_list_begins_where_the_last_one_ended(as_alice: Client, alice: User) -> None:
    place = Conversation.objects.create(user=alice).place
    with captured_plans() as steps:
        as_alice.get(f"/conversations/list/?after={place}")
    expected = "SEARCH chat_conversation USING INDEX conversations_of_a_person (user_id=? AND updated_at<?)"
    assert expected in steps


@on_sqlite
def test_the_shape_of_a_conversation_is_read_without_its_texts(alice: User, model: LanguageModel) -> None:
    conversation = long_talk(alice, model, 2)
    with captured_plans() as steps:
        conversation.branch()
    assert "SEARCH chat_message USING COVERING INDEX messages_of_a_conversation (conversation_id=?)" in steps


@pytest.mark.parametrize("address", ["/conversations/{conversation}/", "/messages/{reply}/"])
def test_what_only_the_record_needs_stays_on_the_disk(
    as_alice: Client, alice: User, model: LanguageModel, address: str
) -> None:
    conversation = long_talk(alice, model, 2)
    with CaptureQueriesContext(connection) as captured:
        as_alice.get(address.format(conversation=conversation.pk, reply=conversation.leaf_id))
    for column in ("body", "raw", "timeline", "user_id", "provider_id"):
        assert not [query for query in captured if f'"runs_run"."{column}"' in query["sql"]]


def test_a_long_conversation_is_read_backwards_page_by_page(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    conversation = long_talk(alice, model, 50)
    read: list[str] = []
    query = "?"
    while query:
        page = as_alice.get(f"/conversations/{conversation.pk}/{query}").content.decode()
        read = re.findall(r'<div class="written" data-copy>question (\d+)</div>', page) + read
        earlier = re.search(r'hx-get="(\?before=\d+)"', page)
        query = earlier[1] if earlier else ""
    assert read == [str(number) for number in range(50)]


def test_a_longer_conversation_costs_no_more_queries_and_shows_no_more_messages(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    conversation = long_talk(alice, model, 40)
    sizes = []
    for leaf in (conversation.messages.order_by("pk")[49], conversation.leaf):
        Conversation.objects.update(leaf=leaf)
        with CaptureQueriesContext(connection) as captured:
            page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
        sizes.append((len(captured), page.count("<article")))
    assert sizes[0] == sizes[1]
    assert sizes[0][1] == 40


def test_the_list_shows_every_conversation_once_even_where_many_are_of_one_moment(
    as_alice: Client, alice: User
) -> None:
    moment = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(user=alice, title=f"title {number:03}", updated_at=moment - timedelta(seconds=number // 50))
        for number in range(130)
    )
    found = listed(as_alice)
    assert len(found) == 130
    assert sorted(found) == [f"title {number:03}" for number in range(130)]


@pytest.mark.parametrize("what_happens", ["deleted", "continued"])
def test_the_list_goes_on_where_it_was_when_its_last_conversation_went_away(
    as_alice: Client, alice: User, what_happens: str
) -> None:
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(user=alice, title=f"title {number:03}", updated_at=now - timedelta(seconds=number))
        for number in range(60)
    )
    first = as_alice.get("/conversations/list/").content.decode()
    last = Conversation.objects.filter(title=titles(first)[-1])
    last.update(deleted_at=now) if what_happens == "deleted" else last.update(updated_at=now + timedelta(hours=1))
    second = titles(as_alice.get(next_page(first)).content.decode())
    assert second == [f"title {number:03}" for number in range(40, 60)]


@pytest.mark.parametrize("written", ["", "12", "-", "x-1", "1-x", "9" * 30 + "-1", "1-" + "9" * 30, "१-१"])
def test_an_address_that_names_no_place_begins_the_list(as_alice: Client, alice: User, written: str) -> None:
    Conversation.objects.create(user=alice, title="title 1")
    page = as_alice.get("/conversations/list/", {"after": written}).content.decode()
    assert titles(page) == ["title 1"]


def test_a_place_is_read_as_it_was_written(alice: User) -> None:
    place = Conversation.objects.create(user=alice).place
    assert Place.read(str(place)) == place
