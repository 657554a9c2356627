"""Stopping a run, wherever it runs."""

from asgiref.sync import sync_to_async

from runs.engine import engine
from runs.models import Run


async def stop(run: Run) -> None:
    """Ask for the end of this run. Here it ends at once; another process sees the request within a second."""
    try:
        await sync_to_async(run.request_cancel)()
    finally:
        # Also when the database takes no changes: what is wanted is that the provider stops.
        engine().stop(run.pk)
