"""How long a provider is waited for."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from providers.client.faults import in_our_words
from providers.errors import Broken

T = TypeVar("T")


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to be connected, until the answer begins, between two pieces of it, and for the whole call."""

    connect: float = 10
    first_byte: float = 120
    idle: float = 60
    total: float = 1800


class Deadlines:
    """The deadlines of one call, which begins now."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._clock = asyncio.get_running_loop().time
        self._begin = self._clock() + timeouts.first_byte
        self._end = self._clock() + timeouts.total
        self._idle = timeouts.idle
        # The body has begun. Headers are no sign of it: some providers send them at once, and think then.
        self.began = False

    async def wait(self, step: Awaitable[T]) -> T:
        """What the step gives. Raises `ProviderError`s only, also when it takes too long."""
        # Counted from here and not from the last piece: the reader may have been busy with that one.
        patience = self._clock() + self._idle if self.began else self._begin
        try:
            async with asyncio.timeout_at(min(patience, self._end)):
                return await in_our_words(step)
        except TimeoutError as error:
            if patience >= self._end:
                raise Broken("too_slow") from error
            raise Broken("idle_timeout" if self.began else "first_byte_timeout") from error
