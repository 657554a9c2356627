"""Finding one of many models: filters in the address, orders, prices, pins."""

import datetime as dt
import re
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from providers.models import Familiar, LanguageModel, Price, Provider
from providers.models.finding import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(team: Team) -> Provider:
    return Provider.objects.create(name="Own", team=team, base_url="https://own.example/v1", dialect_name="openai")


def add(provider: Provider, model_id: str, **facts: object) -> LanguageModel:
    row = LanguageModel(provider=provider, model_id=model_id)
    row.learn(facts)
    row.save()
    return row


def priced(model: LanguageModel, mixed: str, *, days: int = 0) -> Price:
    """The same price for input and output, which is the mixed one; from so many days ahead on."""
    amount = Decimal(mixed)
    day = today() + dt.timedelta(days=days)
    return Price.objects.create(language_model=model, valid_from=day, input=amount, output=amount, mixed=amount)


def page(client: Client, address: str) -> str:
    response = client.get(f"/models/{address}")
    assert response.status_code == 200
    return unescape(response.content.decode())


def found(client: Client, address: str) -> list[str]:
    """The ids in the rows, in their order."""
    return re.findall(r'<a href="/models/\d+/"><code>(.*?)</code>', page(client, address))


@pytest.fixture
def shelf(own: Provider) -> Provider:
    """Four models that differ in everything one asks for."""
    add(own, "big", context_length=1_000_000, features=["tools", "stream", "image_input"], developer="Acme")
    add(own, "eyes", context_length=200_000, features=["image_input", "json_schema"], developer="Acme")
    add(own, "ears", context_length=32_000, input_parts=["text", "input_audio"], features=["reasoning"])
    add(own, "plain")
    return own


# Filters


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", {"big", "eyes", "ears", "plain"}),
        ("?context=200000", {"big", "eyes"}),
        ("?context=200k", {"big", "eyes"}),
        ("?context=1M", {"big"}),
        ("?context=32,000", {"big", "eyes", "ears"}),
        ("?takes=images", {"big", "eyes"}),
        ("?takes=audio", {"ears"}),
        ("?takes=images&takes=audio", set()),
        ("?can=tools", {"big"}),
        ("?can=json", {"eyes"}),
        ("?can=reasoning", {"ears"}),
        ("?can=streaming&takes=images", {"big"}),
        ("?can=nonsense&takes=nonsense", {"big", "eyes", "ears", "plain"}),
        ("?developer=Acme&context=300k", {"big"}),
        ("?q=ea", {"ears"}),
        ("?provider=999999", set()),
        ("?provider=x", {"big", "eyes", "ears", "plain"}),
    ],
)
def test_models_are_filtered(as_alice: Client, shelf: Provider, address: str, expected: set[str]) -> None:
    assert set(found(as_alice, address)) == expected


def test_models_are_filtered_by_provider(as_alice: Client, shelf: Provider, team: Team) -> None:
    other = Provider.objects.create(name="Other", team=team, base_url="https://other.example/v1")
    add(other, "elsewhere")

    assert found(as_alice, f"?provider={other.pk}") == ["elsewhere"]


def test_what_is_no_longer_offered_is_asked_for(as_alice: Client, shelf: Provider) -> None:
    add(shelf, "old", status="deprecated")

    assert "old" not in found(as_alice, "")
    assert found(as_alice, "?status=deprecated") == ["old"]
    assert found(as_alice, "?status=all")[-1] == "old"


@pytest.mark.parametrize(
    "address", ["?context=many", "?price=cheap", "?context=99999999999", "?price=-1", "?price=1e9"]
)
def test_what_is_no_number_filters_nothing_and_says_so(as_alice: Client, shelf: Provider, address: str) -> None:
    shown = page(as_alice, address)

    assert "is no " in shown
    assert "4 models" in shown


def test_the_address_holds_every_filter_and_the_page_shows_them(as_alice: Client, shelf: Provider) -> None:
    address = "?q=b&developer=Acme&context=200k&takes=images&can=tools&sort=context"

    shown = page(as_alice, address)

    assert 'value="200k"' in shown
    assert re.search(r'value="images"\s+checked', shown)
    assert re.search(r'value="tools"\s+checked', shown)
    assert re.search(r'value="context" selected', shown)
    assert "<details open>" in shown


