"""What a Celery worker does for runs. A queue carries run ids and nothing else."""

import threading

from celery.signals import worker_ready, worker_shutdown

from runs.sweeper import sweep_forever

# Seconds that a sweep may take to end; one that waits for a database may be cut, and undone by it.
PATIENCE = 5.0

_stopped = threading.Event()
_sweeper = threading.Thread(target=sweep_forever, args=[_stopped], name="sweeper", daemon=True)


@worker_ready.connect
def start_sweeper(**_: object) -> None:
    _sweeper.start()


@worker_shutdown.connect
def stop_sweeper(**_: object) -> None:
    """After the last job: while a worker waits for that, it still looks after the runs of others."""
    _stopped.set()
    if _sweeper.is_alive():
        _sweeper.join(PATIENCE)
