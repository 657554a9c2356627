"""A child that does not outlive its supervisor, however that one ends.

The supervisor holds the writing end of a pipe and writes nothing. Its children wait on the reading end: it closes when
the supervisor is gone, also when that was killed and could say nothing.
"""

import os
import signal
import threading
import time

VARIABLE = "PLAYGROUND_LIFELINE_FD"
# What an orphan gets to end by itself.
GRACE_SECONDS = 10


def hold() -> None:
    """From now on this process ends when its supervisor does. Without a supervisor, nothing."""
    descriptor = os.environ.pop(VARIABLE, "")
    if descriptor:
        threading.Thread(target=_end_with, args=(int(descriptor),), name="lifeline", daemon=True).start()


def _end_with(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
