"""A key with a name one can search for, through success and failure, and then looked for everywhere."""

import logging
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from accounts.models import ApiKey, Team, User
from providers.errors import Broken, NotSent, Refused
from providers.models import Provider
from tests.providers.scripted_fetch import ScriptedFetch

CANARY = "sk-CANARY-4be19d07"
# What must not be found: the middle of it. Its end is what a person may see.
NEEDLE = "CANARY"

FAILURES = [
    None,
    Refused("key_rejected", f"Incorrect API key provided: {CANARY}", status=401),
    Refused("not_allowed", f"{CANARY} is disabled", status=403),
    NotSent("unknown_host"),
    Broken("not_an_api"),
]


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


@pytest.fixture
def provider(team: Team) -> Provider:
    return Provider.objects.create(name="Acme", team=team, base_url="https://acme.example/v1")


def rows() -> Iterator[str]:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            yield from (repr(row) for row in cursor.fetchall())


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.kind.name if failure else "success")
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_a_key_is_in_no_page_no_log_no_table_and_no_repr(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    as_alice: Client,
    alice: User,
    provider: Provider,
    failure: Refused | None,
    headers: dict[str, str],
) -> None:
    fetch = ScriptedFetch()
    fetch.error = failure
    monkeypatch.setattr("providers.client.fetch", fetch)
    key_url, provider_url = f"/settings/providers/{provider.pk}/key/", f"/settings/providers/{provider.pk}/"
    answers = [
        as_alice.post(key_url, {"key": CANARY}, headers=headers),
        as_alice.post(key_url + "check/", headers=headers),
        as_alice.post(key_url, {"key": f"{CANARY} x"}, headers=headers),
        as_alice.get("/settings/keys/"),
        as_alice.get("/settings/providers/"),
        as_alice.post(provider_url, {"name": "Acme", "base_url": "https://acme.example/v2", "needs_key": "on"}),
        as_alice.get("/settings/providers/"),
    ]
    key = ApiKey.objects.of(alice).get()
    assert key.open().reveal() == CANARY
    assert {sent for _, sent in fetch.calls} == {CANARY}
    assert not [answer for answer in answers if NEEDLE in answer.content.decode() + str(answer.headers)]
    assert not [row for row in rows() if NEEDLE in row]
    assert NEEDLE not in caplog.text
    assert NEEDLE not in f"{key!r} {key.open()!r} {vars(key)}"


def test_the_page_of_a_programming_error_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, as_alice: Client, provider: Provider
) -> None:
    as_alice.raise_request_exception = False

    def fail(*args: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("accounts.models.api_key.ApiKeyQuerySet.store", fail)
    answer = as_alice.post(f"/settings/providers/{provider.pk}/key/", {"key": CANARY})
    assert answer.status_code == 500
    assert "a mistake of ours" in caplog.text
    assert NEEDLE not in caplog.text + answer.content.decode()
