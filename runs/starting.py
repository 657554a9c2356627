"""Where a run begins: in this process if it streams, in a worker if it does not."""

from collections.abc import Callable, Sequence
from importlib import import_module

from asgiref.sync import sync_to_async
from django.conf import settings

from runs.engine import Queued, engine


async def begin(queue: Callable[[], Queued]) -> Queued:
    """Store a run with what belongs to it, as `queue` does, and have it performed; see `Engine.begin`."""
    queued = await engine().begin(queue)
    if queued.run and queued.run.in_background:
        await sync_to_async(_call_workers)(1)
    return queued


async def begin_all(queue: Callable[[], Sequence[Queued]]) -> Sequence[Queued]:
    """The same for several runs, all of them in the background, stored in one transaction."""
    several: Sequence[Queued] = await engine().journal.perform_aside(queue)
    await sync_to_async(_call_workers)(len(several))
    return several


def _call_workers(times: int) -> None:
    # Not at the top: loading the queue's library takes 0.3 s. A web process does that once it answers.
    import_module(settings.JOBS)
    tasks = import_module("runs.tasks")
    for _ in range(times):
        tasks.call_a_worker()
