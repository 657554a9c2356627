from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers.errors import NotSent, Refused
from providers.models import Provider
from tests.data_keys import data_keys, fresh
from tests.providers.scripted_fetch import ScriptedFetch

PAGE = "/settings/keys/"
KEY = "sk-CANARY-7f3a91c2"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def gateway(db: None) -> Provider:
    return Provider.objects.create(
        name="AI/ML API", slug="aimlapi", base_url="https://api.gateway.example/v1", dialect_name="aimlapi"
    )


@pytest.fixture
def team_provider(team: Team) -> Provider:
    return Provider.objects.create(name="Acme", team=team, base_url="https://acme.example/v1")


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch) -> ScriptedFetch:
    scripted = ScriptedFetch()
    monkeypatch.setattr("providers.client.fetch", scripted)
    return scripted


def saved(user: User, provider: Provider, key: str = KEY) -> ApiKey:
    return ApiKey.objects.store(user, provider.origin, Secret(key))


def key_url(provider: Provider) -> str:
    return f"/settings/providers/{provider.pk}/key/"


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_page_lists_providers_that_need_a_key_the_packaged_first(
    as_alice: Client, gateway: Provider, team_provider: Provider
) -> None:
    Provider.objects.create(name="A demo", slug="demo", base_url="https://demo.invalid/v1", needs_key=False)
    page = text(as_alice.get(PAGE))
    assert page.index("AI/ML API") < page.index("Acme")
    assert "A demo" not in page
    assert page.count("No key yet.") == 2


def test_a_saved_key_is_shown_by_its_last_four_characters(as_alice: Client, alice: User, gateway: Provider) -> None:
    answer = as_alice.post(key_url(gateway), {"key": f" {KEY}\n"}, follow=True)
    assert "••••91c2" in text(answer)
    assert "The key was saved." in text(answer)
    assert ApiKey.objects.of(alice).get().open().reveal() == KEY


def test_htmx_gets_the_card_alone(as_alice: Client, gateway: Provider) -> None:
    answer = as_alice.post(key_url(gateway), {"key": KEY}, headers=HTMX)
    assert text(answer).startswith("<article")
    assert "The key was saved." in text(answer)
    assert "••••91c2" in text(answer)


def test_a_team_mate_sees_the_provider_and_not_the_key(
    as_bob: Client, alice: User, bob: User, team_provider: Provider
) -> None:
    saved(alice, team_provider)
    assert "Acme" in text(as_bob.get(PAGE))
    assert "91c2" not in text(as_bob.get(PAGE))
    as_bob.post(key_url(team_provider), {"key": "sk-bob-has-his-own"})
    assert ApiKey.objects.of(alice).get().open().reveal() == KEY
    assert ApiKey.objects.of(bob).get().open().reveal() == "sk-bob-has-his-own"


def test_a_stranger_does_not_find_a_teams_provider(as_charlie: Client, team_provider: Provider) -> None:
    assert "Acme" not in text(as_charlie.get(PAGE))
    assert as_charlie.post(key_url(team_provider), {"key": KEY}).status_code == 404
    assert as_charlie.post(key_url(team_provider) + "check/").status_code == 404
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("client", ["as_bob", "as_charlie"])
def test_nobody_tests_or_deletes_the_key_of_another(
    request: pytest.FixtureRequest, client: str, alice: User, gateway: Provider, fetch: ScriptedFetch
) -> None:
    key = saved(alice, gateway)
    other: Client = request.getfixturevalue(client)
    assert other.post(f"/settings/keys/{key.pk}/delete/").status_code == 404
    assert other.post(key_url(gateway) + "check/").status_code == 404
    assert fetch.calls == []
    assert ApiKey.objects.filter(pk=key.pk).exists()


def test_whoever_is_not_signed_in_is_asked_to(as_nobody: Client, alice: User, gateway: Provider) -> None:
    key = saved(alice, gateway)
    urls = [key_url(gateway), key_url(gateway) + "check/", f"/settings/keys/{key.pk}/delete/"]
    answers = [as_nobody.get(PAGE), *(as_nobody.post(url, {"key": KEY}) for url in urls)]
    assert {(answer.status_code, answer["Location"].split("?")[0]) for answer in answers} == {(302, "/accounts/login/")}
    assert ApiKey.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("wrong", ["", "   ", "sk-CANARY with blanks", "sk-CANARY-é", "sk-CANARY-" + "x" * 500])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_what_is_no_key_is_refused_and_not_sent_back(
    as_alice: Client, gateway: Provider, wrong: str, headers: dict[str, str]
) -> None:
    answer = as_alice.post(key_url(gateway), {"key": wrong}, headers=headers)
    assert answer.status_code == 422
    assert "field-error" in text(answer)
    assert "CANARY" not in text(answer)
    assert not ApiKey.objects.exists()


