"""The account behind a key, over real connections with the recorded answers."""

import pytest
from django.test import Client

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers.models import Provider
from tests.faultserver import FaultServer, dead_port

KEY = "b747e891-CANARY-0001"
MANAGEMENT = "management-CANARY-0002"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def gateway(team: Team, faults: FaultServer) -> Provider:
    """A gateway that alice's team shares, and that answers as the real one was recorded."""
    faults.place_fixture("GET", "/v2/billing", "billing-v2.json")
    faults.place_fixture("GET", "/v1/key", "keys-get-current-response.json")
    return Provider.objects.create(name="Gateway", team=team, base_url=faults.base_url, dialect_name="aimlapi")


@pytest.fixture
def key(alice: User, gateway: Provider) -> ApiKey:
    return ApiKey.objects.store(alice, gateway.origin, Secret(KEY))


def page_of(client: Client, key: ApiKey, query: str = "?read=1") -> str:
    return " ".join(client.get(f"/settings/keys/{key.pk}/{query}").content.decode().split())


def test_the_page_itself_asks_nobody_and_waits_for_nobody(as_alice: Client, key: ApiKey, faults: FaultServer) -> None:
    page = page_of(as_alice, key, "")
    assert "Asking the provider…" in page
    assert 'hx-trigger="load"' in page
    assert faults.requests == []


def test_balance_and_limit_are_shown_with_the_time_they_were_read(
    as_alice: Client, key: ApiKey, faults: FaultServer
) -> None:
    page = page_of(as_alice, key)
    assert "<strong>123.45 USD</strong>" in page
    assert "20260202-key-for-llms" in page
    assert "25 USD, begins anew: <code>no_reset</code>" in page
    assert "<code>model:chat</code>" in page
    assert "The provider does not say in which unit" in page
    assert "UTC with your key" in page
    asked = {(request.method, request.path, request.authorization) for request in faults.requests}
    assert asked == {("GET", path, f"Bearer {KEY}") for path in ("/v2/billing", "/v1/key")}


def test_htmx_gets_the_reading_alone(as_alice: Client, key: ApiKey) -> None:
    answer = as_alice.get(f"/settings/keys/{key.pk}/?read=1", headers=HTMX).content.decode()
    assert "<html" not in answer
    assert "123.45" in answer
    assert 'hx-trigger="load"' not in answer


def test_a_balance_that_cannot_be_read_leaves_the_key_as_it_is(
    as_alice: Client, key: ApiKey, faults: FaultServer
) -> None:
    faults.place("GET", "/v2/billing", 500, {"message": "our mistake"})
    page = page_of(as_alice, key)
    assert "The balance could not be read. The provider had an error of its own." in page
    assert "20260202-key-for-llms" in page


def test_a_key_that_is_refused_leaves_the_balance_as_it_is(as_alice: Client, key: ApiKey, faults: FaultServer) -> None:
    faults.place("GET", "/v1/key", 401, {"message": f"bad key {KEY}"})
    page = page_of(as_alice, key)
    assert "Its status could not be read. The provider did not accept this key." in page
    assert "123.45" in page
    assert "CANARY" not in page
    assert ApiKey.objects.get().check_state == ApiKey.Check.REJECTED


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"data": []}', b"not json", b"<html>sign in</html>", b""])
def test_an_answer_of_another_form_is_a_sentence_and_no_figure(
    as_alice: Client, key: ApiKey, faults: FaultServer, body: bytes
) -> None:
    for path in ("/v2/billing", "/v1/key"):
        faults.place("GET", path, 200, body)
    page = page_of(as_alice, key)
    assert "The balance could not be read." in page
    assert "Its status could not be read." in page


def test_a_provider_that_is_not_there_is_said_twice_in_plain_words(as_alice: Client, alice: User, key: ApiKey) -> None:
    with dead_port() as port:
        Provider.objects.update(base_url=f"http://127.0.0.1:{port}/v1")
        gone = ApiKey.objects.store(alice, f"http://127.0.0.1:{port}", Secret(KEY))
        page = page_of(as_alice, gone)
    # Nobody allowed that port.
    assert page.count("This server does not connect to that address.") == 2


