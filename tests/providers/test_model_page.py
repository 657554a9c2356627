"""The page of one model: its facts, what it takes, its price, its successor."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from providers import catalogue
from providers.model_rules import KEPT_ANYWAY, SENTENCES
from providers.models import LanguageModel, ModelChange, Price, Provider
from providers.models.finding import today
from providers.parameters.definitions import RULE_FACTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", dialect_name="openai")


@pytest.fixture
def llama(own: Provider) -> LanguageModel:
    return LanguageModel.objects.create(provider=own, model_id="acme/llama", search_text="acme/llama")


@pytest.fixture
def operator(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(is_operator=True)
    return alice


def page(client: Client, model: LanguageModel) -> str:
    response = client.get(f"/models/{model.pk}/")
    assert response.status_code == 200
    return unescape(response.content.decode())


def packaged(model_id: str) -> LanguageModel:
    catalogue.sync_packaged()
    return LanguageModel.objects.get(model_id=model_id)


# Facts


def test_the_page_has_the_facts_the_parameters_with_their_ranges_and_the_rules(as_alice: Client) -> None:
    shown = page(as_alice, packaged("anthropic/claude-sonnet-4.5"))

    for fact in ["Anthropic", "AI/ML API", "200,000 tokens", "claude-sonnet-4-5-20250929", "image", "reasoning"]:
        assert fact in shown
    assert "<code>temperature</code>" in shown
    assert "0 to 1." in shown
    assert "thinking.budget_tokens must be less than max_tokens." in shown
    assert "change one of them, not both" in shown
    assert "top_logprobs needs" not in shown


def test_a_model_of_which_nothing_is_known_says_so(as_alice: Client, llama: LanguageModel) -> None:
    shown = page(as_alice, llama)

    assert "What it takes is not known here" in shown
    assert "<code>max_tokens</code>" in shown
    assert shown.count("unknown") >= 5


def test_it_opens_in_the_playground_at_its_own_provider(as_alice: Client, llama: LanguageModel, team: Team) -> None:
    other = Provider.objects.create(name="Other", team=team, base_url="https://other.example/v1", needs_key=False)
    twin = LanguageModel.objects.create(provider=other, model_id=llama.model_id)

    for model in (llama, twin):
        address = f"/?model=acme%2Fllama&language_model={model.pk}"
        assert f'href="{address}"' in page(as_alice, model)
        assert f'name="language_model"\n         value="{model.pk}"' in as_alice.get(address).content.decode()


def test_an_address_with_the_id_opens_the_playground_too(as_alice: Client, llama: LanguageModel) -> None:
    shown = as_alice.get("/app/acme/llama", {"prompt": "Hello"}).content.decode()

    assert 'value="acme/llama"' in shown
    assert ">Hello</textarea>" in shown


def test_what_cannot_be_run_here_is_not_opened(as_alice: Client, own: Provider) -> None:
    painter = LanguageModel.objects.create(provider=own, model_id="painter", type="image")

    shown = page(as_alice, painter)

    assert "image: not runnable here" in shown
    assert "Open in playground" not in shown


def test_a_model_that_is_gone_proposes_its_successor(as_alice: Client) -> None:
    gone = packaged("anthropic/claude-3-sonnet")
    heir = LanguageModel.objects.get(model_id="anthropic/claude-sonnet-4.6")

    shown = page(as_alice, gone)

    assert "no longer offers this model" in shown
    assert f'href="/?model=anthropic%2Fclaude-sonnet-4.6&language_model={heir.pk}"' in shown
    assert "Open in playground" not in shown


def test_a_successor_is_not_proposed_from_what_a_stranger_has(as_charlie: Client, own: Provider) -> None:
    LanguageModel.objects.create(provider=own, model_id="falcon-50b")

    assert "In its place there is" not in page(as_charlie, packaged("tiiuae/falcon-40b"))


def test_every_rule_of_the_data_has_its_sentence() -> None:
    assert SENTENCES.keys() | KEPT_ANYWAY == RULE_FACTS.keys()


def test_the_number_of_queries_does_not_grow_with_prices_and_changes(as_alice: Client, llama: LanguageModel) -> None:
    page(as_alice, llama)
    with CaptureQueriesContext(connection) as few:
        page(as_alice, llama)
    for number in range(15):
        day = today() - timedelta(days=number)
        Price.objects.create(language_model=llama, valid_from=day, input=1, output=1, mixed=1)
        ModelChange.objects.create(language_model=llama, kind="changed", field="name", before="a", after="b")

    with CaptureQueriesContext(connection) as many:
        page(as_alice, llama)

    assert len(many) == len(few) <= 12


def test_a_team_mate_sees_it_a_stranger_does_not_and_nobody_is_sent_to_sign_in(
    as_bob: Client, as_charlie: Client, as_nobody: Client, llama: LanguageModel
) -> None:
    assert "acme/llama" in page(as_bob, llama)
    assert as_charlie.get(f"/models/{llama.pk}/").status_code == 404
    assert as_nobody.get(f"/models/{llama.pk}/")["Location"].startswith("/accounts/login/")


# Prices

PRICE = {"input": "1.25", "output": "10", "cached_input": "0.125", "reasoning": "", "valid_from": "2026-01-01"}


def enter(client: Client, model: LanguageModel, **fields: str) -> int:
    return client.post(f"/models/{model.pk}/prices/", {**PRICE, **fields}).status_code


def test_a_keeper_enters_a_price_and_everybody_reads_it(as_alice: Client, as_bob: Client, llama: LanguageModel) -> None:
    assert enter(as_alice, llama) == 302

    shown = page(as_bob, llama)
    assert "$1.25 in, $10 out, $0.125 cached" in shown
    assert "1 January 2026" in shown
    # Three parts in, one part out.
    assert "$3.4375" in shown
    assert "Enter price" not in shown


def test_a_price_for_the_same_day_is_a_correction(as_alice: Client, llama: LanguageModel) -> None:
    enter(as_alice, llama)
    enter(as_alice, llama, input="2", cached_input="")

    price = llama.prices.get()
    assert (str(price), price.cached_input) == ("$2 in, $10 out, from 2026-01-01", None)


def test_a_model_may_cost_nothing(as_alice: Client, llama: LanguageModel) -> None:
    enter(as_alice, llama, input="0", output="0", cached_input="")

    assert "$0 in, $0 out" in page(as_alice, llama)


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": ""},
        {"output": "cheap"},
        {"input": "-1"},
        {"cached_input": "-0.1"},
        {"input": "1e30"},
        {"input": "NaN"},
        {"valid_from": "someday"},
        {"valid_from": "1999-01-01"},
        {"valid_from": "9999-01-01"},
    ],
)
def test_what_is_no_price_is_refused_and_stays_in_the_form(
    as_alice: Client, llama: LanguageModel, wrong: dict[str, str]
) -> None:
    response = as_alice.post(f"/models/{llama.pk}/prices/", {**PRICE, "reasoning": "7.77", **wrong})

    assert response.status_code == 422
    assert 'value="7.77"' in response.content.decode()
    assert "field-error" in response.content.decode()
    assert not llama.prices.exists()


def test_a_price_is_removed_and_the_message_says_what_it_was(as_alice: Client, llama: LanguageModel) -> None:
    enter(as_alice, llama)

    response = as_alice.post(f"/models/{llama.pk}/prices/{llama.prices.get().pk}/delete/", follow=True)

    assert "$1.25 in, $10 out, $0.125 cached, from 2026-01-01. Enter it again" in response.content.decode()
    assert not llama.prices.exists()


def test_only_keepers_enter_the_prices_of_a_team(
    as_bob: Client, as_charlie: Client, as_nobody: Client, llama: LanguageModel
) -> None:
    assert [enter(client, llama) for client in (as_bob, as_charlie)] == [404, 404]
    assert as_nobody.post(f"/models/{llama.pk}/prices/", PRICE)["Location"].startswith("/accounts/login/")
    assert not Price.objects.exists()


def test_only_the_operator_enters_the_prices_of_what_is_packaged(
    as_alice: Client, as_charlie: Client, operator: User
) -> None:
    model = packaged("qwen-max")

    assert (enter(as_charlie, model), enter(as_alice, model)) == (404, 302)
    price = model.prices.get()
    assert as_charlie.post(f"/models/{model.pk}/prices/{price.pk}/delete/").status_code == 404
    assert price.entered_by == operator


def test_a_price_is_removed_only_by_way_of_its_own_model(as_alice: Client, llama: LanguageModel, own: Provider) -> None:
    other = LanguageModel.objects.create(provider=own, model_id="other")
    enter(as_alice, llama)

    assert as_alice.post(f"/models/{other.pk}/prices/{llama.prices.get().pk}/delete/").status_code == 404
