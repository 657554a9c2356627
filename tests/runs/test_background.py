"""Runs in the background: one request, one whole answer, and turns for everybody."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from providers import client
from providers.models import LanguageModel, Provider
from runs.background import PULSE, Workshop
from runs.durations import usual
from runs.engine import Engine
from runs.models import Attempt, Run
from runs.ownership import FORGOTTEN, OVERDUE, claim, forgotten
from runs.sweeper import Sweeper
from runs.turns import is_anybody_waiting, next_run
from tests.faultscript import SILENCE, tokens
from tests.faultserver import FaultServer

pytestmark = pytest.mark.django_db(transaction=True)
Queue = Callable[..., Run]


@pytest.fixture
def upstream(faults: FaultServer) -> Provider:
    return Provider.objects.create(name="Faults", base_url=faults.base_url, dialect_name="aimlapi", needs_key=False)


@pytest.fixture
def queue(alice: User, upstream: Provider) -> Queue:
    def queue(user: User = alice, provider: Provider = upstream, model_id: str = "some/model") -> Run:
        model, _ = LanguageModel.objects.get_or_create(provider=provider, model_id=model_id)
        messages = [{"role": "user", "content": f"Question {Run.objects.count()}"}]
        return Run.objects.queue(user=user, model=model, messages=messages, to_send={}, as_set={}, in_background=True)

    return queue


@pytest.fixture
async def worker(running_engine: Engine) -> AsyncIterator[Engine]:
    running_engine.pulse = PULSE
    yield running_engine
    await running_engine.drain(0)
    await client.close()


async def test_the_answer_comes_whole_with_its_exact_cost(worker: Engine, queue: Queue, faults: FaultServer) -> None:
    message = {"role": "assistant", "content": "Forty-two."}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    spent = {"usage": {"credits_used": 120, "usd_spent": 0.00006}}
    faults.answer(200, {"id": "x", "model": "some-model-2026", "choices": choices, "meta": spent})
    run = await sync_to_async(queue)()
    assert await worker.perform_next(next_run)
    await run.arefresh_from_db()
    [request] = faults.requests
    assert "stream" not in request.json
    assert request.body == run.request_body
    assert (run.state, run.text, run.served_model) == (Run.State.DONE, "Forty-two.", "some-model-2026")
    assert (run.cost_usd, run.cost_source) == (Decimal("0.000060000"), "reported")


async def test_a_cancelled_run_leaves_its_provider(worker: Engine, queue: Queue, faults: FaultServer) -> None:
    faults.say(SILENCE)
    run = await sync_to_async(queue)()
    performing = asyncio.create_task(worker.perform_next(next_run))
    assert await asyncio.to_thread(faults.wait_for_requests, 1)
    assert await sync_to_async(run.request_cancel)()
    assert await asyncio.to_thread(faults.wait_until_left, "Question 0")
    await performing
    await run.arefresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert (await run.attempts.aget()).state == Attempt.State.UNKNOWN


async def test_a_cancelled_run_that_nobody_began_is_never_sent(
    worker: Engine, queue: Queue, faults: FaultServer
) -> None:
    run = await sync_to_async(queue)()
    await sync_to_async(run.request_cancel)()
    assert not await worker.perform_next(next_run)
    await run.arefresh_from_db()
    assert (run.state, faults.requests) == (Run.State.CANCELLED, [])


async def test_a_web_process_does_not_begin_what_waits_for_a_worker(worker: Engine, queue: Queue) -> None:
    run = await sync_to_async(queue)()
    await Run.objects.filter(pk=run.pk).aupdate(queued_at=timezone.now() - 2 * FORGOTTEN)
    assert run.pk not in await worker.journal.perform(forgotten)


def test_what_waits_for_long_is_not_given_up(queue: Queue) -> None:
    run = queue()
    Run.objects.filter(pk=run.pk).update(queued_at=timezone.now() - 2 * OVERDUE)
    assert Sweeper().look() == 0
    assert is_anybody_waiting()


def test_a_job_of_the_worker_performs_one_and_says_who_waits(queue: Queue, faults: FaultServer) -> None:
    first, second = queue(), queue(model_id="some/other")
    workshop = Workshop()
    assert [workshop.take_a_turn() for _ in range(3)] == [True, False, False]
    assert [Run.objects.get(pk=run.pk).text for run in (first, second)] == [tokens(8), tokens(8)]
    assert len(faults.requests) == 2


def test_a_worker_that_cannot_send_marks_nothing_as_sent(
    queue: Queue, faults: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes its client, which takes a while and may fail, before it claims anything."""
    run, workshop = queue(), Workshop()

    def no_authorities() -> None:
        raise FileNotFoundError("no authorities")

    monkeypatch.setattr("providers.client.connections._tls_context", no_authorities)
    with pytest.raises(FileNotFoundError):
        workshop.take_a_turn()
    assert Run.objects.get(pk=run.pk).state == Run.State.QUEUED
    assert Attempt.objects.get(run=run).state == Attempt.State.PREPARED

    monkeypatch.undo()
    workshop.take_a_turn()
    assert Run.objects.get(pk=run.pk).state == Run.State.DONE
    assert len(faults.requests) == 1


