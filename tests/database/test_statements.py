import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection, models
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from database.statements import Select, Update, Values, insert, update
from providers.models import LanguageModel, Price, Provider
from runs.models import Run

OF_PROVIDER = Select(
    lambda slug, name: (
        LanguageModel.objects.select_related("provider", "entered_by")
        .filter(provider__slug=slug, model_id=name)
        .order_by("pk")
    )
)
PRICES = Select(lambda model, day: Price.objects.begun(day).filter(language_model=model)[:1])
COUNTS = Values(
    lambda slug: LanguageModel.objects.filter(provider__slug=slug).values("type").annotate(models.Count("pk"))
)
LEARN = Update(lambda name: (LanguageModel.objects.filter(model_id=name), {"known_since": Now(), "developer": ""}))


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(slug="somewhere", name="Somewhere", base_url="https://somewhere.example/v1")


def test_rows_are_the_objects_that_django_makes_of_them(provider: Provider, alice: User) -> None:
    facts = {"parameters": {"top_p": {"max": 1.0}}, "context_length": 8192, "entered_by": alice}
    LanguageModel.objects.create(provider=provider, model_id="one", **facts)
    for _ in range(2):
        (found,) = OF_PROVIDER.all(slug="somewhere", name="one")
        same = LanguageModel.objects.select_related("provider", "entered_by").get(model_id="one")
        columns = [field.attname for field in LanguageModel._meta.concrete_fields]
        assert {name: getattr(found, name) for name in columns} == {name: getattr(same, name) for name in columns}
        with CaptureQueriesContext(connection) as queries:
            assert (found.provider, found.entered_by) == (provider, alice)
        assert not queries.captured_queries


def test_each_run_has_values_of_its_own(provider: Provider) -> None:
    for name in ("one", "two", "'; DROP TABLE x; --", "100%s"):
        LanguageModel.objects.create(provider=provider, model_id=name)
        found = OF_PROVIDER.first(slug="somewhere", name=name)
        assert found
        assert found.model_id == name
    assert OF_PROVIDER.first(slug="elsewhere", name="one") is None
    assert COUNTS.all(slug="somewhere") == [("chat", 4)]


def test_days_and_decimals_come_back_as_they_are(provider: Provider) -> None:
    model = LanguageModel.objects.create(provider=provider, model_id="one")
    for day, cost in ((1, "1.25"), (5, "2.50")):
        Price.objects.create(
            language_model=model, valid_from=dt.date(2026, 3, day), input=Decimal(cost), output=1, mixed=1
        )
    found = PRICES.first(model=model.pk, day=dt.date(2026, 3, 4))
    assert found
    assert (found.valid_from, found.input) == (dt.date(2026, 3, 1), Decimal("1.25"))
    assert PRICES.first(model=model.pk, day=dt.date(2026, 2, 28)) is None


def test_an_update_sets_what_it_always_sets_and_what_is_given(provider: Provider) -> None:
    old = LanguageModel.objects.create(provider=provider, model_id="one", developer="Somebody")
    other = LanguageModel.objects.create(provider=provider, model_id="two", developer="Somebody")
    assert LEARN.run({"parameters": {"seed": {}}, "context_length": None, "is_entered": True}, name="one") == 1
    assert LEARN.run({"name": "One"}, name="one") == 1
    assert LEARN.run(name="three") == 0
    changed = LanguageModel.objects.get(pk=old.pk)
    assert (changed.developer, changed.name, changed.parameters, changed.is_entered) == ("", "One", {"seed": {}}, True)
    assert changed.known_since > old.known_since - dt.timedelta(seconds=5)
    assert LanguageModel.objects.get(pk=other.pk).developer == "Somebody"


def test_what_is_inserted_is_what_save_would_have_stored(provider: Provider) -> None:
    for name in ("one", "two"):
        stored = insert(LanguageModel(provider=provider, model_id=name, features=["a"], context_length=7))
        again = LanguageModel.objects.get(model_id=name)
        assert (stored.pk, again.features, again.context_length, again.type) == (again.pk, ["a"], 7, "chat")
        # It is known to be there: another save changes it, and adds nothing.
        stored.name = "Name"
        stored.save()
    assert LanguageModel.objects.filter(name="Name").count() == 2


def test_what_the_database_fills_in_comes_back_with_what_is_inserted(alice: User) -> None:
    for token in ("one", "two"):
        run = insert(Run(user=alice, client_token=token, body=b"{}"))
        stored = Run.objects.get(client_token=token)
        assert (run.pk, run.queued_at, run.requested_model) == (stored.pk, stored.queued_at, "")
        assert run.queued_at.tzinfo is not None


def test_an_update_of_an_object_leaves_the_other_fields_alone(provider: Provider) -> None:
    model = insert(LanguageModel(provider=provider, model_id="one"))
    LanguageModel.objects.filter(pk=model.pk).update(developer="Meanwhile")
    model.name, model.roles, model.developer = "New", ["user"], "Lost"
    update(model, "name", "roles")
    stored = LanguageModel.objects.get(pk=model.pk)
    assert (stored.name, stored.roles, stored.developer) == ("New", ["user"], "Meanwhile")
