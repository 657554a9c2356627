from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, Membership, Team, User
from accounts.secret import Secret
from providers.errors import NotSent
from providers.models import Provider
from tests.providers.scripted_fetch import ScriptedFetch

PAGE = "/settings/providers/"
# An address needs no look-up, so that no test asks a name server.
URL = "https://93.184.215.14/v1"
NEW = {"name": "Acme", "base_url": URL, "needs_key": ""}


@pytest.fixture
def gateway(db: None) -> Provider:
    return Provider.objects.create(
        name="AI/ML API", slug="aimlapi", base_url="https://api.gateway.example/v1", dialect_name="aimlapi"
    )


@pytest.fixture
def acme(team: Team) -> Provider:
    return Provider.objects.create(name="Acme", team=team, base_url=URL)


@pytest.fixture(autouse=True)
def fetch(monkeypatch: pytest.MonkeyPatch) -> ScriptedFetch:
    scripted = ScriptedFetch()
    scripted.body = b'{"data": [{"id": "acme/one"}, {"id": "acme/two"}]}'
    monkeypatch.setattr("providers.client.fetch", scripted)
    return scripted


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_person_adds_a_provider_for_themselves(as_alice: Client, alice: User, fetch: ScriptedFetch) -> None:
    answer = as_alice.post(PAGE, NEW, follow=True)
    provider = Provider.objects.get()
    assert (provider.name, provider.team, provider.needs_key) == ("Acme", alice.personal_team, False)
    assert "Models found: 2." in text(answer)
    assert fetch.calls == [(f"{URL}/models", None)]
    assert provider.models.count() == 2


def test_a_keeper_adds_a_provider_for_the_team(as_alice: Client, as_bob: Client, team: Team) -> None:
    as_alice.post(PAGE, {**NEW, "team": team.pk})
    assert Provider.objects.get().team == team
    assert "Acme" in text(as_bob.get(PAGE))


@pytest.mark.parametrize("whose", ["a member's", "a stranger's"])
def test_nobody_adds_a_provider_to_a_team_they_do_not_keep(
    request: pytest.FixtureRequest, team: Team, whose: str
) -> None:
    client: Client = request.getfixturevalue("as_bob" if whose == "a member's" else "as_charlie")
    assert client.post(PAGE, {**NEW, "team": team.pk}).status_code == 422
    assert not Provider.objects.exists()


def test_a_provider_whose_models_cannot_be_read_stays_and_says_why(as_alice: Client, fetch: ScriptedFetch) -> None:
    fetch.error = NotSent("connect_failed")
    answer = as_alice.post(PAGE, NEW, follow=True)
    assert "Its models could not be read. The provider cannot be reached." in text(answer)
    assert URL in text(answer)


def test_a_provider_that_needs_a_key_is_not_asked_without_one(as_alice: Client, fetch: ScriptedFetch) -> None:
    answer = as_alice.post(PAGE, {**NEW, "needs_key": "on"}, follow=True)
    assert "Enter your API key for it under Keys" in text(answer)
    assert fetch.calls == []


def test_a_provider_at_a_known_address_is_asked_with_the_key_for_it(
    as_alice: Client, alice: User, acme: Provider, fetch: ScriptedFetch
) -> None:
    ApiKey.objects.store(alice, acme.origin, Secret("sk-of-alice-0000"))
    as_alice.post(PAGE, {**NEW, "name": "Acme two", "needs_key": "on"})
    assert fetch.calls == [(f"{URL}/models", "sk-of-alice-0000")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"base_url": ""},
        {"base_url": "nonsense"},
        {"base_url": "http://93.184.215.14/v1"},
        {"base_url": "https://127.0.0.1/v1"},
        {"base_url": "https://169.254.169.254/latest"},
        {"base_url": "https://[::1]/v1"},
        {"base_url": "https://2130706433/v1"},
        {"base_url": "https://user:password@93.184.215.14/v1"},
        {"base_url": "file:///etc/passwd"},
        {"base_url": f"{URL}?key=1"},
        {"base_url": f"{URL}#v1"},
        {"team": "999"},
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused_and_the_rest_is_kept(
    as_alice: Client, fetch: ScriptedFetch, wrong: dict[str, str]
) -> None:
    typed = {**NEW, "name": "Typed name", **wrong}
    answer = as_alice.post(PAGE, typed)
    assert answer.status_code == 422
    assert "field-error" in text(answer)
    assert typed["name"] in text(answer)
    assert not Provider.objects.exists()
    assert fetch.calls == []


