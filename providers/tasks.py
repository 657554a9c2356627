"""What a Celery worker does for the catalogue beside its jobs."""

import threading

from celery.signals import worker_ready, worker_shutdown

from providers.refreshing import refresh_forever

_stopped = threading.Event()
_refresher = threading.Thread(target=refresh_forever, args=[_stopped], name="refresher", daemon=True)


@worker_ready.connect
def start_refresher(**_: object) -> None:
    _refresher.start()


@worker_shutdown.connect
def stop_refresher(**_: object) -> None:
    """Not waited for: a list that is cut short changes nothing, and is read again when its time comes."""
    _stopped.set()
