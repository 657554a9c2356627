"""Runs whose process died."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from runs.models import Attempt, Run, RunEvent
from runs.ownership import LEASE, OVERDUE
from runs.sweeper import Sweeper, _interrupt

pytestmark = pytest.mark.django_db
Queue = Callable[..., Run]


def sweep() -> int:
    """What a sweeper ended that has looked twice."""
    sweeper = Sweeper()
    return sweeper.look() + sweeper.look()


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
    abandoned(queued, lease=timedelta(seconds=10))
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


def test_a_fresh_run_is_no_old_one_where_the_web_hosts_clock_is_behind(
    queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: datetime.now(UTC) - timedelta(hours=1))
        run = queued()
    assert sweep() == 0
    assert abs(run.queued_at - timezone.now()) < timedelta(seconds=10)


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


def test_a_run_that_gives_a_sign_of_life_between_two_looks_is_alive(queued: Queue) -> None:
    run = abandoned(queued, lease=timedelta(hours=-1))
    sweeper = Sweeper()
    assert sweeper.look() == 0
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(minutes=59))
    assert sweeper.look() == 0


def test_a_dead_run_does_not_wait_for_a_clock_that_was_set_back(queued: Queue) -> None:
    abandoned(queued, lease=timedelta(hours=1))
    assert sweep() == 1


def test_a_sign_of_life_after_the_last_look_is_not_overlooked(queued: Queue) -> None:
    run = abandoned(queued, lease=timedelta(seconds=-1))
    seen = Run.objects.get(pk=run.pk)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() + timedelta(seconds=15))
    assert not _interrupt(seen)
    assert Run.objects.get(pk=run.pk).state == Run.State.RUNNING


def test_a_lease_that_was_written_by_the_databases_clock_is_recognised(queued: Queue) -> None:
    run = abandoned(queued, lease=timedelta(seconds=10))
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - LEASE)
    assert sweep() == 1
