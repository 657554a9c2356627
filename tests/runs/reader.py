"""Somebody who follows a run within the process, as a socket does."""

import asyncio
from collections.abc import Sequence

from asgiref.sync import sync_to_async

from runs.folding import StoredEvent
from runs.followers import followers
from runs.models import Run

# Seconds that a run of a test may take on a busy machine.
PATIENCE = 30


class Reader:
    """Keeps what it is told, and knows when the run has begun to answer and when it has ended."""

    def __init__(self, run: Run) -> None:
        self.run, self.events = run, list[StoredEvent]()
        self.states: list[tuple[str, dict[str, object]]] = []
        self.ended, self.begun = asyncio.Event(), asyncio.Event()
        followers.add(run.pk, self)

    def advance(self, run_id: int, events: Sequence[StoredEvent]) -> None:
        self.events.extend(events)
        self.begun.set()

    def notice(self, run_id: int, state: str, facts: dict[str, object]) -> None:
        self.states.append((state, facts))
        if state in Run.FINAL:
            self.ended.set()

    @property
    def text(self) -> str:
        return "".join(event.payload for event in self.events if event.type == "text")

    async def end(self) -> Run:
        async with asyncio.timeout(PATIENCE):
            await self.ended.wait()
        followers.remove(self.run.pk, self)
        await sync_to_async(self.run.refresh_from_db)()
        return self.run
