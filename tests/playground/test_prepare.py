import os
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import ApiKey, User
from playground import prepare
from providers.catalogue import sync_packaged
from providers.models import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Provider:
    for name in ("AIML_API_KEY", "AIML_API_URL"):
        monkeypatch.delenv(name, raising=False)
    sync_packaged()
    return Provider.objects.get(slug="aimlapi")


def test_a_fresh_server_gets_an_owner_whom_the_link_signs_in(settings: Settings) -> None:
    owner = prepare.prepare_database()
    link = prepare.sign_in_link(owner)

    assert owner == User.objects.get()
    assert owner.is_operator
    assert not owner.has_usable_password()
    client = Client()
    client.get(link.removeprefix(settings.BASE_URL), follow=True)
    client.post(link.removeprefix(settings.BASE_URL), follow=True)
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_the_owner_is_the_first_operator_there_is(alice: User) -> None:
    operator = User.objects.create_user("operator@example.org", is_operator=True)

    assert prepare.first_operator() == operator


def test_a_key_from_the_environment_is_put_into_the_vault(
    alice: User, gateway: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIML_API_KEY", "key-from-the-environment")

    prepare.use_gateway_from_environment(alice)

    key = gateway.key_of(alice)
    assert key
    assert key.open().reveal() == "key-from-the-environment"


def test_no_child_inherits_the_key(alice: User, gateway: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIML_API_KEY", "key-from-the-environment")

    prepare.use_gateway_from_environment(alice)

    assert "AIML_API_KEY" not in os.environ


def test_the_same_key_stays_tested(alice: User, gateway: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIML_API_KEY", "key-from-the-environment")
    prepare.use_gateway_from_environment(alice)
    ApiKey.objects.update(check_state=ApiKey.Check.ACCEPTED)

    monkeypatch.setenv("AIML_API_KEY", "key-from-the-environment")
    prepare.use_gateway_from_environment(alice)

    assert ApiKey.objects.get().check_state == ApiKey.Check.ACCEPTED


def test_the_gateway_is_where_the_environment_says(
    alice: User, gateway: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIML_API_KEY", "key-from-the-environment")
    monkeypatch.setenv("AIML_API_URL", "http://127.0.0.1:9999/v1")

    prepare.use_gateway_from_environment(alice)

    assert Provider.objects.get(slug="aimlapi").base_url == "http://127.0.0.1:9999/v1"
    assert ApiKey.objects.get().origin == "http://127.0.0.1:9999"


def test_static_files_are_collected_when_they_have_changed(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = tmp_path / "static", [source]
    (source / "one.css").write_text("one")
    prepare.collect_static_files()

    calls: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: calls.append(name))
    prepare.collect_static_files()
    assert not calls

    (source / "two.css").write_text("two")
    prepare.collect_static_files()
    assert calls == ["collectstatic"]
