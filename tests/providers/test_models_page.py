"""The page of all models: found by words, type and developer, and refreshed from their providers."""

from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers import client
from providers.dialects import Dialect
from providers.errors import NotSent
from providers.models import LanguageModel, Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", dialect_name="openai")


def add(provider: Provider, model_id: str, **facts: object) -> LanguageModel:
    row = LanguageModel(provider=provider, model_id=model_id)
    row.learn(facts)
    row.save()
    return row


def page(client: Client, **filters: str) -> str:
    response = client.get("/models/", filters)
    assert response.status_code == 200
    return unescape(response.content.decode())


# Seeing


def test_the_facts_of_a_model_stand_in_its_row(as_alice: Client, own: Provider) -> None:
    facts = {"developer": "Acme", "context_length": 32000, "features": ["tools", "image_input"]}
    model = add(own, "acme/large", name="Large", aliases=["large"], **facts)

    shown = page(as_alice)

    for fact in ["acme/large", "Large", "Acme", "32,000", "tools", "images", "Own", "unknown", "also large"]:
        assert fact in shown
    assert f'href="/models/{model.pk}/"' in shown
    assert f'href="/?model=acme%2Flarge&language_model={model.pk}"' in shown


def test_what_cannot_be_run_here_says_so_and_has_no_link(as_alice: Client, own: Provider) -> None:
    add(own, "old", status="deprecated")
    add(own, "painter", type="image")

    shown = page(as_alice, type="all", status="all")

    assert '<span class="badge">deprecated</span>' in shown
    assert "image: not runnable here" in shown
    assert "?model=" not in shown


def test_only_chat_models_are_shown_until_all_are_asked_for(as_alice: Client, own: Provider) -> None:
    add(own, "talker")
    add(own, "painter", type="image")

    assert ("talker" in page(as_alice), "painter" in page(as_alice)) == (True, False)
    assert "painter" in page(as_alice, type="all")


def test_models_are_filtered_by_words_and_developer(as_alice: Client, own: Provider) -> None:
    add(own, "acme/large", developer="Acme")
    add(own, "acme/small", developer="Acme")
    add(own, "other/large", developer="Other")

    shown = page(as_alice, q="large", developer="Acme")

    assert "acme/large" in shown
    assert "acme/small" not in shown
    assert "other/large" not in shown


def test_pages_keep_the_filters(as_alice: Client, own: Provider) -> None:
    for number in range(60):
        add(own, f"acme/{number:02}")

    shown = page(as_alice, q="acme")

    assert "acme/49" in shown
    assert "acme/50" not in shown
    assert 'href="?q=acme&page=2"' in shown
    assert "acme/50" in page(as_alice, q="acme", page="2")


def test_a_page_that_finds_nothing_says_what_to_do(as_alice: Client, own: Provider) -> None:
    assert "No model matches" in page(as_alice, q="nothing of the kind")


def test_a_missing_key_is_marked_where_it_is_missing(as_alice: Client, alice: User, own: Provider) -> None:
    add(own, "acme/large")
    assert "no key yet" in page(as_alice)

    ApiKey.objects.store(alice, own.origin, Secret("sk-something-long"))

    assert "no key yet" not in page(as_alice)


def test_the_number_of_queries_does_not_grow_with_the_models(as_alice: Client, own: Provider) -> None:
    add(own, "first")
    page(as_alice)
    with CaptureQueriesContext(connection) as few:
        page(as_alice)
    for number in range(40):
        add(own, f"acme/{number}", developer=f"Developer {number}")

    with CaptureQueriesContext(connection) as many:
        page(as_alice)

    assert len(many) == len(few) <= 9


def test_a_team_mate_sees_the_teams_models_and_a_stranger_does_not(
    as_bob: Client, as_charlie: Client, own: Provider
) -> None:
    add(own, "acme/large")

    assert "acme/large" in page(as_bob)
    assert "acme/large" not in page(as_charlie)
    assert "Refresh models of Own" not in page(as_charlie)


@pytest.mark.parametrize("address", ["/models/", "/models/options/"])
def test_nobody_is_sent_to_sign_in(as_nobody: Client, address: str) -> None:
    assert as_nobody.get(address)["Location"].startswith("/accounts/login/")


def test_names_from_a_provider_are_only_text(as_alice: Client, own: Provider) -> None:
    add(own, "<script>alert(1)</script>", name="<b>bold</b>", developer="<i>")

    shown = as_alice.get("/models/").content.decode()

    assert "<script>alert" not in shown
    assert "<b>bold" not in shown


# Refreshing


@pytest.fixture
def keys_sent(monkeypatch: pytest.MonkeyPatch) -> list[Secret | None]:
    """Providers list two models; filled with the keys that were sent to them."""
    sent: list[Secret | None] = []

    async def fetch(url: str, dialect: Dialect, key: Secret | None) -> bytes:
        sent.append(key)
        return b'{"data": [{"id": "one"}, {"id": "two"}]}'

    monkeypatch.setattr(client, "fetch", fetch)
    return sent


def said(response: object) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))  # type: ignore[attr-defined]


def test_a_refresh_says_what_it_found(as_bob: Client, own: Provider, keys_sent: list[Secret | None]) -> None:
    add(own, "old")

    response = as_bob.post(f"/models/refresh/{own.pk}/")

    assert response["Location"] == "/models/"
    assert said(response) == "Own lists 2 models: 2 new, 1 no longer there."
    assert keys_sent == [None]


def test_a_refresh_uses_the_persons_own_key(
    as_alice: Client, alice: User, own: Provider, keys_sent: list[Secret | None]
) -> None:
    ApiKey.objects.store(alice, own.origin, Secret("sk-CANARY-of-alice"))

    as_alice.post(f"/models/refresh/{own.pk}/")

    assert [key.reveal() for key in keys_sent if key] == ["sk-CANARY-of-alice"]


def test_a_refresh_that_fails_says_why_and_what_to_do(
    as_alice: Client, own: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(url: str, dialect: Dialect, key: Secret | None) -> bytes:
        raise NotSent("connect_failed")

    monkeypatch.setattr(client, "fetch", fetch)

    response = as_alice.post(f"/models/refresh/{own.pk}/")

    assert said(response).startswith("The models could not be refreshed. The provider cannot be reached.")


def test_a_key_that_cannot_be_read_is_named_as_the_reason(
    as_alice: Client, alice: User, own: Provider, keys_sent: list[Secret | None]
) -> None:
    ApiKey.objects.store(alice, own.origin, Secret("sk-something-long"))
    ApiKey.objects.update(sealed="v1:gone:abc")

    response = as_alice.post(f"/models/refresh/{own.pk}/")

    assert "cannot be read any more" in said(response)
    assert keys_sent == []


def test_a_stranger_cannot_refresh(as_charlie: Client, own: Provider, keys_sent: list[Secret | None]) -> None:
    assert as_charlie.post(f"/models/refresh/{own.pk}/").status_code == 404
    assert keys_sent == []


def test_nobody_cannot_refresh(as_nobody: Client, own: Provider, keys_sent: list[Secret | None]) -> None:
    assert as_nobody.post(f"/models/refresh/{own.pk}/")["Location"].startswith("/accounts/login/")
    assert keys_sent == []


def test_a_link_does_not_refresh(as_alice: Client, own: Provider) -> None:
    assert as_alice.get(f"/models/refresh/{own.pk}/").status_code == 405