def begun() -> Run | None:
    """The run whose turn it is, claimed as a worker would."""
    with transaction.atomic():
        run = next_run()
        assert run is None or claim("another process", run.pk, sends=True)
    return run


def test_nobody_waits_for_all_of_anothers_work(queue: Queue, bob: User, settings: Settings) -> None:
    settings.BACKGROUND_PER_PERSON = settings.BACKGROUND_PER_PROVIDER = 100
    for person in [None] * 50 + [bob] * 3:
        queue(**({"user": person} if person else {}))
    served = [run.user_id for run in iter(begun, None)]
    assert [place for place, person in enumerate(served) if person == bob.pk] == [1, 3, 5]
    assert len(served) == 53


def test_eight_people_with_ten_runs_each_are_served_in_turn(queue: Queue, settings: Settings) -> None:
    settings.BACKGROUND_PER_PERSON = settings.BACKGROUND_PER_PROVIDER = 1000
    people = [User.objects.create_user(f"person{number}@example.org") for number in range(8)]
    for person in people:
        for _ in range(10):
            queue(user=person)
    served = [run.user_id for run in iter(begun, None)]
    for turn in range(10):
        assert set(served[8 * turn : 8 * turn + 8]) == {person.pk for person in people}


def test_who_was_served_longest_ago_comes_first(queue: Queue, alice: User, bob: User) -> None:
    for person in (alice, bob):
        run = queue(user=person)
        ago = timedelta(minutes=5 if person == bob else 1)
        Run.objects.filter(pk=run.pk).update(state=Run.State.DONE, begun_at=timezone.now() - ago)
        queue(user=person)
    next_one = begun()
    assert next_one is not None
    assert next_one.user_id == bob.pk


def test_a_person_has_only_so_many_at_once(queue: Queue, settings: Settings) -> None:
    settings.BACKGROUND_PER_PERSON = 2
    for _ in range(3):
        queue()
    first = begun()
    assert first is not None
    assert begun() is not None
    assert begun() is None
    Run.objects.filter(pk=first.pk).update(state=Run.State.DONE)
    assert begun() is not None


def test_a_provider_has_only_so_many_at_once_and_others_go_on(
    queue: Queue, provider: Provider, settings: Settings
) -> None:
    settings.BACKGROUND_PER_PROVIDER = 1
    queue()
    queue()
    elsewhere = queue(provider=provider, model_id="elsewhere/one")
    assert begun() is not None
    assert begun() == elsewhere
    assert begun() is None


def test_what_is_usual_is_told_from_enough_runs_only(queue: Queue) -> None:
    model = queue().language_model_id
    for seconds in (40, 60, 80):
        Run.objects.filter(pk=queue().pk).update(state=Run.State.DONE, duration_ms=seconds * 1000)
    assert usual(model) is None
    Run.objects.filter(pk=queue().pk).update(state=Run.State.DONE, duration_ms=100_000)
    assert str(usual(model)) == "55–85 s"


def test_a_repeated_run_stays_in_the_background(queue: Queue) -> None:
    run = queue()
    again = Run.objects.repeat(run, "another-token")
    assert again.in_background
    assert json.loads(again.request_body) == json.loads(run.request_body)
