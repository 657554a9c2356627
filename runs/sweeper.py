"""Ends the runs whose process died. What had arrived is kept; nothing is sent again.

A thread of every worker looks each few seconds. Two sweepers do not hurt each other: the update that ends a run
succeeds for one of them.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from runs.folding import StoredEvent, fold
from runs.models import Attempt, Run, RunEvent, Supplement
from runs.ownership import LEASE, OVERDUE
from runs.storage import storage
from runs.supplements import Brought

logger = logging.getLogger(__name__)

# Seconds between two looks; and until the second one, where the first has seen a run that seems to be dead.
INTERVAL = 5.0
SECOND_LOOK = 2.5
# A lease that begins in the future, which no living process asked for by this clock.
IMPOSSIBLE = 2 * LEASE


class Sweeper:
    """Looks after every run that nobody looks after any more.

    A lease tells the time by the clock of the database, and a clock can be set. One that has run out, or that runs out
    later than it could, is only a suspicion. A living process renews its leases each second: the run is dead whose
    lease has not moved until the next look.
    """

    def __init__(self) -> None:
        # When the lease of each suspected run runs out.
        self._suspected: dict[int, datetime | None] = {}

    @property
    def suspects(self) -> bool:
        return bool(self._suspected)

    def look(self) -> int:
        """End or give back the runs that are dead; how many those were."""
        no_lease_now = Q(lease_until__lt=Now()) | Q(lease_until__gt=Now() + IMPOSSIBLE)
        running = Run.objects.filter(state=Run.State.RUNNING).filter(no_lease_now)
        suspected = {run.pk: run for run in running.only("owner", "state", "lease_until")}
        dead = [run for run in suspected.values() if self._suspected.get(run.pk) == run.lease_until]
        self._suspected = {run.pk: run.lease_until for run in suspected.values() if run not in dead}
        unbegun = Run.objects.filter(state=Run.State.QUEUED, in_background=False)
        overdue = unbegun.filter(queued_at__lt=Now() - OVERDUE)
        return _settled(dead) + sum(_interrupt(run) for run in overdue.only("owner", "state", "lease_until"))


def _settled(dead: Iterable[Run]) -> int:
    return sum(_requeue(run) or _interrupt(run) for run in dead)


@transaction.atomic
def _requeue(run: Run) -> bool:
    """Give back a run whose next attempt had not left yet: nothing was charged, so any process may make it."""
    latest = Attempt.objects.filter(run=run).order_by("-number").first()
    if latest is None or latest.state != Attempt.State.PREPARED:
        return False
    return bool(_as_seen(run).update(state=Run.State.QUEUED, owner="", lease_until=None))


@transaction.atomic
def _interrupt(run: Run) -> bool:
    """End this run as `interrupted` with what was stored, if it is still as we saw it."""
    events = RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", "type", "payload", "ms")
    was_begun = run.state == Run.State.RUNNING
    if not _as_seen(run).update(
        state=Run.State.INTERRUPTED,
        owner="",
        lease_until=None,
        ended_at=Now(),
        error_kind="owner_died" if was_begun else "not_begun",
    ):
        return False
    # The old owner's writes are fenced off from here on, so what we read now is all there will be.
    folded = fold([StoredEvent(*row) for row in events])
    Run.objects.filter(pk=run.pk).update(
        text=folded.text,
        reasoning=folded.reasoning,
        tool_calls=folded.tool_calls,
        timeline=folded.timeline,
        last_seq=folded.last_seq,
        cost_note="The answer did not finish, so no cost was reported.",
    )
    Attempt.objects.filter(run=run, ended_at=None).exclude(state=Attempt.State.PREPARED).update(
        state=Attempt.State.UNKNOWN, ended_at=Now()
    )
    RunEvent.objects.filter(run=run).delete()
    Supplement.keep(run.pk, folded.choices, Brought())
    return True


def _as_seen(run: Run) -> QuerySet[Run]:
    """The run, unless its process has given a sign of life or another sweeper was quicker."""
    return Run.objects.filter(pk=run.pk, state=run.state, owner=run.owner, lease_until=run.lease_until)


def sweep_forever(stopped: threading.Event, afterwards: Callable[[], None]) -> None:
    """The sweeper thread of a worker. `afterwards` is done behind each look, with the same connection."""
    sweeper = Sweeper()
    while True:
        try:
            if ended := sweeper.look():
                logger.warning("Ended %d runs whose process was gone", ended)
                storage.works()
            elif storage.trouble:
                # To have looked is no sign that anything can be stored.
                storage.check()
            afterwards()
        except Exception as error:
            if storage.failed(error) is None:
                logger.exception("A sweep failed; the next one tries again")
        finally:
            connection.close()
        if stopped.wait(SECOND_LOOK if sweeper.suspects else INTERVAL):
            return
