"""Background runs, performed in a worker: not streamed, and with nobody who has to keep a page open.

The engine that performs streams performs these as well, on an event loop of its own; a job of the worker only waits for
one of them. So leases, signs of life, cancelling and the record are the same, and so is what happens when it dies.
"""

import asyncio
import threading

from channels.db import database_sync_to_async

from providers import client
from runs import turns
from runs.engine import engine
from runs.telling import tell

# Seconds between two looks whether somebody has cancelled a run: its connection is to be closed within a second.
PULSE = 0.4


class Workshop:
    """The background runs of this worker. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def take_a_turn(self) -> bool:
        """Perform the run whose turn it is, if there is one. True when somebody is waiting behind it."""
        return asyncio.run_coroutine_threadsafe(self._take_a_turn(), self._running_loop()).result()

    async def _take_a_turn(self) -> bool:
        engine().pulse = PULSE
        # Before anything is marked as sent: a worker that is killed while it makes its client has sent nothing.
        await client.warm_up()
        performed = await engine().perform_next(turns.next_run)
        if performed is None:
            return False
        await database_sync_to_async(tell)(performed)
        return bool(await engine().journal.perform(turns.is_anybody_waiting))

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="background runs", daemon=True).start()
        return self._loop


workshop = Workshop()
