"""Replies side by side, and asking for more of them."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message
from chat.settings import Settings as RunSettings
from providers.models import LanguageModel
from runs.models import Run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr("runs.tasks.call_a_worker", lambda: calls.append("called"))
    return calls


@pytest.fixture
def other(model: LanguageModel) -> LanguageModel:
    return LanguageModel.objects.create(provider=model.provider, model_id="fake/two")


@pytest.fixture
def asked(alice: User, model: LanguageModel) -> Message:
    settings = RunSettings(model, "Be brief", {"temperature": "0.5"}, {"temperature": 0.5}, {"temperature": 0.5})
    reply = Conversation.say(alice, None, "Is it so?", settings, "first")
    end(reply.run_id, "Yes.", 1000)
    assert reply.parent is not None
    return reply.parent


def end(run: int | None, text: str, ms: int, **columns: Any) -> None:
    Run.objects.filter(pk=run or 0).update(state="done", text=text, duration_ms=ms, output_tokens=2, **columns)


def form(**fields: Any) -> dict[str, Any]:
    return {"times": "2", "models": "fake/one\nfake/two", "client_token": "again", **fields}


@pytest.mark.django_db(transaction=True)
def test_each_model_is_asked_so_many_times_in_the_background(
    as_alice: Client, asked: Message, other: LanguageModel, called: list[str]
) -> None:
    answer = as_alice.post(f"/messages/{asked.pk}/replies/", form())
    assert answer.headers["Location"] == f"/messages/{asked.pk}/replies/"
    runs = list(Run.objects.filter(in_background=True).order_by("pk"))
    assert [run.requested_model for run in runs] == ["fake/one"] * 2 + ["fake/two"] * 2
    assert called == ["called"] * 4
    assert {run.state for run in runs} == {Run.State.QUEUED}
    body = json.loads(runs[-1].request_body)
    assert body["messages"] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Is it so?"},
    ]
    assert body["temperature"] == 0.5
    assert "stream" not in body


@pytest.mark.django_db(transaction=True)
def test_the_same_click_twice_asks_once_and_the_branch_in_view_stays(
    as_alice: Client, asked: Message, called: list[str]
) -> None:
    leaf = asked.conversation.leaf_id
    for _ in range(2):
        as_alice.post(f"/messages/{asked.pk}/replies/", form(models="fake/one"))
    assert Run.objects.filter(in_background=True).count() == 2
    assert Conversation.objects.get().leaf_id == leaf


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"times": "0"}, "Ask 1 to 20 times."),
        ({"times": "21"}, "Ask 1 to 20 times."),
        ({"times": "many"}, "Ask 1 to 20 times."),
        ({"models": " \n"}, "Name 1 to 12 models"),
        ({"models": "\n".join(f"m/{number}" for number in range(13))}, "Name 1 to 12 models"),
        ({"models": "fake/none"}, "No provider here has a model called “fake/none”."),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_asked(
    as_alice: Client, asked: Message, fields: dict[str, str], why: str
) -> None:
    answer = as_alice.post(f"/messages/{asked.pk}/replies/", form(**fields))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert why in page
    assert fields.get("models", "fake/two").strip() in page
    assert Run.objects.count() == 1


def test_who_has_too_much_waiting_is_told_so(as_alice: Client, asked: Message, settings: Settings) -> None:
    settings.BACKGROUND_WAITING = 3
    page = as_alice.post(f"/messages/{asked.pk}/replies/", form(models="fake/one", times="4")).content.decode()
    assert "Ask for less, or wait." in page


def more(asked: Message, *answers: tuple[str, int]) -> None:
    conversation, model = asked.conversation, asked.conversation.language_model
    assert model is not None
    settings = [RunSettings(model, in_background=True) for _ in answers]
    for reply, (text, ms) in zip(conversation.replies_to(asked, settings, "more"), answers, strict=True):
        end(reply.run_id, text, ms)


def test_the_figures_are_medians_and_ranges(as_alice: Client, asked: Message) -> None:
    more(asked, ("Yes.", 3000), ("No, never.", 8000))
    page = " ".join(as_alice.get(f"/messages/{asked.pk}/replies/").content.decode().split())
    assert "3 of 3" in page
    assert "<td> 2 of 3 </td>" in page
    assert '3.0 <span class="hint">(1.0–8.0)</span>' in page
    assert '4 <span class="hint">(4–10)</span>' in page


def test_only_a_reply_that_is_being_written_asks_again(as_alice: Client, asked: Message) -> None:
    model = asked.conversation.language_model
    assert model is not None
    [reply] = asked.conversation.replies_to(asked, [RunSettings(model, in_background=True)], "more")
    running = as_alice.get(f"/messages/{reply.pk}/card/", headers=HTMX)
    assert "every 2s" in running.content.decode()
    assert "HX-Trigger-After-Settle" not in running.headers
    end(reply.run_id, "Yes.", 1000)
    ended = as_alice.get(f"/messages/{reply.pk}/card/", headers=HTMX)
    assert "every 2s" not in ended.content.decode()
    assert "reply-ended" in ended.headers["HX-Trigger-After-Settle"]


def test_who_looks_has_seen_them(as_alice: Client, asked: Message) -> None:
    more(asked, ("Yes.", 3000))
    as_alice.get(f"/messages/{asked.pk}/replies/")
    assert not Run.objects.filter(in_background=True, seen_at=None).exists()


@pytest.mark.parametrize("path", ["replies/", "replies/figures/"])
def test_strangers_and_team_mates_find_nothing(
    as_bob: Client, as_charlie: Client, as_nobody: Client, asked: Message, path: str
) -> None:
    for client in (as_bob, as_charlie):
        assert client.get(f"/messages/{asked.pk}/{path}").status_code == 404
        assert client.post(f"/messages/{asked.pk}/replies/", form()).status_code == 404
    assert as_nobody.get(f"/messages/{asked.pk}/{path}").status_code == 302


def test_many_replies_take_as_many_queries_as_one(
    as_alice: Client, asked: Message, django_assert_max_num_queries: Any
) -> None:
    more(asked, *[("Yes.", 1000)] * 20)
    as_alice.get(f"/messages/{asked.pk}/replies/")
    with django_assert_max_num_queries(8):
        as_alice.get(f"/messages/{asked.pk}/replies/")
