"""The Model field: plain text without script, and suggestions as HTML with it."""

import re

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers.models import LanguageModel, Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", dialect_name="openai")


def add(provider: Provider, model_id: str, **facts: object) -> LanguageModel:
    row = LanguageModel(provider=provider, model_id=model_id)
    row.learn(facts)
    row.save()
    return row


def options(client: Client, **query: str | int) -> list[str]:
    response = client.get("/models/options/", query)
    assert response.status_code == 200
    return re.findall(r"<li.*?</li>", response.content.decode(), re.DOTALL)


def test_an_option_names_the_model_and_what_helps_to_choose_it(as_alice: Client, own: Provider) -> None:
    model = add(own, "acme/large", name="Large", developer="Acme", features=["reasoning", "tools", "image_input"])

    (option,) = options(as_alice, q="large")

    assert 'role="option"' in option
    assert f'data-language-model="{model.pk}"' in option
    assert 'data-model="acme/large"' in option
    for word in ["Large", "Acme", "Own", "reasoning", "images", "tools", "no key yet"]:
        assert word in option


def test_only_the_chosen_option_is_selected(as_alice: Client, own: Provider) -> None:
    add(own, "acme/large")
    chosen = add(own, "acme/small")

    large, small = options(as_alice, q="acme", selected=chosen.pk)

    assert ('aria-selected="true"' in large, 'aria-selected="true"' in small) == (False, True)


def test_an_option_that_cannot_be_run_is_disabled_and_says_why(as_alice: Client, own: Provider) -> None:
    add(own, "acme/old", status="deprecated")
    add(own, "acme/painter", type="image")

    old, painter = options(as_alice, q="acme")

    assert 'aria-disabled="true"' in old
    assert "deprecated" in old
    assert 'aria-disabled="true"' in painter
    assert "not runnable here" in painter


def test_a_key_of_the_persons_takes_the_mark_away(as_alice: Client, alice: User, own: Provider) -> None:
    add(own, "acme/large")
    ApiKey.objects.store(alice, own.origin, Secret("sk-something-long"))

    assert "no key yet" not in options(as_alice)[0]


def test_words_that_nothing_matches_are_said_back_as_text(as_alice: Client, own: Provider) -> None:
    (option,) = options(as_alice, q="<b>nothing")

    assert "&lt;b&gt;nothing" in option
    assert 'aria-disabled="true"' in option


def test_a_stranger_is_not_offered_a_teams_models(as_charlie: Client, own: Provider) -> None:
    add(own, "acme/large")

    assert "acme/large" not in "".join(options(as_charlie))


def test_the_number_of_queries_does_not_grow_with_the_options(as_alice: Client, own: Provider) -> None:
    add(own, "acme/first")
    with CaptureQueriesContext(connection) as few:
        options(as_alice)
    for number in range(30):
        add(own, f"acme/{number}")

    with CaptureQueriesContext(connection) as many:
        assert len(options(as_alice)) == 31

    # The session, the person, the models with their providers, their prices, the keys.
    assert len(many) == len(few) == 5


def field(**context: object) -> str:
    return render_to_string("providers/_model_picker.html", {"form_id": "composer", **context})


def test_the_field_holds_the_model_and_belongs_to_its_form(own: Provider) -> None:
    model = add(own, "acme/large")

    shown = field(model=model)

    assert '<label for="composer-model">Model</label>' in shown
    assert re.search(r'name="model"\s+value="acme/large"\s+form="composer"\s+role="combobox"', shown)
    assert re.search(rf'name="language_model"\s+value="{model.pk}"\s+form="composer"', shown)


def test_the_field_is_empty_without_a_model_and_keeps_what_was_written() -> None:
    assert re.search(r'name="model"\s+value=""', field(model=None))
    assert re.search(r'name="model"\s+value="no/such"', field(model=None, written="no/such"))
