"""A cost that was not reported is computed from tokens and an entered price, or stays unknown and says why."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.values import amount_in
from providers.errors import Refused
from providers.events import Cost, Usage
from providers.models import LanguageModel, Price
from providers.models.finding import today
from providers.rates import Rates
from runs.costs import computed
from runs.engine import Engine
from runs.models import Run
from tests.fakes import THE_END, FakeProvider
from tests.runs.reader import Reader

Queue = Callable[..., Run]
RATES = Rates(Decimal(2), Decimal(8), Decimal("0.5"), Decimal(10))
DAY = dt.date(2026, 1, 1)


def dollars(usage: Usage, rates: Rates = RATES) -> Decimal | None:
    return computed(usage, rates, DAY).usd


def test_input_and_output_are_counted_by_the_million() -> None:
    assert dollars(Usage(1_000_000, 500_000)) == Decimal(6)


def test_cached_input_and_reasoning_have_their_own_rates() -> None:
    usage = Usage(prompt_tokens=1000, output_tokens=100, reasoning_tokens=40, cached_tokens=600)

    assert dollars(usage) == (400 * 2 + 600 * Decimal("0.5") + 60 * 8 + 40 * 10) / Decimal(1_000_000)


def test_where_no_rate_differs_all_tokens_cost_the_same() -> None:
    plain = Rates(Decimal(2), Decimal(8))
    usage = Usage(prompt_tokens=1000, output_tokens=100, reasoning_tokens=40, cached_tokens=600)

    assert dollars(usage, plain) == dollars(Usage(1000, 100), plain)


@pytest.mark.parametrize("usage", [None, Usage(), Usage(prompt_tokens=5), Usage(output_tokens=5)])
def test_a_count_that_is_missing_is_not_taken_for_nothing(usage: Usage | None) -> None:
    cost = computed(usage, RATES, DAY)

    assert cost.usd is None
    assert "neither a cost nor all tokens" in cost.note


def test_without_a_price_the_note_says_so() -> None:
    cost = computed(Usage(5, 5), None)

    assert (cost.usd, "nobody has entered a price" in cost.note) == (None, True)


def test_the_note_names_the_price_and_its_day() -> None:
    note = computed(Usage(5, 5), Rates(Decimal("1.250000"), Decimal(10)), DAY).note

    assert note == "$1.25 in, $10 out per million tokens, the price from 2026-01-01"


def test_what_no_call_costs_is_not_believed_and_fits_no_column() -> None:
    cost = computed(Usage(200_000, 2**31 - 1), Rates(Decimal(999_999), Decimal(50)))

    assert cost.usd is None
    assert "look at both" in cost.note
    assert [amount_in(amount) for amount in (99_998.9999999999, 99_999.9999999999, 10**9)] == [
        99_998.9999999999,
        None,
        None,
    ]


counts = st.integers(min_value=0, max_value=10_000_000)
rates = st.decimals(min_value=0, max_value=1000, places=6)


@given(counts, counts, counts, counts, rates, rates)
def test_no_count_however_odd_makes_a_cost_negative_or_more_than_all_tokens(
    prompt: int, output: int, cached: int, reasoning: int, low: Decimal, high: Decimal
) -> None:
    usage = Usage(prompt, output, reasoning, cached)
    cost = dollars(usage, Rates(high, high, min(low, high), min(low, high)))

    assert cost is not None
    assert 0 <= cost <= (prompt + output) * high / 1_000_000 + Decimal("0.000000001")


# In a run

pytestmark_runs = pytest.mark.django_db(transaction=True)


@pytest.fixture
def price(model: LanguageModel) -> Price:
    return Price.objects.create(language_model=model, valid_from=DAY, input=2, output=8, mixed=Decimal("3.5"))


async def perform(engine: Engine, queue: Queue) -> Run:
    reader = Reader(await sync_to_async(queue)())
    engine.start(reader.run.pk)
    return await reader.end()


@pytestmark_runs
async def test_a_run_without_a_reported_cost_gets_a_computed_one(
    fake: FakeProvider, running_engine: Engine, queued: Queue, price: Price
) -> None:
    fake.say("Hi", THE_END, Usage(prompt_tokens=1000, output_tokens=100))

    run = await perform(running_engine, queued)

    assert (run.cost_text, run.cost_source) == ("$0.0028", "computed")
    assert run.cost_note == "$2 in, $8 out per million tokens, the price from 2026-01-01"


@pytestmark_runs
async def test_a_reported_cost_is_never_replaced(
    fake: FakeProvider, running_engine: Engine, queued: Queue, price: Price
) -> None:
    fake.say("Hi", THE_END, Usage(prompt_tokens=1000, output_tokens=100), Cost(Decimal("0.5"), "usage.cost"))

    run = await perform(running_engine, queued)

    assert (run.cost_text, run.cost_source, run.cost_note) == ("$0.5", "reported", "usage.cost")


@pytestmark_runs
async def test_a_later_price_changes_no_cost_of_before(
    fake: FakeProvider, running_engine: Engine, queued: Queue, price: Price
) -> None:
    fake.say("Hi", THE_END, Usage(prompt_tokens=1000, output_tokens=100))
    run = await perform(running_engine, queued)

    await sync_to_async(Price.objects.update)(input=99, output=99)
    await sync_to_async(run.refresh_from_db)()

    assert run.cost_text == "$0.0028"


@pytestmark_runs
async def test_the_price_is_that_of_the_day(
    fake: FakeProvider, running_engine: Engine, queued: Queue, price: Price, model: LanguageModel
) -> None:
    tomorrow = today() + dt.timedelta(days=1)
    await Price.objects.acreate(language_model=model, valid_from=tomorrow, input=99, output=99, mixed=99)
    fake.say("Hi", THE_END, Usage(prompt_tokens=1000, output_tokens=100))

    run = await perform(running_engine, queued)

    assert run.cost_text == "$0.0028"


@pytestmark_runs
@pytest.mark.parametrize(
    ("usage", "why"),
    [([], "neither a cost nor all tokens"), ([Usage(prompt_tokens=5)], "neither a cost nor all tokens")],
)
async def test_what_was_not_counted_is_not_computed(
    fake: FakeProvider, running_engine: Engine, queued: Queue, price: Price, usage: list[Usage], why: str
) -> None:
    fake.say("Hi", THE_END, *usage)

    run = await perform(running_engine, queued)

    assert (run.cost_usd, run.cost_source) == (None, "unknown")
    assert why in run.cost_note


@pytestmark_runs
async def test_a_refused_run_costs_nothing_that_could_be_computed(
    fake: FakeProvider, running_engine: Engine, queued: Queue, price: Price
) -> None:
    fake.say(Refused("key_rejected", status=401))

    run = await perform(running_engine, queued)

    assert (run.cost_usd, run.cost_source) == (None, "unknown")
