"""Every provider's list is read once a day by one process, quietly, with a key only where it needs one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers import client, refreshing
from providers.dialects import Dialect
from providers.errors import NotSent, ProviderError, Refused
from providers.models import Provider

pytestmark = pytest.mark.django_db

LIST = b'{"data": [{"id": "one"}, {"id": "two"}]}'
Says = Callable[[str | None], bytes]


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", dialect_name="openai")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> "Asked":
    return Asked(monkeypatch)


class Asked:
    """Every list there is, and the keys that were sent for it; `says` decides what a key is answered with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[str | None] = []
        self.says: Says = lambda key: LIST
        monkeypatch.setattr(client, "fetch", self.fetch)

    async def fetch(self, url: str, dialect: Dialect, key: Secret | None) -> bytes:
        written = key.reveal() if key else None
        self.keys.append(written)
        return self.says(written)

    def only_for(self, *keys: str) -> None:
        def says(key: str | None) -> bytes:
            if key in keys:
                return LIST
            raise Refused("key_rejected", status=401)

        self.says = says

    def fails_with(self, error: ProviderError) -> None:
        def says(key: str | None) -> bytes:
            raise error

        self.says = says


def test_a_list_is_read_and_then_not_again_for_a_day(own: Provider, asked: Asked) -> None:
    assert (refreshing.refresh_due(), refreshing.refresh_due()) == (1, 0)
    assert own.models.count() == 2

    Provider.objects.update(refresh_due_at=timezone.now() - timedelta(seconds=1))

    assert refreshing.refresh_due() == 1


def test_what_another_process_has_taken_is_left_to_it(own: Provider, asked: Asked) -> None:
    seen = Provider.objects.get(pk=own.pk)
    refreshing.refresh_due()

    assert not refreshing._claim(seen)


def test_no_key_is_used_where_the_list_needs_none(own: Provider, asked: Asked, alice: User) -> None:
    ApiKey.objects.store(alice, own.origin, Secret("sk-CANARY-of-alice"))

    refreshing.refresh_due()

    assert asked.keys == [None]


def test_where_the_list_needs_one_the_key_of_somebody_who_may_use_it_is_sent(
    own: Provider, asked: Asked, alice: User, bob: User, charlie: User
) -> None:
    ApiKey.objects.store(alice, own.origin, Secret("sk-CANARY-of-alice"))
    ApiKey.objects.store(charlie, own.origin, Secret("sk-CANARY-of-charlie"))
    ApiKey.objects.store(bob, "https://elsewhere.example", Secret("sk-CANARY-of-bob"))
    asked.only_for("sk-CANARY-of-alice")

    assert refreshing.refresh_due() == 1
    assert asked.keys == [None, "sk-CANARY-of-alice"]


def test_a_rejected_key_and_one_of_somebody_who_left_are_not_tried(
    own: Provider, asked: Asked, alice: User, bob: User
) -> None:
    ApiKey.objects.store(alice, own.origin, Secret("sk-CANARY-of-alice")).record_check(ApiKey.Check.REJECTED)
    ApiKey.objects.store(bob, own.origin, Secret("sk-CANARY-of-bob"))
    User.objects.filter(pk=bob.pk).update(is_active=False)
    asked.only_for()

    refreshing.refresh_due()

    assert asked.keys == [None]


def test_a_failure_is_quiet_recorded_shown_and_tried_again_sooner(
    own: Provider, asked: Asked, as_alice: Client
) -> None:
    asked.fails_with(NotSent("connect_failed"))

    assert refreshing.refresh_due() == 0

    own.refresh_from_db()
    assert own.refresh_error == "connect_failed"
    assert own.refresh_due_at is not None
    assert own.refresh_due_at < timezone.now() + timedelta(hours=2)
    assert "The provider cannot be reached." in as_alice.get("/models/").content.decode()


def test_a_success_forgets_the_failure(own: Provider, asked: Asked, as_alice: Client) -> None:
    Provider.objects.filter(pk=own.pk).update(refresh_error="connect_failed")

    refreshing.refresh_due()

    own.refresh_from_db()
    assert own.refresh_error == ""


def test_one_provider_that_fails_keeps_no_other_from_being_read(own: Provider, asked: Asked, team: Team) -> None:
    other = Provider.objects.create(name="Other", team=team, base_url="https://other.example/v1", needs_key=False)
    answers = iter([NotSent("connect_failed")])

    def says(key: str | None) -> bytes:
        for error in answers:
            raise error
        return LIST

    asked.says = says

    assert refreshing.refresh_due() == 1
    assert (own.models.count(), other.models.count()) == (0, 2)


def test_the_demo_and_a_server_that_is_told_not_to_ask_nobody(own: Provider, asked: Asked, settings: Settings) -> None:
    settings.REFRESH_HOURS = 0
    assert refreshing.refresh_due() == 0

    settings.REFRESH_HOURS = 24
    Provider.objects.filter(pk=own.pk).update(slug="demo")

    assert refreshing.refresh_due() == 0
    assert asked.keys == []
