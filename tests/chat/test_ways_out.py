"""When the model that was written cannot be asked: its successor, or an id that no list knows, with one click."""

import json
from html import unescape

import pytest
from django.test import Client

from accounts.models import Team, User
from chat.models import Conversation
from providers import entering
from providers.models import LanguageModel, ModelChange, Provider
from runs.models import Run

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", needs_key=False)


def send(client: Client, model: str, **fields: str) -> tuple[int, str]:
    said = {"text": "Hello there", "model": model, "client_token": "token-1", **fields}
    response = client.post("/conversations/", said, headers=HTMX)
    return response.status_code, unescape(response.content.decode())


# A model that is gone


@pytest.fixture
def gone(own: Provider) -> LanguageModel:
    LanguageModel.objects.create(provider=own, model_id="acme/talker-2")
    return LanguageModel.objects.create(provider=own, model_id="acme/talker-1", status="deprecated")


def test_the_refusal_proposes_the_successor_and_keeps_what_was_written(as_alice: Client, gone: LanguageModel) -> None:
    status, page = send(as_alice, "acme/talker-1")

    assert status == 422
    assert "acme/talker-1 is no longer offered" in page
    assert "Use acme/talker-2 instead</button>" in page
    assert "Hello there</textarea>" in page


def test_one_click_takes_the_successor_and_sends(as_alice: Client, gone: LanguageModel, started: list[int]) -> None:
    heir = LanguageModel.objects.get(model_id="acme/talker-2")

    status, page = send(as_alice, "acme/talker-1", language_model=str(gone.pk), instead=str(heir.pk))

    assert status == 200
    run = Run.objects.get()
    assert (run.language_model, json.loads(run.request_body)["model"]) == (heir, "acme/talker-2")
    assert Conversation.objects.get().language_model == heir
    # The field above says so, too.
    assert 'id="composer-model-picker"' in page
    assert 'value="acme/talker-2"' in page


def test_a_strangers_model_is_not_taken_instead(as_charlie: Client, gone: LanguageModel) -> None:
    heir = LanguageModel.objects.get(model_id="acme/talker-2")

    assert send(as_charlie, "acme/talker-1", instead=str(heir.pk))[0] == 422
    assert not Run.objects.exists()


def test_an_old_conversation_with_a_model_that_is_gone_stays_readable(
    as_alice: Client, alice: User, gone: LanguageModel, started: list[int]
) -> None:
    gone.status = "available"
    gone.save()
    send(as_alice, "acme/talker-1")
    Run.objects.update(state="done", text="It said this.")
    LanguageModel.objects.filter(pk=gone.pk).update(status="deprecated")

    page = as_alice.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()

    assert "It said this." in page
    assert "acme/talker-1" in page


# An id that no list knows


def test_the_refusal_offers_every_provider_the_person_may_use(
    as_alice: Client, as_charlie: Client, own: Provider
) -> None:
    Provider.objects.create(name="Demo", slug="demo", base_url="https://demo.invalid/v1")
    Provider.objects.create(name="For all", slug="aimlapi", base_url="https://all.example/v1")

    status, page = send(as_alice, "brand/new")

    assert status == 422
    assert "Use brand/new at Own</button>" in page
    assert "Use brand/new at For all</button>" in page
    assert "at Demo" not in page
    assert "at Own" not in send(as_charlie, "brand/new")[1]
    assert not LanguageModel.objects.exists()


def test_one_click_enters_the_id_and_sends_with_the_safe_parameters(
    as_alice: Client, alice: User, own: Provider, started: list[int]
) -> None:
    status, page = send(as_alice, "brand/new", enter_at=str(own.pk), temperature="0.5")

    model = LanguageModel.objects.get()
    assert status == 200
    assert (model.model_id, model.is_entered, model.entered_by, model.is_runnable) == ("brand/new", True, alice, True)
    body = json.loads(Run.objects.get().request_body)
    assert body["model"] == "brand/new"
    assert body["max_tokens"] == model.default_max_tokens
    assert "Further parameters (JSON)" in page
    assert ModelChange.objects.get().kind == "entered"


def test_an_entered_model_is_marked_found_and_removed_by_who_entered_it(
    as_alice: Client, as_bob: Client, alice: User, bob: User, own: Provider
) -> None:
    model = entering.enter(bob, "brand/new", own.pk)
    assert model is not None

    assert "entered by a person" in as_alice.get("/models/").content.decode()
    assert "entered by a person" in as_alice.get("/models/options/", {"q": "brand"}).content.decode()
    response = as_bob.post(f"/models/{model.pk}/remove/", follow=True)
    assert "brand/new was removed" in response.content.decode()
    assert not LanguageModel.objects.exists()


def test_only_who_entered_it_and_keepers_remove_a_model(
    as_alice: Client, as_bob: Client, as_charlie: Client, alice: User, own: Provider
) -> None:
    model = entering.enter(alice, "brand/new", own.pk)
    listed = LanguageModel.objects.create(provider=own, model_id="listed")
    assert model is not None

    assert as_bob.post(f"/models/{model.pk}/remove/").status_code == 404
    assert as_charlie.post(f"/models/{model.pk}/remove/").status_code == 404
    assert as_alice.post(f"/models/{listed.pk}/remove/").status_code == 404
    assert LanguageModel.objects.count() == 2


def test_a_model_is_not_entered_at_a_strangers_provider_nor_without_an_id(charlie: User, own: Provider) -> None:
    assert entering.enter(charlie, "brand/new", own.pk) is None
    assert not LanguageModel.objects.exists()


@pytest.mark.parametrize("model_id", ["", "   ", "a\nb", "x" * 201])
def test_what_cannot_be_an_id_is_not_entered(alice: User, own: Provider, model_id: str) -> None:
    assert entering.enter(alice, model_id, own.pk) is None


def test_an_id_is_entered_once(alice: User, bob: User, own: Provider) -> None:
    first, second = entering.enter(alice, "brand/new", own.pk), entering.enter(bob, "brand/new", own.pk)

    assert first == second
    assert ModelChange.objects.count() == 1


def test_nobody_fills_the_catalogue(alice: User, own: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "MOST_ENTERED", 1)
    entering.enter(alice, "one", own.pk)

    assert entering.enter(alice, "two", own.pk) is None


@pytest.mark.parametrize("ask", ["get", "post"])
def test_asking_for_a_panel_enters_nothing(as_alice: Client, own: Provider, ask: str) -> None:
    getattr(as_alice, ask)("/parameters/", {"model": "brand/new", "enter_at": str(own.pk)})

    assert not LanguageModel.objects.exists()


def test_a_run_makes_its_model_one_of_the_recent_ones(
    as_alice: Client, alice: User, gone: LanguageModel, started: list[int]
) -> None:
    send(as_alice, "acme/talker-2")

    assert [known.language_model.model_id for known in alice.familiars.exclude(used_at=None)] == ["acme/talker-2"]
