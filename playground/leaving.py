"""How a worker ends that was asked to: after its running jobs, but not later than it may, and at once when asked again.

Celery waits for running jobs without end, and a thread cannot be ended from outside. So the process ends, and what it
was doing is settled as if it had been killed: the database knows, and the sweeper of another worker looks after it.
"""

import logging
import os
import threading

logger = logging.getLogger(__name__)


class Leaving:
    def __init__(self, patience: float) -> None:
        """`patience`: seconds that running jobs get to finish."""
        self._patience = patience
        self._was_asked = False

    def ask(self, *, at_once: bool = False) -> None:
        """Called for each request to end, also within a signal handler."""
        if at_once or self._was_asked:
            self._end("It was asked not to wait")
        self._was_asked = True
        limit = threading.Timer(self._patience, self._end, args=[f"Its {self._patience:g} s are over"])
        # A worker whose jobs have finished does not stay for this.
        limit.daemon = True
        limit.start()

    def _end(self, reason: str) -> None:
        logger.warning("%s: the worker ends with jobs still running", reason)
        # Anything gentler waits for the threads.
        os._exit(1)