def test_the_address_of_a_filtered_page_has_only_what_is_set(as_alice: Client, shelf: Provider) -> None:
    said = {"q": "b", "type": "", "developer": "", "takes": "images", "sort": ""}

    response = as_alice.get("/models/", said, headers={"HX-Request": "true"})

    assert response["HX-Replace-Url"] == "/models/?q=b&takes=images"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("images", {"big", "eyes"}),
        ("images 200k", {"big", "eyes"}),
        ("images 1m", {"big"}),
        ("tools acme", {"big"}),
        ("<1", {"eyes"}),
        ("images <$5", {"big", "eyes"}),
        ("<", set()),
        ("9999m", set()),
    ],
)
def test_the_picker_understands_abilities_contexts_and_prices_as_words(
    as_alice: Client, shelf: Provider, words: str, expected: set[str]
) -> None:
    priced(shelf.models.get(model_id="big"), "4")
    priced(shelf.models.get(model_id="eyes"), "0.5")

    shown = as_alice.get("/models/options/", {"q": words}).content.decode()

    assert set(re.findall(r'data-model="(.*?)"', shown)) == expected
    assert set(found(as_alice, f"?q={words.replace(' ', '+')}")) == expected


def test_a_word_that_names_an_ability_is_still_looked_for_in_ids(as_alice: Client, own: Provider) -> None:
    add(own, "acme/images-1")

    assert found(as_alice, "?q=images") == ["acme/images-1"]


# Prices


def test_the_cheapest_with_images_and_200k_context(as_alice: Client, shelf: Provider) -> None:
    models = {model.model_id: model for model in shelf.models.all()}
    priced(models["big"], "4")
    priced(models["eyes"], "0.5")
    priced(models["plain"], "0.01")
    add(shelf, "unknown", context_length=400_000, features=["image_input"])

    assert found(as_alice, "?takes=images&context=200k&sort=price") == ["eyes", "big", "unknown"]


def test_a_price_among_the_words_goes_with_all_others(as_alice: Client, shelf: Provider) -> None:
    priced(shelf.models.get(model_id="big"), "4")
    priced(shelf.models.get(model_id="eyes"), "0.5")

    assert found(as_alice, "?q=<5&sort=price") == ["eyes", "big"]
    assert found(as_alice, "?q=<5&price=1&sort=price") == ["eyes"]


def test_a_price_filter_says_of_how_many_no_price_is_known(as_alice: Client, shelf: Provider) -> None:
    priced(shelf.models.get(model_id="big"), "4")
    priced(shelf.models.get(model_id="eyes"), "0.5")

    shown = page(as_alice, "?price=0.50")

    assert found(as_alice, "?price=0.50") == ["eyes"]
    assert "and 2 more of which nobody entered a price" in shown


def test_a_price_holds_from_its_day_until_the_next_one(as_alice: Client, shelf: Provider) -> None:
    big = shelf.models.get(model_id="big")
    priced(big, "9", days=-10)
    priced(big, "4", days=-1)
    priced(big, "1", days=1)

    assert found(as_alice, "?price=5") == ["big"]
    assert found(as_alice, "?price=3") == []
    assert "$4 in, $4 out" in page(as_alice, "?q=big")


# Orders


def test_models_are_ordered(as_alice: Client, shelf: Provider) -> None:
    LanguageModel.objects.filter(model_id="plain").update(known_since="2024-01-01T00:00:00Z")

    assert found(as_alice, "?sort=context") == ["big", "eyes", "ears", "plain"]
    assert found(as_alice, "?sort=name") == ["big", "ears", "eyes", "plain"]
    assert found(as_alice, "?sort=newest")[-1] == "plain"
    assert found(as_alice, "?sort=nonsense") == found(as_alice, "")


# Pins and what was used


def test_a_pin_is_the_persons_own(as_alice: Client, as_bob: Client, shelf: Provider) -> None:
    big = shelf.models.get(model_id="big")

    response = as_alice.post(f"/models/{big.pk}/pin/", {"pinned": "1", "next": "/models/?q=b"})

    assert response["Location"] == "/models/?q=b"
    assert found(as_alice, "?pinned=1") == ["big"]
    assert found(as_bob, "?pinned=1") == []


