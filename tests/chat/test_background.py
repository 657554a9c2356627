"""Sending into the background, and the tray in which the answers are waited for."""

import html
import json
import re

import pytest
from django.test import Client
from pytest_django import Settings

from chat.models import Conversation
from providers.models import LanguageModel
from runs.models import Run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def form(**fields: str) -> dict[str, str]:
    return {"text": "Prove it", "model": "fake/one", "client_token": "token-1", "in_background": "on", **fields}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A word for each time a worker was called."""
    calls: list[str] = []
    monkeypatch.setattr("runs.tasks.call_a_worker", lambda: calls.append("called"))
    return calls


@pytest.fixture
def run(as_alice: Client, model: LanguageModel, started: list[int], called: list[str]) -> Run:
    as_alice.post("/conversations/", form())
    return Run.objects.get()


def test_a_worker_is_called_for_a_run_that_asks_for_no_stream(run: Run, called: list[str]) -> None:
    assert (run.state, run.in_background, called) == (Run.State.QUEUED, True, ["called"])
    assert "stream" not in json.loads(run.request_body)


def test_the_same_click_twice_is_one_run(
    as_alice: Client, model: LanguageModel, started: list[int], called: list[str]
) -> None:
    for _ in range(2):
        as_alice.post("/conversations/", form(), headers=HTMX)
    assert (Run.objects.count(), len(called)) == (1, 1)


def test_the_page_says_that_it_may_be_closed_and_offers_to_cancel(as_alice: Client, run: Run) -> None:
    page = as_alice.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()
    assert "You may close this page" in page
    assert "</span>Cancel" in page


def test_the_choice_is_remembered_with_the_conversation_only(as_alice: Client, run: Run) -> None:
    chosen = 'name="in_background"\n             checked'
    again = as_alice.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()
    assert chosen in again
    assert chosen not in as_alice.get("/").content.decode()


def test_the_tray_tells_what_runs_and_then_what_is_new(as_alice: Client, run: Run) -> None:
    running = as_alice.get("/tray/").content.decode()
    assert "1 in the background" in running
    assert "every 3s" in running
    Run.objects.update(state="done", text="Because.")
    ended = html.unescape(as_alice.get("/tray/").content.decode())
    assert "1 new" in ended
    assert "every 3s" not in ended
    found = re.search(r'data-ended="(.*?)"\s+hx-get', ended)
    assert found
    [told] = json.loads(found[1])
    assert told["state"] == "done"


def test_what_was_looked_at_is_no_news(as_alice: Client, run: Run) -> None:
    Run.objects.update(state="done", text="Because.")
    as_alice.get(f"/conversations/{Conversation.objects.get().pk}/")
    assert "new" not in as_alice.get("/tray/").content.decode()


def test_what_still_runs_stays_in_the_tray_when_it_is_cleared(as_alice: Client, run: Run) -> None:
    page = as_alice.post("/tray/seen/", headers=HTMX).content.decode()
    assert "1 in the background" in page


def test_the_tray_of_others_does_not_have_it(as_bob: Client, as_charlie: Client, as_nobody: Client, run: Run) -> None:
    for client in (as_bob, as_charlie):
        assert "in the background" not in client.get("/tray/").content.decode()
        client.post("/tray/seen/")
    assert as_nobody.get("/tray/").status_code == 302
    assert Run.objects.get().seen_at is None


def test_the_tray_asks_as_much_for_many_as_for_one(
    as_alice: Client,
    model: LanguageModel,
    started: list[int],
    called: list[str],
    django_assert_max_num_queries: object,
) -> None:
    for number in range(20):
        as_alice.post("/conversations/", form(client_token=f"token-{number}"))
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        page = as_alice.get("/tray/").content.decode()
    assert "There are more" in page


def test_who_has_too_much_waiting_is_told_so_and_keeps_the_draft(
    as_alice: Client, run: Run, settings: Settings
) -> None:
    settings.BACKGROUND_WAITING = 1
    page = as_alice.post("/conversations/", form(text="Another one", client_token="token-2"), headers=HTMX)
    assert page.status_code == 422
    assert "Too much is waiting already" in page.content.decode()
    assert "Another one" in page.content.decode()


def test_what_runs_in_the_background_does_not_count_as_streaming(
    as_alice: Client, run: Run, settings: Settings
) -> None:
    settings.RUNS_PER_PERSON = 1
    streaming = {"text": "Now", "model": "fake/one", "client_token": "token-2"}
    assert as_alice.post("/conversations/", streaming).status_code == 302


def test_a_run_that_was_too_slow_is_offered_in_the_background(
    as_alice: Client, model: LanguageModel, started: list[int], called: list[str]
) -> None:
    as_alice.post("/conversations/", {"text": "Prove it", "model": "fake/one", "client_token": "token-1"})
    Run.objects.update(state="interrupted", error_kind="first_byte_timeout")
    conversation = Conversation.objects.get()
    assert "Run in background\n" in as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    again = {"client_token": "token-2", "model": "fake/one", "in_background": "on"}
    as_alice.post(f"/messages/{conversation.leaf_id}/regenerate/", again)
    assert Run.objects.get(client_token="token-2").in_background
