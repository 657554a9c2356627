"""A provider in memory: what it will say is queued, what it was asked is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
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
    async def stream(self, call: Call) -> AsyncIterator["FakeAnswer"]:
        self.calls.append(call)
        script = self.scripts.pop(0)
        if script and isinstance(script[0], ProviderError):
            raise script[0]
        self.open += 1
        try:
            yield FakeAnswer(script)
        finally:
            self.open -= 1


class FakeAnswer:
    """Takes the place of `providers.client.Answer`, whose interface it has."""

    def __init__(self, script: list[Event | ProviderError | asyncio.Event]) -> None:
        self._script = script
        self._said: list[Batch] = []
        self._error: ProviderError | None = None
        self._is_left = False

    async def flow(self, on_news: Callable[[], None]) -> None:
        for step in self._script:
            if isinstance(step, ProviderError):
                self._error = step
                return
            if isinstance(step, asyncio.Event):
                await step.wait()
            else:
                self._said.append(Batch([step], [repr(step)]))
                on_news()
                await asyncio.sleep(0)

    @property
    def has_more(self) -> bool:
        return bool(self._said) and not self._is_left

    def read(self, most: int = 0) -> Batch | None:
        return self._said.pop(0) if self.has_more else None

    def leave(self) -> None:
        self._is_left = True

    def rest(self) -> Iterator[Batch]:
        while batch := self.read():
            yield batch
        if self._error:
            raise self._error