def test_a_pin_is_pressed_twice_and_taken_away(as_alice: Client, alice: User, shelf: Provider) -> None:
    big = shelf.models.get(model_id="big")
    for _ in range(2):
        as_alice.post(f"/models/{big.pk}/pin/", {"pinned": "1"})
    assert Familiar.objects.of(alice).exclude(pinned_at=None).count() == 1

    as_alice.post(f"/models/{big.pk}/pin/", {"pinned": "0"})

    assert Familiar.objects.of(alice).exclude(pinned_at=None).count() == 0


def test_with_script_only_the_pin_is_replaced(as_alice: Client, shelf: Provider) -> None:
    big = shelf.models.get(model_id="big")

    said = {"pinned": "1", "next": "/models/?q=b&sort=name"}
    row = as_alice.post(f"/models/{big.pk}/pin/", said, headers={"HX-Request": "true"}).content.decode()
    mark = as_alice.post(
        f"/models/{big.pk}/pin/", {"pinned": "0", "mark": "1"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert 'aria-pressed="true"' in row
    assert 'aria-label="Pin big"' in row
    assert 'value="/models/?q=b&amp;sort=name"' in row
    assert 'data-pinned="false"' in mark


def test_a_pin_leads_nowhere_else(as_alice: Client, shelf: Provider) -> None:
    big = shelf.models.get(model_id="big")

    response = as_alice.post(f"/models/{big.pk}/pin/", {"pinned": "1", "next": "https://evil.example/"})

    assert response["Location"] == "/models/"


def test_a_stranger_cannot_pin_and_nobody_is_sent_to_sign_in(
    as_charlie: Client, as_nobody: Client, shelf: Provider
) -> None:
    big = shelf.models.get(model_id="big")

    assert as_charlie.post(f"/models/{big.pk}/pin/", {"pinned": "1"}).status_code == 404
    assert as_nobody.post(f"/models/{big.pk}/pin/")["Location"].startswith("/accounts/login/")
    assert as_charlie.get(f"/models/{big.pk}/pin/").status_code == 405
    assert not Familiar.objects.exists()


def test_the_picker_offers_what_is_pinned_then_what_was_used_lately(
    as_alice: Client, alice: User, shelf: Provider
) -> None:
    models = {model.model_id: model for model in shelf.models.all()}
    Familiar.objects.used(alice, models["big"])
    Familiar.objects.used(alice, models["plain"])
    Familiar.objects.pin(alice, models["eyes"])

    shown = as_alice.get("/models/options/").content.decode()

    assert re.findall(r'data-model="(.*?)"', shown) == ["eyes", "plain", "big", "ears"]
    assert shown.count(">recent<") == 2
    assert shown.count(">pinned<") == 1


def test_a_pin_does_not_come_before_the_very_id(as_alice: Client, alice: User, own: Provider) -> None:
    add(own, "gpt-4")
    Familiar.objects.pin(alice, add(own, "gpt-4-mini"))

    shown = as_alice.get("/models/options/", {"q": "gpt-4"}).content.decode()

    assert re.findall(r'data-model="(.*?)"', shown) == ["gpt-4", "gpt-4-mini"]


# Speed


def test_the_number_of_queries_does_not_grow_with_models_prices_and_pins(
    as_alice: Client, alice: User, own: Provider
) -> None:
    address = "?sort=price&price=5&can=tools"
    priced(add(own, "first", features=["tools"]), "1")
    page(as_alice, address)
    with CaptureQueriesContext(connection) as few:
        page(as_alice, address)
    for number in range(30):
        model = add(own, f"acme/{number}", features=["tools"], developer=f"Developer {number}")
        priced(model, "2")
        Familiar.objects.pin(alice, model)

    with CaptureQueriesContext(connection) as many:
        assert "31 models" in page(as_alice, address)

    assert len(many) == len(few) <= 12


def test_successors_of_all_options_take_two_queries(as_alice: Client, own: Provider) -> None:
    add(own, "claude-sonnet-4.5")
    add(own, "claude-3-sonnet", status="deprecated")
    with CaptureQueriesContext(connection) as few:
        as_alice.get("/models/options/")
    for number in range(20):
        add(own, f"claude-2.{number}-sonnet", status="deprecated")

    with CaptureQueriesContext(connection) as many:
        shown = as_alice.get("/models/options/").content.decode()

    assert len(many) == len(few)
    assert shown.count("use claude-sonnet-4.5 instead") == 21
