"""Ends the runs whose process died. What had arrived is kept; nothing is sent again.

A thread of every worker looks each few seconds. Two sweepers do not hurt each other: the update that ends a run
succeeds for one of them.
"""

import logging
import threading

from django.db import connection, transaction
from django.db.models.functions import Now

from runs.folding import StoredEvent, fold
from runs.journal import OVERDUE
from runs.models import Attempt, Run, RunEvent, Supplement
from runs.storage import storage
from runs.supplements import Brought

logger = logging.getLogger(__name__)

# Seconds between two looks.
INTERVAL = 5.0


def sweep() -> int:
    """Look after every run that nobody looks after any more; how many those were."""
    dead = Run.objects.filter(state=Run.State.RUNNING, lease_until__lt=Now()).only("owner", "state")
    overdue = Run.objects.filter(state=Run.State.QUEUED, queued_at__lt=Now() - OVERDUE).only("owner", "state")
    return sum(_requeue(run) or _interrupt(run) for run in dead) + sum(_interrupt(run) for run in overdue)


@transaction.atomic
def _requeue(run: Run) -> bool:
    """Give back a run whose next attempt had not left yet: nothing was charged, so any process may make it."""
    latest = Attempt.objects.filter(run=run).order_by("-number").first()
    if latest is None or latest.state != Attempt.State.PREPARED:
        return False
    still = Run.objects.filter(pk=run.pk, state=run.state, owner=run.owner, lease_until__lt=Now())
    return bool(still.update(state=Run.State.QUEUED, owner="", lease_until=None))


@transaction.atomic
def _interrupt(run: Run) -> bool:
    """End this run as `interrupted` with what was stored, if it is still as we saw it."""
    events = RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", "type", "payload", "ms")
    still = Run.objects.filter(pk=run.pk, state=run.state, owner=run.owner)
    was_begun = run.state == Run.State.RUNNING
    if was_begun:
        still = still.filter(lease_until__lt=Now())
    if not still.update(
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


def sweep_forever(stopped: threading.Event) -> None:
    """The sweeper thread of a worker."""
    while not stopped.wait(INTERVAL):
        try:
            if ended := sweep():
                logger.warning("Ended %d runs whose process was gone", ended)
            storage.works()
        except Exception as error:
            if storage.failed(error) is None:
                logger.exception("A sweep failed; the next one tries again")
        finally:
            connection.close()
