"""A provider in memory: what it will say is queued, what it was asked is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from providers.client import Batch, Call
from providers.errors import ProviderError
from providers.events import Event, Finished, FinishReason, TextDelta

THE_END = Finished(FinishReason.STOP, "stop")


class FakeProvider:
    """Takes the place of `providers.client.stream`. A script is a list of events, errors to raise, and pauses."""

    def __init__(self) -> None:
        self.scripts: list[list[Event | ProviderError | asyncio.Event]] = []
        self.calls: list[Call] = []
        self.open = 0

    def say(self, *script: Event | ProviderError | asyncio.Event | str) -> None:
        """What the next call gets: strings are pieces of text, an `asyncio.Event` is waited for."""
        self.scripts.append([TextDelta(step) if isinstance(step, str) else step for step in script])

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[Batch]]:
        self.calls.append(call)
        script = self.scripts.pop(0)
        if script and isinstance(script[0], ProviderError):
            raise script[0]
        self.open += 1
        try:
            yield self._batches(script)
        finally:
            self.open -= 1

    async def _batches(self, script: list[Event | ProviderError | asyncio.Event]) -> AsyncIterator[Batch]:
        for step in script:
            if isinstance(step, ProviderError):
                raise step
            if isinstance(step, asyncio.Event):
                await step.wait()
            else:
                yield Batch([step], [repr(step)])
                await asyncio.sleep(0)
