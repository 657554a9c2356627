"""Keys at a provider, managed with a management key: the recorded answers over real connections."""

import json
import logging
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers.models import Provider
from tests.faultserver import WIRE, FaultServer

KEY = "ordinary-CANARY-0001"
MANAGEMENT = "management-CANARY-0002"
NEW = "b747e891000000000000000000000000"
HTMX = {"HX-Request": "true"}
SCOPES = "model:chat model:responses"
FIELDS = {"name": "20260202-key-for-llms", "threshold": "25", "retention": "week", "scopes": SCOPES}


@pytest.fixture
def gateway(team: Team, faults: FaultServer) -> Provider:
    faults.place_fixture("GET", "/v1/keys", "keys-list-response.json")
    faults.place_fixture("POST", "/v1/keys", "keys-create-response.json")
    faults.place_fixture("PATCH", "/v1/keys/b747e891", "keys-update-response.json")
    faults.place_fixture("DELETE", "/v1/keys/b747e891", "keys-delete-response.json")
    return Provider.objects.create(name="Gateway", team=team, base_url=faults.base_url, dialect_name="aimlapi")


@pytest.fixture
def url(alice: User, gateway: Provider) -> str:
    """The page of an alice who has a key and a management key."""
    key = ApiKey.objects.store(alice, gateway.origin, Secret(KEY))
    ApiKey.objects.store(alice, gateway.origin, Secret(MANAGEMENT), ApiKey.Kind.MANAGEMENT)
    return f"/settings/keys/{key.pk}/managed/"


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_keys_are_listed_with_the_management_key(as_alice: Client, url: str, faults: FaultServer) -> None:
    page = text(as_alice.get(url))
    assert "1 key, the oldest first" in page
    assert "20260202-key-for-llms" in page
    assert "25 USD, begins anew: <code>no_reset</code>" in page
    [request] = faults.requests
    assert (request.method, request.path, request.authorization) == ("GET", "/v1/keys", f"Bearer {MANAGEMENT}")


def test_a_long_list_keeps_its_order_and_says_where_it_ends(as_alice: Client, url: str, faults: FaultServer) -> None:
    faults.place("GET", "/v1/keys", 200, {"data": [{"prefix": f"key{number:05}"} for number in range(250)]})
    page = text(as_alice.get(url))
    assert "250 keys, the oldest first; the first 200 are shown" in page
    assert page.index("key00000") < page.index("key00199")
    assert "key00200" not in page


def test_a_new_key_is_asked_for_as_documented_and_shown_once(as_alice: Client, url: str, faults: FaultServer) -> None:
    page = text(as_alice.post(url, {**FIELDS, "client_token": "one"}))
    [request] = faults.requests
    assert request.json == json.loads((WIRE / "request-keys-create.json").read_bytes())
    assert request.authorization == f"Bearer {MANAGEMENT}"
    assert NEW in page
    assert "Use as my key" in page
    assert NEW not in text(as_alice.get(url))


def test_the_same_form_again_makes_no_second_key(as_alice: Client, url: str, faults: FaultServer) -> None:
    for _ in range(2):
        answer = as_alice.post(url, {**FIELDS, "client_token": "one"}, follow=True)
    assert [request.method for request in faults.requests] == ["POST", "GET"]
    assert "That key was made already" in text(answer)
    assert NEW not in text(answer)


def test_a_new_key_can_take_the_place_of_mine(
    as_alice: Client, alice: User, url: str, gateway: Provider, faults: FaultServer
) -> None:
    as_alice.post(f"/settings/providers/{gateway.pk}/key/", {"key": NEW})
    used = gateway.key_of(alice)
    assert used
    assert used.open().reveal() == NEW
    assert ApiKey.objects.managing(alice).get().open().reveal() == MANAGEMENT


