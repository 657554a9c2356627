"""The page of runs: one's own, and for an operator how everybody's fare."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from providers.models import LanguageModel
from runs.models import Run, Worker
from runs.views.overview import PAGE

pytestmark = pytest.mark.django_db
NO_WORKER = "No worker has given a sign of life"


@pytest.fixture
def queue(model: LanguageModel) -> Callable[..., Run]:
    def queue(user: User, **columns: Any) -> Run:
        in_background = columns.pop("in_background", True)
        messages = [{"role": "user", "content": "a secret question"}]
        run = Run.objects.queue(
            user=user, model=model, messages=messages, to_send={}, as_set={}, in_background=in_background
        )
        Run.objects.filter(pk=run.pk).update(**columns)
        return run

    return queue


@pytest.fixture
def operator(alice: User) -> User:
    alice.is_operator = True
    alice.save()
    return alice


def page(client: Client, query: str = "") -> str:
    return client.get(f"/runs/{query}").content.decode()


def test_a_person_sees_their_own_alone(as_bob: Client, bob: User, alice: User, queue: Callable[..., Run]) -> None:
    mine, other = queue(bob), queue(alice)
    for query in ("", "?whose=all"):
        shown = page(as_bob, query)
        assert f"/runs/{mine.pk}/stop/" in shown
        assert f"/runs/{other.pk}/stop/" not in shown


def test_an_operator_sees_how_everybodys_fare_and_not_what_was_said(
    as_alice: Client, operator: User, bob: User, queue: Callable[..., Run]
) -> None:
    run = queue(bob)
    shown = page(as_alice)
    assert str(bob) in shown
    assert f"/runs/{run.pk}/stop/" in shown
    assert f'href="/runs/{run.pk}/"' not in shown
    assert as_alice.get(f"/runs/{run.pk}/").status_code == 404


def test_an_operator_ends_a_run_of_somebody_else(
    as_alice: Client, operator: User, bob: User, queue: Callable[..., Run]
) -> None:
    run = queue(bob)
    assert as_alice.post(f"/runs/{run.pk}/stop/").status_code == 302
    assert Run.objects.get(pk=run.pk).state == Run.State.CANCELLED


def test_a_team_mate_cannot_end_it(as_bob: Client, alice: User, queue: Callable[..., Run]) -> None:
    run = queue(alice)
    assert as_bob.post(f"/runs/{run.pk}/stop/").status_code == 404
    assert Run.objects.get(pk=run.pk).state == Run.State.QUEUED


def test_nobody_is_asked_to_sign_in(as_nobody: Client) -> None:
    assert as_nobody.get("/runs/").status_code == 302


def test_what_went_wrong_is_listed_with_the_reason(as_alice: Client, alice: User, queue: Callable[..., Run]) -> None:
    wrong = queue(alice, state="failed", error_kind="out_of_credit", ended_at=timezone.now())
    well = queue(alice, state="done", ended_at=timezone.now())
    shown = page(as_alice, "?kind=wrong")
    assert f'href="/runs/{wrong.pk}/"' in shown
    assert f'href="/runs/{well.pk}/"' not in shown
    assert wrong.pk != well.pk
    assert f'href="/runs/{well.pk}/"' in page(as_alice, "?kind=all")


def test_without_a_worker_it_says_so(as_alice: Client, alice: User, queue: Callable[..., Run]) -> None:
    queue(alice)
    assert NO_WORKER in page(as_alice)
    Worker.objects.sign("one, process 7")
    shown = page(as_alice)
    assert NO_WORKER not in shown
    assert "one, process 7" in shown
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    assert NO_WORKER in page(as_alice)


def test_a_worker_that_begins_nothing_is_pointed_out(as_alice: Client, alice: User, queue: Callable[..., Run]) -> None:
    Worker.objects.sign("one, process 7")
    queue(alice, queued_at=timezone.now() - timedelta(minutes=2))
    assert "yet nothing begins" in page(as_alice)
    queue(alice, state="running")
    assert "yet nothing begins" not in page(as_alice)


def test_a_worker_signs_again_in_its_own_row() -> None:
    for _ in range(2):
        Worker.objects.sign("one, process 7")
    assert Worker.objects.count() == 1


def test_the_list_goes_on_page_by_page_with_as_many_queries_each_time(
    as_alice: Client, operator: User, queue: Callable[..., Run], django_assert_max_num_queries: Any
) -> None:
    runs = [queue(operator, state="done") for _ in range(PAGE + 1)]
    with django_assert_max_num_queries(8):
        first = page(as_alice, "?kind=all")
    assert f"before={runs[1].pk}" in first
    assert f'href="/runs/{runs[0].pk}/"' not in first
    assert f'href="/runs/{runs[0].pk}/"' in page(as_alice, f"?kind=all&before={runs[1].pk}")


def test_it_asks_again_only_where_something_may_change(
    as_alice: Client, alice: User, queue: Callable[..., Run]
) -> None:
    queue(alice)
    assert "every 3s" in page(as_alice)
    assert "every 3s" not in page(as_alice, "?kind=all")
