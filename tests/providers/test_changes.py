"""What becomes different in a provider's list is written down, and shown to those who see the provider."""

import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from accounts.models import Team, User
from accounts.secret import Secret
from providers import catalogue, client
from providers.dialects import Dialect
from providers.differences import Difference, differences
from providers.models import LanguageModel, ModelChange, Provider

pytestmark = pytest.mark.django_db

Listed = Callable[..., None]


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", dialect_name="openai")


@pytest.fixture
def read_list(own: Provider, monkeypatch: pytest.MonkeyPatch) -> Listed:
    """Refreshes the own provider, whose list is these items."""

    def read(*items: dict[str, Any]) -> None:
        async def fetch(url: str, dialect: Dialect, key: Secret | None) -> bytes:
            return json.dumps({"data": items}).encode()

        monkeypatch.setattr(client, "fetch", fetch)
        async_to_sync(catalogue.refresh)(own, None)

    return read


def told() -> list[tuple[str, str, str, str, str]]:
    """The oldest first."""
    rows = ModelChange.objects.order_by("pk")
    return list(rows.values_list("language_model__model_id", "kind", "field", "before", "after"))


def test_the_first_list_is_no_news(read_list: Listed) -> None:
    read_list({"id": "llama"}, {"id": "qwen"})

    assert told() == []


def test_new_and_gone_and_back_are_told(read_list: Listed) -> None:
    read_list({"id": "llama"})
    read_list({"id": "qwen"})
    read_list({"id": "llama"}, {"id": "qwen"})

    assert told() == [
        ("qwen", "appeared", "", "", ""),
        ("llama", "gone", "", "", ""),
        ("llama", "back", "", "", ""),
    ]


def test_a_changed_fact_is_told_with_both_sides(read_list: Listed) -> None:
    read_list({"id": "llama", "context_length": 8192, "features": ["tools", "stream"]})
    read_list({"id": "llama", "context_length": 128_000, "features": ["tools", "vision"]})

    assert told() == [
        ("llama", "changed", "context_length", "8,192", "128,000"),
        ("llama", "changed", "features", "stream", "vision"),
    ]


def test_the_same_list_again_is_no_news(read_list: Listed) -> None:
    read_list({"id": "llama", "context_length": 8192, "features": ["tools"]})
    read_list({"id": "llama", "context_length": 8192, "features": ["tools"]})

    assert told() == []


def test_a_row_that_turns_out_to_be_another_id_says_of_which(read_list: Listed, own: Provider, alice: User) -> None:
    read_list({"id": "large-2411"}, {"id": "large-latest"})
    read_list({"id": "large-2411", "aliases": ["large-latest"]}, {"id": "large-latest"})

    assert ("large-latest", "merged", "", "", "large-2411") in told()
    assert own.models.filter(status="available").count() == 1
    resolved = catalogue.resolve(alice, "large-latest", own.models.get(model_id="large-latest").pk)
    assert resolved is not None
    assert resolved.model_id == "large-2411"


def test_what_a_person_entered_is_not_taken_away_and_is_confirmed_by_a_list(read_list: Listed, own: Provider) -> None:
    LanguageModel.objects.create(provider=own, model_id="typed", is_entered=True)
    read_list({"id": "llama"})
    assert own.models.get(model_id="typed").is_runnable

    read_list({"id": "llama"}, {"id": "typed"})

    assert not own.models.get(model_id="typed").is_entered


def test_the_packages_first_models_are_no_news_and_its_later_ones_are(db: None) -> None:
    catalogue.sync_packaged()
    assert told() == []
    LanguageModel.objects.filter(model_id="qwen-max").update(context_length=1)
    LanguageModel.objects.filter(model_id="gpt-4o").delete()

    catalogue.sync_packaged()

    assert ("qwen-max", "changed", "context_length", "1", "32,000") in told()
    assert ("gpt-4o", "appeared", "", "", "") in told()
    assert len(told()) == 2


# In words


def test_parameters_are_told_by_name_and_by_what_differs_in_them() -> None:
    before = {"parameters": {"temperature": {"type": "number", "max": 1}, "seed": {"type": "integer"}}}
    after = {"parameters": {"temperature": {"type": "number", "max": 2}, "top_k": {"type": "integer"}}}

    (difference,) = differences(before, after)

    assert difference == Difference("parameters", "seed; temperature (max 1)", "temperature (max 2); top_k")


def test_what_was_not_known_before_is_no_change() -> None:
    assert list(differences({"context_length": None, "features": []}, {"context_length": 5, "features": ["x"]})) == []


def test_a_list_in_another_order_is_no_change() -> None:
    assert list(differences({"roles": ["user", "system"]}, {"roles": ["system", "user"]})) == []


# On pages


def page(client: Client, address: str = "/models/changes/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_changes_are_shown_with_their_model_to_who_sees_its_provider(
    as_bob: Client, as_charlie: Client, read_list: Listed, own: Provider
) -> None:
    read_list({"id": "acme/llama", "context_length": 8192})
    read_list({"id": "acme/llama", "context_length": 16_384})

    shown = page(as_bob)

    for word in ("acme/llama", "Own", "context", "8,192", "16,384"):
        assert word in shown
    assert f'href="/models/{own.models.get().pk}/"' in shown
    assert "acme/llama" not in page(as_charlie)
    assert "16,384" in page(as_bob, f"/models/{own.models.get().pk}/")


def test_the_list_goes_on_where_the_page_ends(as_alice: Client, own: Provider) -> None:
    model = LanguageModel.objects.create(provider=own, model_id="llama")
    rows = [
        ModelChange(language_model=model, kind="changed", field="name", before="a", after=f"name {n:03}")
        for n in range(60)
    ]
    ModelChange.objects.bulk_create(rows)

    shown = page(as_alice)
    older = shown.partition('rel="next" href="')[2].partition('"')[0]

    assert ("name 059" in shown, "name 010" in shown, "name 009" in shown) == (True, True, False)
    rest = page(as_alice, older)
    assert ("name 010" in rest, "name 009" in rest, "name 000" in rest) == (False, True, True)


def test_a_providers_words_are_only_text(as_alice: Client, read_list: Listed) -> None:
    read_list({"id": "llama", "name": "plain"})
    read_list({"id": "llama", "name": "<script>alert(1)</script>"})

    assert "<script>alert" not in as_alice.get("/models/changes/").content.decode()


def test_nobody_is_sent_to_sign_in(as_nobody: Client) -> None:
    assert as_nobody.get("/models/changes/")["Location"].startswith("/accounts/login/")