def test_a_key_without_wishes_is_left_to_the_provider(as_alice: Client, url: str, faults: FaultServer) -> None:
    as_alice.post(url, {})
    assert faults.requests[0].json == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"threshold": "lots", "retention": "week"}, "Enter an amount"),
        ({"threshold": "-1", "retention": "week"}, "greater than or equal to 0"),
        ({"threshold": "5"}, "A limit needs both"),
        ({"retention": "week"}, "A limit needs both"),
        ({"retention": "every other week"}, "Enter one word"),
        ({"scopes": "model:chat; rm -rf"}, "Enter scopes such as model:chat"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_kept(
    as_alice: Client, url: str, faults: FaultServer, wrong: dict[str, str], sentence: str
) -> None:
    answer = as_alice.post(url, {"name": "mine", **wrong})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert 'value="mine"' in text(answer)
    assert "POST" not in {request.method for request in faults.requests}


def test_a_refusal_is_told_in_the_providers_words(as_alice: Client, url: str, faults: FaultServer) -> None:
    faults.place("POST", "/v1/keys", 400, {"message": "retention <b>must</b> be one of day, week"})
    answer = as_alice.post(url, FIELDS)
    assert answer.status_code == 422
    assert "retention &lt;b&gt;must&lt;/b&gt; be one of day, week" in text(answer)
    assert 'value="20260202-key-for-llms"' in text(answer)


def test_of_a_key_whose_making_broke_off_nobody_knows(as_alice: Client, url: str, faults: FaultServer) -> None:
    faults.place("POST", "/v1/keys", 500, {"message": "our mistake"})
    assert "It is not known whether the key was made" in text(as_alice.post(url, FIELDS))


@pytest.mark.parametrize("body", [b"{}", b'{"data": {}}', b'{"data": {"key": 7}}', b"nothing"])
def test_an_answer_without_the_new_key_is_not_taken_for_one(
    as_alice: Client, url: str, faults: FaultServer, body: bytes
) -> None:
    faults.place("POST", "/v1/keys", 200, body)
    answer = as_alice.post(url, FIELDS)
    assert answer.status_code == 422
    assert "It is not known whether the key was made" in text(answer)


def test_a_key_is_changed_by_its_prefix(as_alice: Client, url: str, faults: FaultServer) -> None:
    fields = {"name": "renamed", "disabled": "on", "threshold": "2.50", "retention": "no_reset", "scopes": ""}
    answer = as_alice.post(
        f"{url}b747e891/", {f"b747e891-{name}": value for name, value in fields.items()}, headers=HTMX
    )
    [request] = faults.requests
    assert (request.method, request.path) == ("PATCH", "/v1/keys/b747e891")
    limit = {"retention": "no_reset", "threshold": 2.5}
    assert request.json == {"name": "renamed", "disabled": True, "limit": limit}
    assert text(answer).startswith("<article")
    assert "20260202-key-for-llms (b747e891…) was changed." in text(answer)


def test_a_change_that_cannot_be_made_keeps_what_was_written(as_alice: Client, url: str, faults: FaultServer) -> None:
    faults.place("PATCH", "/v1/keys/b747e891", 404, {"message": "no such key"})
    answer = as_alice.post(f"{url}b747e891/", {"b747e891-name": "renamed"}, headers=HTMX)
    assert answer.status_code == 422
    assert "it may be gone" in text(answer)
    assert 'value="renamed"' in text(answer)


def test_deleting_names_the_key_and_takes_two_steps(as_alice: Client, url: str, faults: FaultServer) -> None:
    page = text(as_alice.get(url))
    assert "<summary>Delete 20260202-key-for-llms (b747e891…)…</summary>" in page
    assert "Delete 20260202-key-for-llms (b747e891…) for good" in page
    answer = as_alice.post(f"{url}b747e891/delete/", follow=True)
    assert "b747e891… was deleted at the provider." in text(answer)
    assert ("DELETE", "/v1/keys/b747e891") in {(request.method, request.path) for request in faults.requests}


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (200, {"data": {"prefix": "b747e891", "deleted": False}}, "did not say that b747e891… is gone"),
        (404, {"message": "no such key"}, "b747e891… was not deleted."),
        (401, {"message": "bad key"}, "The provider did not accept this key."),
        (500, {}, "It is not known whether the key was deleted"),
    ],
)
def test_what_was_not_deleted_is_not_said_to_be(
    as_alice: Client, url: str, faults: FaultServer, status: int, body: object, sentence: str
) -> None:
    faults.place("DELETE", "/v1/keys/b747e891", status, body)
    page = text(as_alice.post(f"{url}b747e891/delete/", follow=True))
    assert sentence in page
    assert "was deleted at the provider" not in page


