"""What a Celery worker does for runs.

The database knows which runs wait, and whose turn it is. A message says only that there is something to do: one too
many finds nothing, and one that is lost is sent again by the sweeper.
"""

import logging
import os
import socket
import threading
from contextlib import suppress

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from django.db import DatabaseError

from runs.background import workshop
from runs.models import Run, Worker
from runs.sweeper import sweep_forever

logger = logging.getLogger(__name__)

# Seconds that a sweep may take to end; one that waits for a database may be cut, and undone by it.
PATIENCE = 5.0
# Messages that a sweeper sends at most at once. More than a worker has threads, and they would only pile up.
MOST_CALLS = 16

# One worker among others; its process number comes again only when it is gone.
NAME = f"{socket.gethostname()[:60]}, process {os.getpid()}"

_stopped = threading.Event()


@shared_task(name="runs.take_a_turn", queue="long")
def take_a_turn() -> None:
    """Perform a background run. Whoever waits behind it, because of a limit perhaps, is called for then."""
    if workshop.take_a_turn():
        call_a_worker()


def call_a_worker() -> None:
    """Say that there is something to do. That it cannot be said is no failure of the run: the sweeper says it later."""
    try:
        take_a_turn.apply_async(retry=False)
    except Exception as error:
        logger.warning("No worker could be called: %s", error)


def call_for_those_who_wait() -> None:
    """For runs whose message was lost, and for those that were given back."""
    for _ in Run.objects.waiting().values_list("pk")[:MOST_CALLS]:
        call_a_worker()


def look_around() -> None:
    """What a worker does every few seconds beside its jobs."""
    Worker.objects.sign(NAME)
    call_for_those_who_wait()


_sweeper = threading.Thread(target=sweep_forever, args=[_stopped, look_around], name="sweeper", daemon=True)


@worker_ready.connect
def start_sweeper(**_: object) -> None:
    _sweeper.start()


@worker_shutdown.connect
def stop_sweeper(**_: object) -> None:
    """After the last job: while a worker waits for that, it still looks after the runs of others."""
    _stopped.set()
    if _sweeper.is_alive():
        _sweeper.join(PATIENCE)
    with suppress(DatabaseError):
        Worker.objects.filter(name=NAME).delete()
