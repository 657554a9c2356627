"""How a provider is spoken to is chosen where it is added, and can be changed."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers.models import Provider
from tests.providers.scripted_fetch import ScriptedFetch

PAGE = "/settings/providers/"
# An address needs no look-up, so that no test asks a name server.
URL = "https://93.184.215.14/v1"
NEW = {"name": "Acme", "base_url": URL, "needs_key": ""}
CHOICES = {
    "openai": "OpenAI-compatible",
    "aimlapi": "AI/ML API gateway",
    "anthropic": "Anthropic Messages",
    "responses": "OpenAI Responses",
}
ASKED = {
    "openai": f"{URL}/models",
    "aimlapi": "https://93.184.215.14/models",
    "anthropic": f"{URL}/models?limit=1000",
    "responses": f"{URL}/models",
}


@pytest.fixture
def acme(team: Team) -> Provider:
    return Provider.objects.create(name="Acme", team=team, base_url=URL, needs_key=False)


@pytest.fixture(autouse=True)
def fetch(monkeypatch: pytest.MonkeyPatch) -> ScriptedFetch:
    scripted = ScriptedFetch()
    scripted.body = b'{"data": [{"id": "acme/one"}, {"id": "acme/two"}]}'
    monkeypatch.setattr("providers.client.fetch", scripted)
    return scripted


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_form_asks_in_words_and_proposes_the_usual(as_alice: Client) -> None:
    page = text(as_alice.get(PAGE))

    assert "How it is spoken to" in page
    assert all(label in page for label in CHOICES.values())
    assert '<option value="openai" selected>OpenAI-compatible</option>' in page


@pytest.mark.parametrize("name", CHOICES)
def test_a_provider_is_asked_for_its_models_in_its_dialect(as_alice: Client, fetch: ScriptedFetch, name: str) -> None:
    page = text(as_alice.post(PAGE, {**NEW, "dialect_name": name}, follow=True))

    assert Provider.objects.get().dialect_name == name
    assert fetch.calls == [(ASKED[name], None)]
    assert "Models found: 2." in page
    assert f"· {CHOICES[name]}" in page


@pytest.mark.parametrize("written", [{}, {"dialect_name": ""}], ids=["absent", "empty"])
def test_who_does_not_say_gets_the_usual(as_alice: Client, written: dict[str, str]) -> None:
    as_alice.post(PAGE, {**NEW, **written})

    assert Provider.objects.get().dialect_name == "openai"


def test_a_dialect_that_nobody_speaks_is_refused_and_the_rest_is_kept(as_alice: Client, fetch: ScriptedFetch) -> None:
    answer = as_alice.post(PAGE, {**NEW, "dialect_name": "klingon"})

    assert answer.status_code == 422
    assert "field-error" in text(answer)
    assert URL in text(answer)
    assert not Provider.objects.exists()
    assert fetch.calls == []


def test_a_keeper_changes_it_and_the_models_are_read_again(
    as_alice: Client, acme: Provider, fetch: ScriptedFetch
) -> None:
    answer = as_alice.post(f"{PAGE}{acme.pk}/", {**NEW, "dialect_name": "anthropic"}, follow=True)

    acme.refresh_from_db()
    assert acme.dialect_name == "anthropic"
    assert fetch.calls == [(ASKED["anthropic"], None)]
    assert "Models found: 2." in text(answer)


def test_changing_something_else_leaves_it_as_it_is(as_alice: Client, acme: Provider, fetch: ScriptedFetch) -> None:
    Provider.objects.update(dialect_name="responses")

    as_alice.post(f"{PAGE}{acme.pk}/", {**NEW, "name": "Acme 2"})

    acme.refresh_from_db()
    assert (acme.name, acme.dialect_name) == ("Acme 2", "responses")
    assert fetch.calls == []


@pytest.mark.parametrize("whose", ["as_bob", "as_charlie"])
def test_nobody_else_changes_it(request: pytest.FixtureRequest, acme: Provider, whose: str) -> None:
    client: Client = request.getfixturevalue(whose)

    assert client.post(f"{PAGE}{acme.pk}/", {**NEW, "dialect_name": "anthropic"}).status_code == 404
    acme.refresh_from_db()
    assert acme.dialect_name == "openai"


def test_the_key_check_asks_in_the_dialect(as_alice: Client, alice: User, acme: Provider, fetch: ScriptedFetch) -> None:
    Provider.objects.update(dialect_name="anthropic", needs_key=True)
    ApiKey.objects.store(alice, acme.origin, Secret("sk-of-alice-0000"))

    answer = as_alice.post(f"{PAGE}{acme.pk}/key/check/", follow=True)

    assert fetch.calls == [(f"{URL}/models?limit=1", "sk-of-alice-0000")]
    assert "Acme accepts the key." in text(answer)