def test_a_management_key_that_is_refused_is_said_and_remembered(
    as_alice: Client, alice: User, url: str, faults: FaultServer
) -> None:
    faults.place("GET", "/v1/keys", 401, {"message": f"bad key {MANAGEMENT}"})
    page = text(as_alice.get(url))
    assert "The keys could not be listed. The provider did not accept this key." in page
    assert "CANARY" not in page
    assert ApiKey.objects.managing(alice).get().check_state == ApiKey.Check.REJECTED
    assert ApiKey.objects.of(alice).get().check_state == ApiKey.Check.UNTRIED


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"prefix": "../key", "name": None, "scopes": "all", "limit": 3, "created_at": "yesterday"},
        {"prefix": "abc", "limit": {"threshold": 1e400, "retention": None}, "monthly_usage": "much", "disabled": 1},
        {"prefix": "abc", "name": "<script>alert(1)</script>", "scopes": [None, 7, "<b>"], "created_at": 5},
    ],
)
def test_a_key_of_another_form_is_listed_with_what_can_be_read(
    as_alice: Client, url: str, faults: FaultServer, item: dict[str, object]
) -> None:
    faults.place("GET", "/v1/keys", 200, {"data": [item, "no key", {"prefix": "def0"}]})
    answer = as_alice.get(url)
    assert answer.status_code == 200
    assert "2 keys" in text(answer)
    assert "def0…" in text(answer)
    assert "<script>alert" not in text(answer)


def test_a_prefix_that_would_lead_elsewhere_is_no_key(as_alice: Client, url: str, faults: FaultServer) -> None:
    for prefix in ("..", "a%2e%2e", "a b"):
        assert as_alice.post(f"{url}{prefix}/delete/").status_code == 404
    assert faults.requests == []


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_nobody_manages_with_the_key_of_another(
    request: pytest.FixtureRequest, who: str, url: str, faults: FaultServer
) -> None:
    client: Client = request.getfixturevalue(who)
    assert client.get(url).status_code == 404
    for address in (url, f"{url}b747e891/", f"{url}b747e891/delete/"):
        assert client.post(address, FIELDS).status_code == 404
    assert faults.requests == []


def test_whoever_is_not_signed_in_is_asked_to(as_nobody: Client, url: str, faults: FaultServer) -> None:
    answers = [as_nobody.get(url), as_nobody.post(url, FIELDS), as_nobody.post(f"{url}b747e891/delete/")]
    assert {answer["Location"].split("?")[0] for answer in answers} == {"/accounts/login/"}
    assert faults.requests == []


def test_without_a_management_key_there_is_nothing_to_manage(as_alice: Client, alice: User, url: str) -> None:
    ApiKey.objects.managing(alice).delete()
    assert as_alice.get(url).status_code == 404


def test_no_key_is_in_a_log_a_page_or_a_header(
    as_alice: Client, url: str, faults: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        made = as_alice.post(url, FIELDS)
        others = [
            as_alice.get(url),
            as_alice.post(f"{url}b747e891/", {"b747e891-name": "x"}),
            as_alice.post(f"{url}b747e891/delete/"),
            as_alice.get(url.removesuffix("managed/")),
        ]
    assert "CANARY" not in caplog.text
    assert NEW not in caplog.text
    assert "CANARY" not in made.content.decode()
    assert all(secret not in text(other) + str(other.headers) for other in others for secret in ("CANARY", NEW))
    assert all("no-store" in answer["Cache-Control"] for answer in [made, *others])