def test_packaged_providers_are_marked_and_nobody_changes_them(as_alice: Client, gateway: Provider) -> None:
    page = text(as_alice.get(PAGE))
    assert "comes with the playground" in page
    assert "Edit AI/ML API" not in page
    assert as_alice.post(f"{PAGE}{gateway.pk}/", NEW).status_code == 404
    assert as_alice.post(f"{PAGE}{gateway.pk}/delete/").status_code == 404
    gateway.refresh_from_db()
    assert gateway.base_url == "https://api.gateway.example/v1"


def test_a_keeper_changes_a_provider(as_alice: Client, acme: Provider) -> None:
    assert "Acme" in text(as_alice.get(f"{PAGE}{acme.pk}/"))
    answer = as_alice.post(
        f"{PAGE}{acme.pk}/", {"name": "Acme 2", "base_url": f"{URL}/", "needs_key": "on"}, follow=True
    )
    acme.refresh_from_db()
    assert (acme.name, acme.base_url) == ("Acme 2", URL)
    assert "Keys for" not in text(answer)


def test_a_key_is_not_used_at_a_new_address(
    as_alice: Client, alice: User, acme: Provider, fetch: ScriptedFetch
) -> None:
    ApiKey.objects.store(alice, acme.origin, Secret("sk-of-alice-0000"))
    moved = {"name": "Acme", "base_url": "https://93.184.215.15/v1", "needs_key": "on"}
    answer = as_alice.post(f"{PAGE}{acme.pk}/", moved, follow=True)
    acme.refresh_from_db()
    assert "Keys for https://93.184.215.14:443 are not sent to https://93.184.215.15:443." in text(answer)
    assert acme.key_of(alice) is None
    assert fetch.calls == []


def test_a_wrong_change_is_refused_and_kept_in_the_form(as_alice: Client, acme: Provider) -> None:
    answer = as_alice.post(f"{PAGE}{acme.pk}/", {"name": "Acme 2", "base_url": "https://10.0.0.1/v1"})
    assert answer.status_code == 422
    assert "Acme 2" in text(answer)
    acme.refresh_from_db()
    assert (acme.name, acme.base_url) == ("Acme", URL)


def test_a_keeper_deletes_a_provider(as_alice: Client, acme: Provider) -> None:
    answer = as_alice.post(f"{PAGE}{acme.pk}/delete/", follow=True)
    assert "Acme was deleted." in text(answer)
    assert not Provider.objects.exists()


def test_a_team_mate_sees_a_provider_and_does_not_change_it(as_bob: Client, acme: Provider) -> None:
    page = text(as_bob.get(PAGE))
    assert "Acme" in page
    assert "Edit Acme" not in page
    assert as_bob.get(f"{PAGE}{acme.pk}/").status_code == 404
    assert as_bob.post(f"{PAGE}{acme.pk}/delete/").status_code == 404


def test_a_team_mate_who_becomes_a_keeper_may_change_it(as_bob: Client, bob: User, acme: Provider) -> None:
    Membership.objects.filter(user=bob, team=acme.team).update(role=Membership.Role.KEEPER)
    assert as_bob.get(f"{PAGE}{acme.pk}/").status_code == 200


def test_a_stranger_does_not_find_it(as_charlie: Client, acme: Provider) -> None:
    assert "Acme" not in text(as_charlie.get(PAGE))
    assert as_charlie.get(f"{PAGE}{acme.pk}/").status_code == 404
    assert as_charlie.post(f"{PAGE}{acme.pk}/", NEW).status_code == 404
    assert as_charlie.post(f"{PAGE}{acme.pk}/delete/").status_code == 404
    assert Provider.objects.filter(pk=acme.pk).exists()


def test_whoever_is_not_signed_in_is_asked_to(as_nobody: Client, acme: Provider) -> None:
    urls = [PAGE, f"{PAGE}{acme.pk}/", f"{PAGE}{acme.pk}/delete/"]
    answers = [as_nobody.post(url, NEW) for url in urls]
    assert {(answer.status_code, answer["Location"].split("?")[0]) for answer in answers} == {(302, "/accounts/login/")}
