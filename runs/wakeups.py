"""Wake-ups for followers in other processes: a run's number and how far it got, never its text.

They go through the channel layer, at most ten a second for a run: token by token through Redis cost nine times the CPU
and stopped at 470 tokens a second. They are decoration: delivery is at most once and a full channel drops quietly, so
whoever is woken reads the database, and whoever is not reads it a little later.
"""

import asyncio
import logging

from channels.layers import get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)

# Seconds between two wake-ups for one run.
SHORTEST_GAP = 0.1


def group(run_id: int) -> str:
    return f"run.{run_id}"


class Wakeups:
    """Tells the other web processes about this one's runs; does nothing where there are none (no Redis)."""

    def __init__(self) -> None:
        self._due: dict[int, int] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._are_lost = False

    def advanced(self, run_id: int, seq: int) -> None:
        """Events up to this number are stored."""
        if not settings.REDIS_URL:
            return
        is_waiting = run_id in self._due
        self._due[run_id] = seq
        if not is_waiting:
            task = asyncio.get_running_loop().create_task(self._send(run_id))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def changed(self, run_id: int) -> None:
        """The state changed; there may be no new event."""
        self.advanced(run_id, self._due.get(run_id, 0))

    async def _send(self, run_id: int) -> None:
        await asyncio.sleep(SHORTEST_GAP)
        layer = get_channel_layer()
        assert layer is not None, "there is a Redis URL, so there is a layer"  # noqa: S101
        message = {"type": "run.advanced", "run": run_id, "seq": self._due.pop(run_id)}
        try:
            await layer.group_send(group(run_id), message)
        except Exception as error:
            # There are ten a second for each run; one line for all of them will do.
            if not self._are_lost:
                logger.warning("Wake-ups are not sent, from that for run %d on: %s", run_id, error)
            self._are_lost = True
        else:
            self._are_lost = False
