"""What a Celery worker does for runs. A queue carries run ids and nothing else."""

import threading

from celery.signals import worker_ready, worker_shutting_down

from runs.sweeper import sweep_forever

_stopped = threading.Event()


@worker_ready.connect
def start_sweeper(**_: object) -> None:
    threading.Thread(target=sweep_forever, args=[_stopped], name="sweeper", daemon=True).start()


@worker_shutting_down.connect
def stop_sweeper(**_: object) -> None:
    _stopped.set()
