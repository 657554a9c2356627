"""How long a provider is waited for."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from providers.client.faults import FAULTS, worded
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
    """The deadlines of one call, which begins now and lasts until the end of the `with` block.

    One timer for the whole call, which looks when it rings whether anybody has waited too long by now. A timeout around
    each read cost a tenth of all that a token costs.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        # Read once: where both last as long it must not be up to a microsecond which of them has passed.
        now = self._loop.time()
        self._begin, self._end = now + timeouts.first_byte, now + timeouts.total
        self._idle = timeouts.idle
        # The body has begun. Headers are no sign of it: some providers send them at once, and think then.
        self.began = False
        # While an answer flows: whether something has come that was not read. Then the provider is not who is silent.
        self.is_unread: Callable[[], bool] | None = None
        # While somebody waits: who, how often they were cancelled before that, and until when.
        self._waiting: asyncio.Task[Any] | None = None
        self._cancelled_before = 0
        self._until = 0.0
        self._is_late = False
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()

    async def wait(self, step: Awaitable[T]) -> T:
        """What the step gives. Raises `ProviderError`s only, also when it takes too long."""
        task = asyncio.current_task()
        assert task is not None, "a coroutine runs in a task"  # noqa: S101
        # Counted from here and not from the last piece: the reader may have been busy with that one.
        self._until = min(self._loop.time() + self._idle if self.began else self._begin, self._end)
        self._waiting, self._cancelled_before = task, task.cancelling()
        # Each wait ends later than the one before it, but for the first one after the beginning.
        if self._until < self._rings_at:
            self._ring_at(self._until)
        try:
            # As `in_our_words` does it, without one more coroutine around each piece of an answer.
            return await step
        except asyncio.CancelledError as cancelled:
            # As in `asyncio.timeout`: anybody else's wish to end this task goes before ours.
            if self._is_late and task.uncancel() <= self._cancelled_before:
                raise self._too_late() from cancelled
            raise
        except FAULTS as error:
            ours = worded(error)
        finally:
            self._waiting = None
        raise ours

    def was_read(self) -> None:
        """What flows was read: from here on more is waited for."""
        self._until = min(self._loop.time() + self._idle, self._end)

    def _ring_at(self, moment: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer, self._rings_at = self._loop.call_at(moment, self._look), moment

    def _look(self) -> None:
        self._timer, self._rings_at = None, math.inf
        if self._waiting is None:
            return
        now = self._loop.time()
        if self.is_unread and self.is_unread():
            self._until = min(now + self._idle, self._end)
        if now < self._until:
            self._ring_at(self._until)
        else:
            self._is_late = True
            self._waiting.cancel()

    def _too_late(self) -> Broken:
        if self._until >= self._end:
            return Broken("too_slow")
        return Broken("idle_timeout" if self.began else "first_byte_timeout")