def test_an_error_stands_only_beside_the_key_it_is_about(
    as_alice: Client, gateway: Provider, team_provider: Provider
) -> None:
    page = text(as_alice.post(key_url(team_provider), {"key": ""}))
    assert page.count("field-error") == 1
    assert f'id="key-{team_provider.pk}-error"' in page


def test_an_accepted_key_says_so_and_went_only_to_its_host(
    as_alice: Client, alice: User, gateway: Provider, fetch: ScriptedFetch
) -> None:
    saved(alice, gateway)
    answer = as_alice.post(key_url(gateway) + "check/", headers=HTMX)
    assert "AI/ML API accepts the key." in text(answer)
    assert fetch.calls == [("https://api.gateway.example/v1/key", KEY)]
    key = ApiKey.objects.get()
    assert (key.check_state, key.checked_at is not None) == (ApiKey.Check.ACCEPTED, True)


def test_a_rejected_key_says_so_and_what_to_do(
    as_alice: Client, alice: User, gateway: Provider, fetch: ScriptedFetch
) -> None:
    saved(alice, gateway)
    fetch.error = Refused("key_rejected", f"Incorrect API key provided: {KEY}", status=401)
    answer = as_alice.post(key_url(gateway) + "check/", follow=True)
    assert "The provider did not accept the API key. Replace the key, then try again." in text(answer)
    assert "CANARY" not in text(answer)
    assert ApiKey.objects.get().check_state == ApiKey.Check.REJECTED


def test_a_provider_that_cannot_be_reached_says_nothing_about_the_key(
    as_alice: Client, alice: User, gateway: Provider, fetch: ScriptedFetch
) -> None:
    saved(alice, gateway).record_check(ApiKey.Check.ACCEPTED)
    fetch.error = NotSent("connect_failed")
    answer = as_alice.post(key_url(gateway) + "check/", headers=HTMX)
    assert "The provider cannot be reached." in text(answer)
    assert ApiKey.objects.get().check_state == ApiKey.Check.ACCEPTED


def test_a_new_key_has_not_been_tested(as_alice: Client, alice: User, gateway: Provider) -> None:
    saved(alice, gateway).record_check(ApiKey.Check.ACCEPTED)
    assert "Not tested yet." in text(as_alice.post(key_url(gateway), {"key": "sk-another-key-0000"}, headers=HTMX))


def test_a_key_is_deleted_with_one_click(as_alice: Client, alice: User, gateway: Provider) -> None:
    key = saved(alice, gateway)
    answer = as_alice.post(f"/settings/keys/{key.pk}/delete/", headers=HTMX)
    assert "The key was deleted from this server." in text(answer)
    assert "No key yet." in text(answer)
    assert not ApiKey.objects.exists()


def test_providers_at_one_address_share_a_key_and_the_page_says_so(
    as_alice: Client, alice: User, gateway: Provider, team: Team
) -> None:
    neighbour = Provider.objects.create(name="Beta", team=team, base_url="https://API.gateway.example:443/beta")
    saved(alice, neighbour)
    page = text(as_alice.get(PAGE))
    assert "AI/ML API, Beta" in page
    assert "share the key" in page
    assert page.count("<article") == 1


def test_a_key_that_no_provider_uses_any_more_can_be_deleted(
    as_alice: Client, alice: User, team_provider: Provider
) -> None:
    key = saved(alice, team_provider)
    team_provider.delete()
    page = text(as_alice.get(PAGE))
    assert "No provider any more" in page
    assert "Test key" not in page
    answer = as_alice.post(f"/settings/keys/{key.pk}/delete/", headers=HTMX)
    assert "The key was deleted" in text(answer)


def test_a_key_whose_data_key_is_lost_asks_to_be_entered_again(
    as_alice: Client, alice: User, gateway: Provider, fetch: ScriptedFetch
) -> None:
    saved(alice, gateway)
    with data_keys(fresh("other")):
        page = as_alice.get(PAGE)
        tested = as_alice.post(key_url(gateway) + "check/", headers=HTMX)
        again = as_alice.post(key_url(gateway), {"key": KEY}, headers=HTMX)
    assert page.status_code == 200
    assert "enter it again" in text(page)
    assert "Your stored API key cannot be read any more." in text(tested)
    assert "••••91c2" in text(again)
    assert fetch.calls == []


def test_nothing_of_the_page_is_kept_by_browsers_or_proxies(as_alice: Client, alice: User, gateway: Provider) -> None:
    answers = [as_alice.get(PAGE), as_alice.post(key_url(gateway), {"key": KEY}), as_alice.post(key_url(gateway))]
    assert all("no-store" in answer["Cache-Control"] for answer in answers)


def test_changes_need_a_post(as_alice: Client, alice: User, gateway: Provider) -> None:
    key = saved(alice, gateway)
    for url in (key_url(gateway), key_url(gateway) + "check/", f"/settings/keys/{key.pk}/delete/"):
        assert as_alice.get(url).status_code == 405


def test_a_form_from_elsewhere_is_refused(alice: User, gateway: Provider) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(key_url(gateway), {"key": KEY}).status_code == 403
