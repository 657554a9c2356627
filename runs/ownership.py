"""Whose run it is: claimed by one process, kept alive by it, and ended by it alone.

Each is a conditional update whose row count decides, so of several processes one succeeds, and one that was thought
dead and comes back changes nothing. All of it runs within the caller's transaction.
"""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import ApiKey
from database.statements import Update
from runs.folding import fold
from runs.models import Attempt, Run, Supplement
from runs.pricing import cost_of
from runs.run_log import Outcome, RunLog

# How long a run belongs to its process without a sign of life.
LEASE = timedelta(seconds=15)
# A run that is queued for this long was forgotten by the process that was to begin it: any other may.
FORGOTTEN = timedelta(seconds=3)
# One that is queued for this long is not begun any more: nobody expects its answer, or its price.
OVERDUE = timedelta(seconds=60)


def claim(process: str, run_id: int, *, sends: bool) -> bool:
    """Make this process the owner of a queued run, its attempt marked as sent. False when somebody else was first.

    `sent` is committed here, before the first byte leaves: a run whose process dies after this is never sent again by
    itself. A call that cannot be made (`sends` is False) is claimed to be ended, and leaves its attempt unsent.
    """
    claimed = CLAIM.run(run=run_id, process=process)
    return bool(claimed) and (not sends or bool(MARK_SENT.run(run=run_id)))


def next_attempt(process: str, run_id: int, failed: dict[str, Any], wait: timedelta) -> bool:
    """Close the attempt that provably did not execute, and prepare the next one. False when the run is not ours."""
    if not _owned_by(process).filter(pk=run_id).exists():
        return False
    Attempt.objects.filter(run_id=run_id, ended_at=None).update(state=Attempt.State.FAILED, ended_at=Now(), **failed)
    number = Attempt.objects.filter(run_id=run_id).count() + 1
    Attempt.objects.create(run_id=run_id, number=number)
    Attempt.objects.filter(run_id=run_id, number=number).update(not_before=Now() + wait)
    return True


def mark_sent(process: str, run_id: int) -> bool:
    """The prepared attempt is about to leave. False when the run is not ours any more."""
    return _owned_by(process).filter(pk=run_id).exists() and bool(MARK_SENT.run(run=run_id))


def renew(process: str, run_ids: set[int]) -> set[int]:
    """A sign of life for these runs of this process; those among them that somebody wants stopped."""
    performed = _owned_by(process).filter(pk__in=run_ids)
    performed.update(lease_until=Now() + LEASE)
    return set(performed.filter(cancel_requested=True).values_list("pk", flat=True))


def forgotten() -> list[int]:
    """Streaming runs whose process had the time to begin them and did not; old ones are left to the sweeper."""
    queued = Run.objects.filter(state=Run.State.QUEUED, in_background=False, queued_at__lt=Now() - FORGOTTEN)
    told_to_wait = Attempt.objects.filter(state=Attempt.State.PREPARED, not_before__gt=Now()).values("run_id")
    fresh = queued.filter(queued_at__gt=Now() - OVERDUE).exclude(pk__in=told_to_wait)
    return list(fresh.values_list("pk", flat=True)[:20])


def end(process: str, log: RunLog, outcome: Outcome) -> bool:
    """Give the run its state and its record, which its events become. False when it was not ours any more."""
    folded = fold(log.events)
    outcome.record |= cost_of(log.run_id, outcome.record, outcome.usage)
    record = {
        **outcome.record,
        "state": outcome.state,
        "text": folded.text,
        "reasoning": folded.reasoning,
        "tool_calls": folded.tool_calls,
        "timeline": folded.timeline,
        "last_seq": folded.last_seq,
    }
    if not END.run(record, run=log.run_id, process=process):
        return False
    if outcome.state != Run.State.DONE:
        # Stopped while it waited for its turn: it never left.
        END_UNSENT.run({**outcome.attempt, "state": Attempt.State.FAILED}, run=log.run_id)
    END_ATTEMPT.run(outcome.attempt, run=log.run_id)
    with connection.cursor() as cursor:
        cursor.execute(DELETE_EVENTS, [log.run_id])
    Supplement.keep(log.run_id, folded.choices, outcome.brought)
    if outcome.record.get("error_kind") == "key_rejected":
        _say_so_of_the_key(log.run_id)
    return True


def _say_so_of_the_key(run_id: int) -> None:
    """Its page says that it was rejected, and nobody's list of models is asked for with it any more."""
    run = Run.objects.select_related("provider", "user").only("queued_at", "provider", "user").get(pk=run_id)
    if run.provider:
        ApiKey.objects.reject(run.user, run.provider.origin, run.queued_at)


def _owned_by(process: str) -> QuerySet[Run]:
    return Run.objects.filter(owner=process, state=Run.State.RUNNING)


CLAIM = Update(
    lambda run, process: (
        Run.objects.filter(pk=run, state=Run.State.QUEUED),
        {"state": Run.State.RUNNING, "owner": process, "lease_until": Now() + LEASE, "begun_at": Now()},
    )
)
MARK_SENT = Update(
    lambda run: (
        Attempt.objects.filter(run_id=run, state=Attempt.State.PREPARED),
        {"state": Attempt.State.SENT, "sent_at": Now()},
    )
)
END = Update(
    lambda run, process: (
        Run.objects.filter(pk=run, state=Run.State.RUNNING, owner=process),
        {"owner": "", "lease_until": None, "ended_at": Now()},
    )
)
END_UNSENT = Update(
    lambda run: (
        Attempt.objects.filter(run_id=run, ended_at=None, state=Attempt.State.PREPARED),
        {"ended_at": Now()},
    )
)
END_ATTEMPT = Update(lambda run: (Attempt.objects.filter(run_id=run, ended_at=None), {"ended_at": Now()}))
DELETE_EVENTS = "DELETE FROM runs_runevent WHERE run_id = %s"