def test_a_description_of_another_key_is_called_so(as_alice: Client, alice: User, gateway: Provider) -> None:
    other = ApiKey.objects.store(alice, gateway.origin, Secret("0000aaaa-CANARY-0003"))
    assert "The provider described the key b747e891…, which is not the one that asked." in page_of(as_alice, other)


def test_of_another_kind_of_provider_the_page_says_what_is_known(
    as_alice: Client, key: ApiKey, gateway: Provider, faults: FaultServer
) -> None:
    Provider.objects.update(dialect_name="openai")
    page = page_of(as_alice, key)
    assert "only its provider can say" in page
    assert "••••0001" in page
    assert "Management key" not in page
    assert faults.requests == []


def test_a_key_whose_data_key_is_lost_is_said_to_be_unreadable(as_alice: Client, key: ApiKey) -> None:
    ApiKey.objects.update(sealed="v1:gone:x")
    assert "Your stored API key cannot be read any more." in page_of(as_alice, key)


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_nobody_sees_the_account_behind_the_key_of_another(
    request: pytest.FixtureRequest, who: str, key: ApiKey, faults: FaultServer
) -> None:
    client: Client = request.getfixturevalue(who)
    urls = [f"/settings/keys/{key.pk}/", f"/settings/keys/{key.pk}/?read=1"]
    assert {client.get(url).status_code for url in urls} == {404}
    assert client.post(f"/settings/keys/{key.pk}/management/", {"key": MANAGEMENT}).status_code == 404
    assert client.post(f"/settings/keys/{key.pk}/management/delete/").status_code == 404
    assert faults.requests == []


def test_whoever_is_not_signed_in_is_asked_to(as_nobody: Client, key: ApiKey) -> None:
    answer = as_nobody.get(f"/settings/keys/{key.pk}/")
    assert answer["Location"].startswith("/accounts/login/")


def test_the_page_of_keys_leads_there(as_alice: Client, key: ApiKey) -> None:
    assert f'href="/settings/keys/{key.pk}/"' in as_alice.get("/settings/keys/").content.decode()


# The management key


def test_a_management_key_is_a_key_of_its_own_which_no_run_sees(
    as_alice: Client, alice: User, key: ApiKey, gateway: Provider
) -> None:
    answer = as_alice.post(f"/settings/keys/{key.pk}/management/", {"key": MANAGEMENT}, follow=True)
    page = answer.content.decode()
    assert "••••0002" in page
    assert "CANARY" not in page
    assert ApiKey.objects.managing(alice).get().open().reveal() == MANAGEMENT
    used = gateway.key_of(alice)
    assert used
    assert used.open().reveal() == KEY


def test_a_management_key_that_is_turned_into_another_does_not_open(alice: User, gateway: Provider) -> None:
    management = ApiKey.objects.store(alice, gateway.origin, Secret(MANAGEMENT), ApiKey.Kind.MANAGEMENT)
    ApiKey.objects.filter(pk=management.pk).update(kind=ApiKey.Kind.CALLS)
    turned = gateway.key_of(alice)
    assert turned
    assert not turned.is_readable


def test_what_is_no_management_key_is_refused_and_not_sent_back(as_alice: Client, key: ApiKey) -> None:
    answer = as_alice.post(f"/settings/keys/{key.pk}/management/", {"key": "CANARY with blanks"})
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    assert "CANARY" not in answer.content.decode()


def test_a_management_key_can_be_deleted_and_is_found_when_it_is_the_last(
    as_alice: Client, alice: User, gateway: Provider
) -> None:
    management = ApiKey.objects.store(alice, gateway.origin, Secret(MANAGEMENT), ApiKey.Kind.MANAGEMENT)
    Provider.objects.all().delete()
    assert f'href="/settings/keys/{management.pk}/"' in as_alice.get("/settings/keys/").content.decode()
    answer = as_alice.post(f"/settings/keys/{management.pk}/management/delete/", follow=True)
    assert "The management key was deleted from this server." in answer.content.decode()
    assert not ApiKey.objects.exists()
