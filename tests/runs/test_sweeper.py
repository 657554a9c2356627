"""Runs whose process died."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from runs.journal import OVERDUE
from runs.models import Attempt, Run, RunEvent
from runs.sweeper import sweep

pytestmark = pytest.mark.django_db
Queue = Callable[..., Run]


def abandoned(queue: Queue, *, lease: timedelta) -> Run:
    run = queue()
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, owner="a process", lease_until=timezone.now() + lease)
    run.attempts.update(state=Attempt.State.FIRST_BYTE)
    for seq, text in enumerate(["Half ", "an ans"], start=1):
        RunEvent.objects.create(run=run, seq=seq, type="text", payload=text)
    return run


def test_a_run_whose_process_died_keeps_its_text_and_says_that_it_may_have_been_charged(queued: Queue) -> None:
    run = abandoned(queued, lease=timedelta(seconds=-1))
    assert sweep() == 1
    run.refresh_from_db()
    assert (run.state, run.text, run.last_seq) == (Run.State.INTERRUPTED, "Half an ans", 2)
    assert run.error is not None
    assert run.error.charge == "maybe"
    assert run.attempts.get().state == Attempt.State.UNKNOWN
    assert not run.events.exists()


def test_every_choice_of_a_run_whose_process_died_is_kept(queued: Queue) -> None:
    run = abandoned(queued, lease=timedelta(seconds=-1))
    RunEvent.objects.create(run=run, seq=3, type="choice", payload='{"choice": 1, "text": "Anoth"}')
    sweep()
    run.refresh_from_db()
    (choice,) = run.supplement.choices
    assert (choice["number"], choice["text"], choice["finish_reason"]) == (1, "Anoth", "")


def test_a_run_with_a_lease_is_left_alone(queued: Queue) -> None:
    abandoned(queued, lease=timedelta(seconds=60))
    assert sweep() == 0


def test_a_run_that_nobody_began_is_ended(queued: Queue) -> None:
    run = queued()
    Run.objects.filter(pk=run.pk).update(queued_at=timezone.now() - OVERDUE * 2)
    assert sweep() == 1
    run.refresh_from_db()
    assert run.state == Run.State.INTERRUPTED
    assert run.error is not None
    assert run.error.charge == "no"


def test_a_fresh_run_is_left_to_its_process(queued: Queue) -> None:
    queued()
    assert sweep() == 0


def test_a_run_is_swept_once(queued: Queue) -> None:
    abandoned(queued, lease=timedelta(seconds=-1))
    sweep()
    assert sweep() == 0


def test_a_run_that_was_waiting_for_its_next_attempt_is_given_back(queued: Queue) -> None:
    run = abandoned(queued, lease=timedelta(seconds=-1))
    run.events.all().delete()
    run.attempts.update(state=Attempt.State.FAILED)
    Attempt.objects.create(run=run, number=2)
    sweep()
    run.refresh_from_db()
    assert (run.state, run.owner) == (Run.State.QUEUED, "")
