"""What people are told while nothing can be stored, by a connection that may really change nothing."""

import html
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from accounts.models import SignInLink, User
from chat.models import Conversation
from playground.broker import Broker, broker
from runs.storage import storage
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

HTMX = {"HX-Request": "true"}
NOTHING_SAVED = "Nothing can be saved right now: the server's database takes no changes."


@contextmanager
def no_changes() -> Iterator[None]:
    """The connection of this test may change nothing."""
    ways = {"sqlite": "PRAGMA query_only = {}", "postgresql": "SET default_transaction_read_only = {}"}
    with connection.cursor() as cursor:
        cursor.execute(ways[connection.vendor].format("on"))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(ways[connection.vendor].format("off"))


def text_of(answer: object) -> str:
    return " ".join(html.unescape(answer.content.decode()).split())  # type: ignore[attr-defined]


@pytest.fixture
def talk(alice: User) -> Conversation:
    return Conversation.objects.create(user=alice, title="Before")


def test_a_form_that_cannot_be_saved_is_answered_with_words(as_alice: Client, talk: Conversation) -> None:
    with no_changes():
        answer = as_alice.post(f"/conversations/{talk.pk}/title/", {"title": "After", "text": "A <draft>"})
    talk.refresh_from_db()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "That was not saved: the server's database takes no changes." in text_of(answer)
    assert "A <draft></textarea>" in text_of(answer)
    assert talk.title == "Before"


def test_the_page_gets_the_words_alone_and_keeps_what_it_has(as_alice: Client, talk: Conversation) -> None:
    with no_changes():
        answer = as_alice.post(f"/conversations/{talk.pk}/title/", {"title": "After"}, headers=HTMX)
    assert answer.status_code == 503
    assert text_of(answer).startswith("<p data-trouble> That was not saved: the server's database takes no changes.")
    assert "<html" not in text_of(answer)


@pytest.mark.parametrize("path", ["/", "/conversations/{}/", "/settings/keys/", "/settings/providers/", "/models/"])
def test_reading_changes_nothing(as_alice: Client, talk: Conversation, path: str) -> None:
    as_alice.get("/")
    before = list(Session.objects.values_list())
    with no_changes():
        answer = as_alice.get(path.format(talk.pk))
    assert answer.status_code == 200
    assert list(Session.objects.values_list()) == before


def test_every_page_says_what_is_known_until_it_is_over(as_alice: Client, talk: Conversation) -> None:
    with no_changes():
        as_alice.post(f"/conversations/{talk.pk}/title/", {"title": "After"})
    pages = [text_of(client.get(path)) for client, path in [(as_alice, "/"), (Client(), "/accounts/login/")]]
    unchanged = Client().get("/troubles/")

    storage.check()

    over, page = Client().get("/troubles/"), text_of(as_alice.get("/"))
    assert all(NOTHING_SAVED in page and 'hx-trigger="every 5s"' in page for page in pages)
    assert unchanged.status_code == 204
    assert (over.status_code, over.content.strip()) == (200, b"")
    assert 'id="troubles"' not in page


def test_a_link_that_could_not_be_used_up_can_be_used_later(alice: User) -> None:
    path = f"/welcome/{SignInLink.objects.issue(alice)}/"
    with no_changes():
        refused = Client().get(path)
    used = Client().get(path)
    assert (refused.status_code, used.status_code) == (503, 302)
    assert "This page cannot be shown right now" in text_of(refused)


def test_a_database_that_is_away_is_said_and_nobody_asks_it_for_the_words(
    as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("connection refused") from psycopg.OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", fail)
    answer = as_alice.get("/")
    assert answer.status_code == 503
    assert "This cannot be shown right now: the server's database cannot be reached." in text_of(answer)


def test_a_mistake_of_ours_stays_loud(as_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(connection, "cursor", fail)
    with pytest.raises(ZeroDivisionError):
        as_alice.get("/")


def test_ready_says_that_nothing_can_be_stored(client: Client) -> None:
    with no_changes():
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert {part for part, word in answer.json().items() if word != "ok"} == {"storage"}
    assert client.get("/readyz").json()["storage"] == "ok"


def test_a_broker_that_takes_nothing_is_said_on_every_page(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "takes_jobs", False)
    assert "the server's queue takes nothing at the moment" in text_of(signed_in(alice).get("/"))


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://:wrong@127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
async def test_a_broker_that_is_not_there_takes_no_jobs(
    settings: Settings, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = url
    there = Broker()
    assert [await there.check(), await there.check()] == [False, False]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "wrong" not in caplog.text
