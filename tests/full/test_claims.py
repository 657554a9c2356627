"""Two processes that want the same run at the same moment, on the database that has two processes."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from providers.models import LanguageModel, Provider
from runs.models import Attempt, Run, RunEvent
from runs.ownership import claim
from runs.sweeper import Sweeper
from runs.turns import next_run

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

RACES = 1_000
# Dead runs, of each kind, that two sweepers find at the same moment.
DEAD = 200
# Processes that want a run each, how many may be performed at a time, and how often they race.
TAKERS, AT_A_TIME, ROUNDS = 4, 2, 100
# Seconds that two who race wait for each other.
PATIENCE = 60

Result = TypeVar("Result")


def queue(user: User, count: int = RACES, **fields: Any) -> list[int]:
    provider = Provider.objects.create(name="Fake", base_url="https://fake.example/v1", needs_key=False)
    model = LanguageModel.objects.create(provider=provider, model_id="fake/one")
    shared = {"user": user, "provider": provider, "language_model": model, "body": b"", **fields}
    runs = Run.objects.bulk_create(Run(client_token=uuid4().hex, **shared) for _ in range(count))
    Attempt.objects.bulk_create(Attempt(run=run, number=1) for run in runs)
    return [run.pk for run in runs]


def at_once(act: Callable[[str], Result], *processes: str) -> list[Result]:
    """What each of them makes of it, with a connection of its own."""

    def run(process: str) -> Result:
        try:
            return act(process)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(processes)) as threads:
        return list(threads.map(run, processes))


def test_a_thousand_races_have_a_thousand_winners(alice: User) -> None:
    runs, start = queue(alice), threading.Barrier(2)

    def claim_all(process: str) -> list[int]:
        claimed = []
        for run in runs:
            start.wait(PATIENCE)
            with transaction.atomic():
                if claim(process, run, sends=True):
                    claimed.append(run)
        return claimed

    one, two = at_once(claim_all, "one", "two")

    assert sorted(one + two) == runs
    # A race that the same one always wins is none.
    assert min(len(one), len(two)) > 0
    owners = dict.fromkeys(one, "one") | dict.fromkeys(two, "two")
    assert dict(Run.objects.values_list("pk", "owner")) == owners
    assert set(Attempt.objects.values_list("state", flat=True)) == {Attempt.State.SENT}


def test_two_sweepers_end_or_give_back_each_dead_run_once(alice: User) -> None:
    sent, unsent = queue(alice, DEAD), queue(alice, DEAD)
    expired = timezone.now() - timedelta(minutes=1)
    Run.objects.update(state=Run.State.RUNNING, owner="a dead process", lease_until=expired)
    Attempt.objects.filter(run__in=sent).update(state=Attempt.State.FIRST_BYTE)
    pieces = [(run, seq, text) for run in sent for seq, text in enumerate(["Half ", "an ans"], start=1)]
    RunEvent.objects.bulk_create(RunEvent(run_id=run, seq=seq, type="text", payload=text) for run, seq, text in pieces)
    start = threading.Barrier(2)

    def sweep(_: str) -> int:
        sweeper = Sweeper()
        first = sweeper.look()
        start.wait(PATIENCE)
        return first + sweeper.look()

    one, two = at_once(sweep, "one", "two")

    assert one + two == 2 * DEAD
    assert min(one, two) > 0
    facts = Run.objects.values_list("state", "text", "last_seq", "owner", "error_kind")
    ended, given_back = set(facts.filter(pk__in=sent)), set(facts.filter(pk__in=unsent))
    assert ended == {(Run.State.INTERRUPTED, "Half an ans", 2, "", "owner_died")}
    assert {state for state, *_ in given_back} == {Run.State.QUEUED}
    attempts = Counter(Attempt.objects.values_list("state", flat=True))
    assert attempts == {Attempt.State.UNKNOWN: DEAD, Attempt.State.PREPARED: DEAD}
    assert not RunEvent.objects.exists()


def test_those_who_take_turns_at_once_get_a_run_each_and_never_more_than_may_be_performed(
    alice: User, settings: Settings
) -> None:
    settings.BACKGROUND_PER_PERSON = AT_A_TIME
    runs, together = queue(alice, AT_A_TIME * ROUNDS, in_background=True), threading.Barrier(TAKERS)

    def take(process: str) -> list[int | None]:
        """What it got in each round, which ends before the next one begins."""
        taken = []
        for _ in range(ROUNDS):
            together.wait(PATIENCE)
            with transaction.atomic():
                run = next_run()
                assert run is None or claim(process, run.pk, sends=True)
            taken.append(run.pk if run else None)
            together.wait(PATIENCE)
            Run.objects.filter(owner=process).update(state=Run.State.DONE)
        return taken

    rounds = list(zip(*at_once(take, *(f"process {number}" for number in range(TAKERS))), strict=True))

    assert [sum(run is not None for run in taken) for taken in rounds] == [AT_A_TIME] * ROUNDS
    # The oldest first, each of them once.
    assert [sorted(run for run in taken if run) for taken in rounds] == [
        runs[begin : begin + AT_A_TIME] for begin in range(0, len(runs), AT_A_TIME)
    ]
