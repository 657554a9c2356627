"""What a worker does in the tests of how it ends. It is told to include this module."""

import time
from pathlib import Path

from celery import shared_task

# The file with a line for each job that was begun.
BEGUN = "begun"
# Seconds between two looks.
PAUSE = 0.02


@shared_task(name="tests.wait")
def wait(folder: str, name: str) -> None:
    """Begin, and go on until the test lets it finish."""
    begun, let_go, done = (Path(folder) / f"{name}.{word}" for word in ("begun", "let-go", "done"))
    with (Path(folder) / BEGUN).open("a") as all_begun:
        all_begun.write(f"{name}\n")
    begun.touch()
    while not let_go.exists():
        time.sleep(PAUSE)
    done.touch()
