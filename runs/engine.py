"""The runs of this process: begun, adopted, kept alive, stopped, and let finish before the process ends.

A streaming run lives in the web process and is tied to no socket. The view that accepted a message starts it; closing
the page does not stop it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from providers.client import Call
from providers.errors import NotSent
from runs import metrics, ownership
from runs.audience import Audience
from runs.folding import StoredEvent
from runs.journal import Journal
from runs.models import Run
from runs.performance import Pause, Performance, claimed_call
from runs.storage import trouble_of

logger = logging.getLogger(__name__)

# Seconds between two signs of life, which also find out whether another process was asked to stop one of our runs.
PULSE = 1.0
# Seconds between two looks for runs that nobody began.
ADOPTION = 5.0


class HasRun(Protocol):
    """Something that a run belongs to."""

    @property
    def run(self) -> Run | None: ...


Queued = TypeVar("Queued", bound=HasRun)


class Engine:
    """The streaming runs of this process. One for each event loop, which is one for a process."""

    def __init__(self) -> None:
        self.journal = Journal()
        # Seconds between two signs of life of its runs.
        self.pulse = PULSE
        self._performances: dict[int, Performance] = {}
        self._audience = Audience()
        self._pulse: asyncio.Task[None] | None = None
        self._adopting: asyncio.Task[None] | None = None
        self._is_draining = False

    async def begin(self, queue: Callable[[], Queued]) -> Queued:
        """Store a run together with what belongs to it, and perform it.

        `queue` writes the rows, in the journal's thread, and gives back something with the `run`. It is claimed in the
        same transaction: one wait for the disk stands before the request instead of three, and writers of this process
        do not fight for the one lock of SQLite. What `queue` raises is raised here, and nothing is stored.
        """
        # Whoever goes away now must not leave a run behind that is claimed and not performed.
        return await asyncio.shield(asyncio.ensure_future(self._begin(queue)))

    async def _begin(self, queue: Callable[[], Queued]) -> Queued:
        def work() -> tuple[Queued, Call | NotSent | None]:
            queued = queue()
            run = queued.run
            if run is None or run.in_background or self._is_draining:
                return queued, None
            return queued, claimed_call(self.journal.owner, run)

        stored: tuple[Queued, Call | NotSent | None] = await self.journal.perform_aside(work)
        queued, call = stored
        if queued.run and call is not None:
            self._start(queued.run.pk, call, user_id=queued.run.user_id)
        return queued

    async def perform_next(self, choose: Callable[[], Run | None]) -> int | None:
        """Perform the run that `choose` gives, which is claimed in the same transaction; None when there is none."""

        def work() -> tuple[int, Call | NotSent] | None:
            run = choose()
            call = claimed_call(self.journal.owner, run) if run else None
            return (run.pk, call) if run and call is not None else None

        claimed: tuple[int, Call | NotSent] | None = await self.journal.perform(work)
        if claimed is None:
            return None
        run_id, call = claimed
        self._start(run_id, call)
        await self.ended(run_id)
        return run_id

    def start(self, run_id: int) -> None:
        """Perform this queued run. Call it once the run is committed; a second call does nothing."""
        if run_id not in self._performances and not self._is_draining:
            self._start(run_id, None)

    def _start(self, run_id: int, call: Call | NotSent | None, *, user_id: int | None = None) -> None:
        may_wait = not self._is_draining
        performance = Performance(run_id, self.journal, self._audience, user_id=user_id, may_wait=may_wait)
        performance.begin(call)
        self._performances[run_id] = performance
        metrics.run_began()
        performance.task.add_done_callback(lambda _: self._leave(performance))
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.get_running_loop().create_task(self._beat(), name="pulse")

    def adopt(self) -> None:
        """From now on, begin also what another process queued and did not live to begin."""
        self._adopting = asyncio.get_running_loop().create_task(self._adopt(), name="adopter")

    def performs(self, run_id: int) -> bool:
        return run_id in self._performances

    def performs_for(self, run_id: int, user_id: int) -> bool:
        """Whether this process performs this run, and knows that it is this person's."""
        performance = self._performances.get(run_id)
        return performance is not None and performance.user_id == user_id

    def pause_of(self, run_id: int) -> Pause | None:
        """What a run of this process waits for, if it waits for another attempt."""
        performance = self._performances.get(run_id)
        return performance.pause if performance else None

    def stored_after(self, run_id: int, seq: int) -> list[StoredEvent] | None:
        """What is stored of a run after this number; None when this process does not perform it and cannot know."""
        performance = self._performances.get(run_id)
        return performance.log.stored_after(seq) if performance and not performance.has_ended else None

    async def ended(self, run_id: int) -> None:
        """Wait until this process does not perform this run any more."""
        if performance := self._performances.get(run_id):
            await asyncio.wait([performance.task])

    def stop(self, run_id: int) -> None:
        """Close the connection of this run, if it is ours, and keep what has arrived."""
        if performance := self._performances.get(run_id):
            performance.end(Run.State.CANCELLED)

    async def drain(self, seconds: float, *, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Begin nothing new, let what runs finish, and interrupt what is still running after this many seconds.

        `last` is what is to happen before nothing more can be stored.
        """
        if self._is_draining:
            return
        self._is_draining = True
        for performance in self._performances.values():
            performance.may_wait = False
        await self._let_finish(seconds)
        if last:
            await last()
        # What was claimed in the moment before, and begun meanwhile.
        await self._let_finish(0)
        for task in (self._pulse, self._adopting):
            if task:
                task.cancel()
        await self.journal.close()

    async def _let_finish(self, seconds: float) -> None:
        if tasks := self._tasks():
            await asyncio.wait(tasks, timeout=seconds)
        for performance in self._performances.values():
            performance.end(Run.State.INTERRUPTED)
        await asyncio.gather(*self._tasks(), return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [performance.task for performance in self._performances.values()]

    def _leave(self, performance: Performance) -> None:
        self._performances.pop(performance.run_id, None)
        performance.log.let_go()
        metrics.run_left()

    async def _beat(self) -> None:
        """While anything runs: renew the leases, and stop what somebody asked another process to stop."""
        while self._performances:
            await asyncio.sleep(self.pulse)
            try:
                renew = partial(ownership.renew, self.journal.owner, set(self._performances))
                for run_id in await self.journal.perform(renew):
                    self.stop(run_id)
            except Exception as error:
                # Of a database in trouble the journal has spoken.
                if trouble_of(error) is None:
                    logger.exception("A heartbeat failed; the next one tries again")

    async def _adopt(self) -> None:
        while not self._is_draining:
            await asyncio.sleep(ADOPTION)
            try:
                for run_id in await self.journal.perform(ownership.forgotten):
                    self.start(run_id)
            except Exception as error:
                if trouble_of(error) is None:
                    logger.exception("Looking for forgotten runs failed; the next look tries again")


_engines: WeakKeyDictionary[asyncio.AbstractEventLoop, Engine] = WeakKeyDictionary()


def engine() -> Engine:
    """The engine of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _engines:
        _engines[loop] = Engine()
    return _engines[loop]


async def drain(seconds: float, *, last: Callable[[], Awaitable[None]]) -> None:
    """Let this process's runs finish before it ends; see `Engine.drain`."""
    await engine().drain(seconds, last=last)
