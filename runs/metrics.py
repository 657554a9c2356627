"""What this process sees of its runs, in figures for Prometheus; read by `/metrics`, where that is turned on.

A run, an attempt and a beat of the journal are counted, never a token. Each web process has figures of its own, to be
added up where they are gathered. A worker answers no HTTP: what it does stands in the database, and that is where the
gauges come from which `look_at_database` fills.
"""

import math
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Q
from django.db.models.functions import Now
from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from providers.errors import KINDS
from runs.followers import followers
from runs.models import Run

# A second series for every one, with the moment it was made: twice the page for nothing we ask.
disable_created_metrics()  # type: ignore[no-untyped-call]

# Seconds: from an echo on this machine to a model that thinks for minutes.
WAITING = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)
LASTING = (0.5, 1, 2, 5, 10, 20, 40, 60, 120, 300, 600, 1800)
# Seconds: from a fast disk to one that keeps readers waiting.
COMMITTING = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
# Events that one commit took.
GATHERING = (1, 2, 5, 10, 20, 50, 100, 200, 500)

RUNS_ENDED = Counter("playground_runs_ended", "Runs that this process ended, by their final state", ["state"])
RUNS_RUNNING = Gauge("playground_runs_running", "Runs that this process performs right now")
RUN_SECONDS = Histogram("playground_run_seconds", "From sending the request to the end of the run", buckets=LASTING)
FIRST_TOKEN_SECONDS = Histogram("playground_first_token_seconds", "Until the first token", buckets=WAITING)
UPSTREAM_ERRORS = Counter("playground_upstream_errors", "Attempts that ended in an error, by its kind", ["kind"])
JOURNAL_COMMIT_SECONDS = Histogram(
    "playground_journal_commit_seconds", "What a commit of the journal takes, its thread included", buckets=COMMITTING
)
JOURNAL_BEAT_EVENTS = Histogram("playground_journal_beat_events", "Events that one commit stored", buckets=GATHERING)
FOLLOWERS = Gauge("playground_followers", "Runs followed over sockets and event streams, counted once for each")
SOCKET_CONNECTIONS = Gauge("playground_socket_connections", "Open sockets of signed-in people")
QUEUE_DEPTH = Gauge("playground_queue_depth", "Queued runs in the database, of all processes")
RUNS_ABANDONED = Gauge("playground_runs_abandoned", "Runs whose process is gone and that no sweeper has ended")

# A series that begins with its first event hides that event from `increase()`.
for state in Run.FINAL:
    RUNS_ENDED.labels(state)
for kind in KINDS:
    UPSTREAM_ERRORS.labels(kind)

FOLLOWERS.set_function(lambda: len(followers))


def run_began() -> None:
    RUNS_RUNNING.inc()


def run_left() -> None:
    """This process does not perform it any more, however that came about."""
    RUNS_RUNNING.dec()


def run_ended(state: str, record: dict[str, Any]) -> None:
    RUNS_ENDED.labels(state).inc()
    RUN_SECONDS.observe(record["duration_ms"] / 1000)
    if "first_token_ms" in record:
        FIRST_TOKEN_SECONDS.observe(record["first_token_ms"] / 1000)


def attempt_failed(kind: str) -> None:
    UPSTREAM_ERRORS.labels(kind).inc()


def committed(seconds: float, events: int) -> None:
    """One beat of the journal; without events it only claimed, renewed or ended runs."""
    JOURNAL_COMMIT_SECONDS.observe(seconds)
    if events:
        JOURNAL_BEAT_EVENTS.observe(events)


def socket_opened() -> None:
    SOCKET_CONNECTIONS.inc()


def socket_closed() -> None:
    SOCKET_CONNECTIONS.dec()


def look_at_database() -> None:
    """Fill the gauges of what all processes share; not a number while the database does not answer."""
    try:
        found = Run.objects.under_way().aggregate(
            queued=Count("pk", filter=Q(state=Run.State.QUEUED)),
            abandoned=Count("pk", filter=Q(state=Run.State.RUNNING, lease_until__lt=Now())),
        )
    except DatabaseError:
        found = {"queued": math.nan, "abandoned": math.nan}
    QUEUE_DEPTH.set(found["queued"])
    RUNS_ABANDONED.set(found["abandoned"])
