"""The package knows what models take, a provider which models exist; both are merged, and nothing is deleted."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from accounts.secret import Secret
from providers import catalogue, client
from providers.dialects import Dialect
from providers.errors import NotSent, ProviderError, Refused
from providers.models import LanguageModel, Provider

pytestmark = pytest.mark.django_db

Answers = dict[str, bytes | ProviderError]
Listed = Callable[[Answers], list[str]]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Listed:
    """Makes providers answer so, by URL; what comes back is filled with the URLs that were asked."""

    def answer_with(answers: Answers) -> list[str]:
        asked: list[str] = []

        async def fetch(url: str, dialect: Dialect, key: Secret | None) -> bytes:
            asked.append(url)
            answer = answers[url]
            if isinstance(answer, ProviderError):
                raise answer
            return answer

        monkeypatch.setattr(client, "fetch", fetch)
        return asked

    return answer_with


@pytest.fixture
def gateway() -> Provider:
    catalogue.sync_packaged()
    return Provider.objects.get(slug="aimlapi")


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", dialect_name="openai")


GATEWAY_LIST = "https://api.aimlapi.com/models"
OWN_LIST = "https://own.example/v1/models"


def gateway_list(*ids: str, **facts: Any) -> bytes:
    return json.dumps([{"id": model_id, "type": "chat-completion", "info": {}, **facts} for model_id in ids]).encode()


def refresh(provider: Provider) -> catalogue.Refreshed:
    return async_to_sync(catalogue.refresh)(provider, None)


def add(provider: Provider, model_id: str, **facts: Any) -> LanguageModel:
    row = LanguageModel(provider=provider, model_id=model_id)
    row.learn(facts)
    row.save()
    return row


# The package


def test_the_package_brings_two_providers_and_their_models(gateway: Provider) -> None:
    demo = Provider.objects.get(slug="demo")
    claude = gateway.models.get(model_id="anthropic/claude-sonnet-4.5")

    assert (gateway.needs_key, demo.needs_key) == (True, False)
    assert gateway.models.count() == 612
    assert gateway.models.filter(status="deprecated").count() == 157
    assert gateway.models.exclude(parameters={}).count() == 77
    assert demo.models.filter(model_id="demo/echo", type="chat", status="available").exclude(parameters={}).exists()
    assert claude.parameters["temperature"]["max"] == 1
    assert "claude" in claude.search_text


def test_a_second_start_writes_nothing(gateway: Provider) -> None:
    with CaptureQueriesContext(connection) as queries:
        catalogue.sync_packaged()

    written = [query["sql"] for query in queries if not query["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]
    assert written == []
    assert len(queries) <= 12


def test_a_fact_that_the_package_knows_is_put_right(gateway: Provider) -> None:
    gateway.models.filter(model_id="qwen-max").update(context_length=1, parameters={})

    catalogue.sync_packaged()

    qwen = gateway.models.get(model_id="qwen-max")
    assert qwen.context_length == 32_000
    assert "temperature" in qwen.parameters


def test_a_model_of_an_older_package_is_deprecated_and_not_deleted(gateway: Provider) -> None:
    older = add(gateway, "older/model", type="chat")

    catalogue.sync_packaged()

    older.refresh_from_db()
    assert older.is_deprecated


def test_the_operators_address_stays(gateway: Provider) -> None:
    Provider.objects.filter(pk=gateway.pk).update(base_url="https://proxy.example/v1")

    catalogue.sync_packaged()

    gateway.refresh_from_db()
    assert gateway.base_url == "https://proxy.example/v1"


def test_a_start_does_not_undo_what_a_refresh_found(gateway: Provider, listed: Listed) -> None:
    listed({GATEWAY_LIST: gateway_list("qwen-max", "new/model")})
    refresh(gateway)

    catalogue.sync_packaged()

    available = gateway.models.filter(status="available").values_list("model_id", flat=True)
    assert set(available) == {"qwen-max", "new/model"}


def test_a_deprecated_model_that_is_new_in_the_package_is_not_offered(gateway: Provider, listed: Listed) -> None:
    deprecated = gateway.models.filter(status="deprecated")[0]
    listed({GATEWAY_LIST: gateway_list("qwen-max")})
    refresh(gateway)
    deprecated.delete()

    catalogue.sync_packaged()

    assert gateway.models.get(model_id=deprecated.model_id).is_deprecated


# Refreshing


def test_a_refresh_adds_what_is_new_and_deprecates_what_is_gone(gateway: Provider, listed: Listed) -> None:
    listed({GATEWAY_LIST: gateway_list("qwen-max", "new/model")})

    refreshed = refresh(gateway)

    gateway.refresh_from_db()
    assert refreshed == catalogue.Refreshed(found=2, new=1, gone=612 - 157 - 1)
    assert gateway.models.count() == 613
    assert gateway.models_refreshed_at is not None
    assert gateway.models.get(model_id="new/model").is_runnable


def test_a_deprecated_model_that_is_listed_again_is_available(gateway: Provider, listed: Listed) -> None:
    deprecated = gateway.models.filter(status="deprecated", type="chat")[0]
    listed({GATEWAY_LIST: gateway_list(deprecated.model_id)})

    refresh(gateway)

    deprecated.refresh_from_db()
    assert deprecated.is_runnable


def test_what_the_package_knows_stays_and_what_it_left_open_is_filled(gateway: Provider, listed: Listed) -> None:
    info = {"name": "Another name", "contextLength": 5, "maxTokens": 6}
    features = ["openai/chat-completion", "openai/chat-completion.function", "openai/chat-completion.message.system"]
    listed({GATEWAY_LIST: gateway_list("qwen-max", "openai/gpt-5-1", info=info, features=features)})

    refresh(gateway)

    qwen = gateway.models.get(model_id="qwen-max")
    gpt = gateway.models.get(model_id="openai/gpt-5-1")
    assert (qwen.name == "Another name", qwen.context_length, qwen.max_output_tokens) == (False, 32_000, 6)
    assert "stream_usage" in qwen.features
    assert gpt.features == ["system_role", "tools"]


def test_a_developer_is_spelled_as_in_the_package(gateway: Provider, listed: Listed) -> None:
    listed({GATEWAY_LIST: gateway_list("new/one", info={"developer": "Open AI"})})

    refresh(gateway)

    assert gateway.models.get(model_id="new/one").developer == "OpenAI"


def test_a_model_listed_by_its_alias_is_the_same_model(gateway: Provider, listed: Listed) -> None:
    listed({GATEWAY_LIST: gateway_list("claude-haiku-4-5")})

    refreshed = refresh(gateway)

    assert (refreshed.new, gateway.models.get(model_id="anthropic/claude-haiku-4.5").status) == (0, "available")


def test_an_own_provider_says_what_its_models_are(own: Provider, listed: Listed) -> None:
    listed({OWN_LIST: b'{"data": [{"id": "llama", "max_model_len": 4096}]}'})
    first = refresh(own)
    listed({OWN_LIST: b'{"data": [{"id": "llama", "max_model_len": 8192}]}'})

    second = refresh(own)

    assert (first.new, second.new) == (1, 0)
    assert own.models.get().context_length == 8192


def test_an_empty_list_takes_no_model_away(own: Provider, listed: Listed) -> None:
    add(own, "llama")
    listed({OWN_LIST: b'{"data": []}'})

    assert refresh(own) == catalogue.Refreshed(found=0, new=0, gone=0)
    assert own.models.get().is_runnable


def test_values_that_no_column_holds_are_cut_or_left_out(own: Provider, listed: Listed) -> None:
    item = {"id": "odd", "owned_by": "d" * 5000, "context_window": -1, "features": ["x" * 5000, "tools"] * 50}
    listed({OWN_LIST: json.dumps({"data": [item]}).encode()})

    refresh(own)

    odd = own.models.get()
    assert (len(odd.developer), odd.context_length, odd.features) == (100, None, ["tools"])


def test_the_next_address_is_asked_when_the_first_has_no_list(gateway: Provider, listed: Listed) -> None:
    asked = listed(
        {
            GATEWAY_LIST: Refused("model_not_found", status=404),
            "https://api.aimlapi.com/v1/models": gateway_list("qwen-max"),
        }
    )

    assert refresh(gateway).found == 1
    assert asked == [GATEWAY_LIST, "https://api.aimlapi.com/v1/models"]


def test_a_server_that_cannot_be_reached_is_asked_once_and_nothing_changes(gateway: Provider, listed: Listed) -> None:
    asked = listed({GATEWAY_LIST: NotSent("connect_failed")})

    with pytest.raises(NotSent):
        refresh(gateway)

    gateway.refresh_from_db()
    assert (asked, gateway.models_refreshed_at) == ([GATEWAY_LIST], None)


def test_the_first_failure_is_told_when_no_address_has_a_list(gateway: Provider, listed: Listed) -> None:
    listed(
        {
            GATEWAY_LIST: Refused("key_rejected", status=401),
            "https://api.aimlapi.com/v1/models": Refused("model_not_found", status=404),
        }
    )

    with pytest.raises(ProviderError, match="key_rejected"):
        refresh(gateway)


def test_two_ids_of_one_model_in_a_list_are_counted_once(own: Provider, listed: Listed) -> None:
    listed({OWN_LIST: b'{"data": [{"id": "acme/large"}, {"id": "large"}, {"id": "other"}]}'})

    refreshed = refresh(own)

    assert (refreshed.found, refreshed.new) == (2, 2)
    assert own.models.get(model_id="acme/large").aliases == ["large"]


def test_a_start_keeps_the_other_ids_that_a_list_has_named(gateway: Provider, listed: Listed) -> None:
    listed({GATEWAY_LIST: gateway_list("qwen-max", aliases=["qwen-max-latest"])})
    refresh(gateway)

    catalogue.sync_packaged()

    assert "qwen-max-latest" in gateway.models.get(model_id="qwen-max").aliases
    assert not gateway.models.get(model_id="qwen-max").changes.filter(field="aliases", after="").exists()


# Finding


def ids(models: list[LanguageModel]) -> list[str]:
    return [model.model_id for model in models]


def test_every_word_must_occur_in_whatever_case(gateway: Provider, alice: User) -> None:
    found = catalogue.find(alice, "ANTHROPIC haiku")

    assert "anthropic/claude-haiku-4.5" in ids(found)
    assert all("haiku" in model.search_text for model in found)


def test_an_alias_is_found(gateway: Provider, alice: User) -> None:
    assert ids(catalogue.find(alice, "claude-haiku-4-5-20251001")) == ["anthropic/claude-haiku-4.5"]


def test_the_exact_id_comes_first_then_what_begins_so(gateway: Provider, alice: User) -> None:
    found = ids(catalogue.find(alice, "gpt-4"))

    assert found[0] == "gpt-4"
    assert all(model_id.startswith("gpt-4") for model_id in found[1:5])


def test_what_cannot_be_run_here_comes_last(gateway: Provider, alice: User) -> None:
    found = catalogue.find(alice, "google")

    runnable = [model.is_runnable for model in found]
    assert runnable == sorted(runnable, reverse=True)
    assert not all(runnable)


def test_without_words_the_demo_and_the_documented_models_come_first(gateway: Provider, alice: User) -> None:
    found = catalogue.find(alice, "")

    assert len(found) == catalogue.OFFERED
    assert found[0].provider.slug == "demo"
    assert {model.rank for model in found} <= {catalogue.DEMO_RANK, catalogue.DOCUMENTED_RANK}


def test_finding_is_two_queries_one_of_them_for_the_prices(
    gateway: Provider, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        assert [model.provider.name for model in catalogue.find(alice, "qwen")]


def test_a_stranger_does_not_find_a_teams_models(own: Provider, bob: User, charlie: User) -> None:
    add(own, "llama")

    assert ids(catalogue.find(bob, "llama")) == ["llama"]
    assert catalogue.find(charlie, "llama") == []


@pytest.mark.parametrize("query", ["%", "_", "\x00", "'; --", "a " * 5000, "“”"])
def test_odd_queries_are_only_words(gateway: Provider, alice: User, query: str) -> None:
    assert len(catalogue.find(alice, query)) <= catalogue.OFFERED


# Resolving


def test_the_chosen_model_is_meant_while_its_id_or_name_stands_there(gateway: Provider, alice: User) -> None:
    chosen = gateway.models.get(model_id="anthropic/claude-haiku-4.5")

    assert catalogue.resolve(alice, "anthropic/claude-haiku-4.5", chosen.pk) == chosen
    assert catalogue.resolve(alice, " Claude 4.5 Haiku ", chosen.pk) == chosen


def test_what_was_written_since_counts_more_than_the_choice(gateway: Provider, alice: User) -> None:
    chosen = gateway.models.get(model_id="anthropic/claude-haiku-4.5")

    resolved = catalogue.resolve(alice, "qwen-max", chosen.pk)

    assert resolved is not None
    assert resolved.model_id == "qwen-max"


def test_an_alias_means_its_model(gateway: Provider, alice: User) -> None:
    resolved = catalogue.resolve(alice, "claude-haiku-4-5", None)

    assert resolved is not None
    assert resolved.model_id == "anthropic/claude-haiku-4.5"


@pytest.mark.parametrize("written", ["", "   ", "no/such-model", "claude"])
def test_a_text_that_is_no_id_means_no_model(gateway: Provider, alice: User, written: str) -> None:
    assert catalogue.resolve(alice, written, None) is None


def test_the_persons_own_provider_comes_before_the_packaged_one(gateway: Provider, own: Provider, alice: User) -> None:
    mine = add(own, "qwen-max")

    assert catalogue.resolve(alice, "qwen-max", None) == mine


def test_a_strangers_model_cannot_be_chosen(own: Provider, charlie: User) -> None:
    private = add(own, "llama")

    assert catalogue.resolve(charlie, "llama", private.pk) is None
