"""A run, from `queued` to its record. A streaming one lives in the web process and is tied to no socket.

The view that accepted a message starts it; closing the page does not stop it. What the provider says goes to the
journal as it comes, and the journal tells the followers once it is stored.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from providers import client
from providers.client import Batch, Call
from providers.errors import Broken, NotSent, ProviderError
from runs import calls, metrics
from runs.folding import StoredEvent
from runs.followers import followers
from runs.journal import Journal
from runs.models import Run
from runs.recorder import Recorder
from runs.run_log import LostError, Outcome, RunLog
from runs.storage import FAILURES, trouble_of
from runs.wakeups import Wakeups

logger = logging.getLogger(__name__)

# Attempts at a call that provably did not execute, the first one included.
MOST_ATTEMPTS = 3
# Seconds; a provider that asks for more is waited for this long and then believed no more.
LONGEST_WAIT = 60.0
# Seconds before each further attempt when the provider did not say how long to wait.
WAITS = {"rate_limited": (2.0, 8.0), "overloaded": (2.0, 8.0), "connect_failed": (0.3, 1.0), "unknown_host": (0.3, 1.0)}
# Seconds between two signs of life, which also find out whether another process was asked to stop one of our runs.
PULSE = 1.0
# Seconds between two looks for runs that nobody began.
ADOPTION = 5.0


class HasRun(Protocol):
    """Something that a run belongs to."""

    @property
    def run(self) -> Run | None: ...


Queued = TypeVar("Queued", bound=HasRun)


@dataclass(frozen=True)
class Pause:
    """Why a run waits for its next attempt, and until when by the monotonic clock."""

    reason: str
    until: float
    attempt: int

    @property
    def facts(self) -> dict[str, object]:
        """As the page is told."""
        seconds = max(0.0, self.until - time.monotonic())
        return {"reason": self.reason, "seconds": round(seconds, 1), "attempt": self.attempt, "of": MOST_ATTEMPTS}


@dataclass(eq=False)
class Performance:
    """A run that this process performs right now."""

    task: asyncio.Task[None]
    log: RunLog
    # Whose run it is, where whoever began it said so.
    user_id: int | None = None
    # The state that its run ends in, once that is known: why the task was cancelled, or how it went.
    ending: str = ""
    # While it waits for its next attempt.
    pause: Pause | None = None
    # The record is written, or somebody else's to write: the database knows more than the log.
    has_ended: bool = False


class Engine:
    """The streaming runs of this process. One for each event loop, which is one for a process."""

    def __init__(self) -> None:
        self.journal = Journal()
        # Seconds between two signs of life of its runs.
        self.pulse = PULSE
        self._performances: dict[int, Performance] = {}
        self._wakeups = Wakeups()
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
            return queued, self._claimed_call(run)

        stored: tuple[Queued, Call | NotSent | None] = await self.journal.perform_aside(work)
        queued, call = stored
        if queued.run and call is not None:
            self._start(queued.run.pk, call, user_id=queued.run.user_id)
        return queued

    async def perform_next(self, choose: Callable[[], Run | None]) -> int | None:
        """Perform the run that `choose` gives, which is claimed in the same transaction; None when there is none."""

        def work() -> tuple[int, Call | NotSent] | None:
            run = choose()
            call = self._claimed_call(run) if run else None
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
        log = RunLog(run_id, self.journal, on_stored=lambda events: self._tell(run_id, events))
        log.on_lost = lambda: self._lose(run_id)
        task = asyncio.get_running_loop().create_task(self._perform(log, call), name=f"run {run_id}")
        self._performances[run_id] = Performance(task, log, user_id)
        metrics.run_began()
        task.add_done_callback(lambda _: self._left(run_id))
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
        self._end(run_id, Run.State.CANCELLED)

    async def drain(self, seconds: float, *, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Begin nothing new, let what runs finish, and interrupt what is still running after this many seconds.

        `last` is what is to happen before nothing more can be stored.
        """
        if self._is_draining:
            return
        self._is_draining = True
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
        for run_id in list(self._performances):
            self._end(run_id, Run.State.INTERRUPTED)
        await asyncio.gather(*self._tasks(), return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [performance.task for performance in self._performances.values()]

    def _left(self, run_id: int) -> None:
        self._performances.pop(run_id, None)
        metrics.run_left()

    def _end(self, run_id: int, state: str) -> None:
        performance = self._performances.get(run_id)
        if performance and not performance.ending:
            performance.ending = state
            performance.task.cancel()

    def _lose(self, run_id: int) -> None:
        """Nothing more can be shown of this run: the provider is not to be paid for words that nobody reads."""
        self._tell_state(run_id, Run.State.RUNNING, {"reason": "not_stored"})
        self._end(run_id, Run.State.INTERRUPTED)

    async def _perform(self, log: RunLog, call: Call | NotSent | None) -> None:
        """The whole run. Every way out of it is an outcome, or leaves the run to the sweeper."""
        recorder = Recorder()
        try:
            if call is None:
                call = await self._insist(
                    log, lambda: self.journal.perform(lambda: self._claimed_call(calls.to_perform(log.run_id)))
                )
            if call is None:
                # Somebody else performs it, or it was cancelled first; followers are to look.
                self._tell_state(log.run_id, Run.State.CANCELLED)
                return
            self._tell_state(log.run_id, Run.State.RUNNING)
            outcome = await self._outcome(call, log, recorder)
        except asyncio.CancelledError:
            ending = self._performances[log.run_id].ending or Run.State.INTERRUPTED
            outcome = recorder.failed(Broken("not_stored")) if log.lost else recorder.stopped(ending)
        except LostError:
            outcome = recorder.failed(Broken("not_stored"))
        except NotSent as error:
            # The journal raises an error that is the answer to what it was asked.
            outcome = recorder.failed(error)
        except Exception:
            # Let it be loud in the log; the person gets a card, not an endless wait.
            logger.exception("Run %d failed by our own mistake", log.run_id)
            outcome = recorder.failed(Broken("internal_error"))
        await self._finish(log, outcome)

    async def _finish(self, log: RunLog, outcome: Outcome) -> None:
        outcome.record["duration_ms"] = log.ms
        # Whoever stops or drains now must not tear the ending apart.
        performance = self._performances[log.run_id]
        performance.ending = outcome.state
        try:
            ended = await self._insist(log, lambda: self.journal.finish(log, outcome))
        except LostError:
            ended = False
        performance.has_ended = True
        if not ended:
            logger.warning("Run %d was not this process's to end", log.run_id)
        else:
            metrics.run_ended(outcome.state, outcome.record)
            logger.info("A run ended", extra=_facts(log, outcome))
        # Told even if it was not ours to end: followers then read from the database how it really ended.
        last_seq = log.events[-1].seq if log.events else 0
        self._tell_state(log.run_id, outcome.state, {"last_seq": last_seq} if ended else {})

    async def _insist(self, log: RunLog, act: Callable[[], Awaitable[Any]]) -> Any:
        """Have this done in the database, again and again while it stores nothing; followers are told what is awaited.

        A process that has to end cannot wait: then the run is left to the sweeper, with `LostError`.
        """
        while True:
            try:
                return await act()
            except FAILURES as error:
                if trouble_of(error) is None:
                    raise
            if self._is_draining:
                raise LostError(f"run {log.run_id}")
            self._tell_state(log.run_id, Run.State.RUNNING, {"reason": "not_stored"})
            await asyncio.sleep(PULSE)

    def _claimed_call(self, run: Run) -> Call | NotSent | None:
        """What to send, if the run is ours to perform now; runs in the journal's transaction."""
        call = calls.prepare(run)
        return call if self.journal.claim(run.pk, sends=isinstance(call, Call)) else None

    async def _outcome(self, call: Call | NotSent, log: RunLog, recorder: Recorder) -> Outcome:
        """Make the call, again where that is safe, until there is an outcome."""
        if isinstance(call, NotSent):
            return recorder.failed(call)
        for number in range(1, MOST_ATTEMPTS + 1):
            try:
                log.restart_clock()
                await self._hear(call, log, recorder)
                return recorder.done()
            except ProviderError as error:
                metrics.attempt_failed(error.kind.name)
                wait = _seconds_to_wait(error, number)
                if wait is None or recorder.has_output or not await self._wait(log, error, wait, number):
                    return recorder.failed(error)
        raise AssertionError("the last attempt either ends or fails")

    async def _hear(self, call: Call, log: RunLog, recorder: Recorder) -> None:
        """Take the answer: as it comes, or whole."""
        recorder.streams = call.streams
        if not call.streams:
            batch = await client.complete(call)
            recorder.first_byte(log.ms)
            await self._take(batch, log, recorder)
            return
        async with client.stream(call) as batches:
            recorder.first_byte(log.ms)
            async for batch in batches:
                await self._take(batch, log, recorder)

    async def _take(self, batch: Batch, log: RunLog, recorder: Recorder) -> None:
        """Hand over what one read gave, as one piece where it can be."""
        ms = log.ms
        for kind, payload in recorder.take(batch, ms):
            log.write(kind, payload, ms)
        if not log.has_room:
            await log.room()

    async def _wait(self, log: RunLog, error: ProviderError, seconds: float, number: int) -> bool:
        """Let the provider breathe, visibly; False when the run was ended meanwhile."""
        failed = {"status": error.status, "error_kind": error.kind.name, "error_detail": error.detail}
        wait = timedelta(seconds=seconds)
        prepare = partial(self.journal.next_attempt, log.run_id, failed, wait)
        if not await self._insist(log, lambda: self.journal.perform(prepare)):
            raise LostError(f"run {log.run_id}")
        pause = Pause(error.kind.name, time.monotonic() + seconds, attempt=number + 1)
        self._performances[log.run_id].pause = pause
        self._tell_state(log.run_id, Run.State.QUEUED, pause.facts)
        await asyncio.sleep(seconds)
        self._performances[log.run_id].pause = None
        mark_sent = partial(self.journal.mark_sent, log.run_id)
        sent = await self._insist(log, lambda: self.journal.perform(mark_sent))
        self._tell_state(log.run_id, Run.State.RUNNING)
        return bool(sent)

    def _tell(self, run_id: int, events: list[StoredEvent]) -> None:
        for follower in followers.of(run_id):
            follower.advance(run_id, events)
        self._wakeups.advanced(run_id, events[-1].seq)

    def _tell_state(self, run_id: int, state: str, facts: dict[str, object] | None = None) -> None:
        for follower in followers.of(run_id):
            follower.notice(run_id, state, facts or {})
        self._wakeups.changed(run_id)

    async def _beat(self) -> None:
        """While anything runs: renew the leases, and stop what somebody asked another process to stop."""
        while self._performances:
            await asyncio.sleep(self.pulse)
            try:
                for run_id in await self.journal.perform(lambda: self.journal.renew(set(self._performances))):
                    self.stop(run_id)
            except Exception as error:
                # Of a database in trouble the journal has spoken.
                if trouble_of(error) is None:
                    logger.exception("A heartbeat failed; the next one tries again")

    async def _adopt(self) -> None:
        while not self._is_draining:
            await asyncio.sleep(ADOPTION)
            try:
                for run_id in await self.journal.perform(self.journal.forgotten):
                    self.start(run_id)
            except Exception as error:
                if trouble_of(error) is None:
                    logger.exception("Looking for forgotten runs failed; the next look tries again")


def _facts(log: RunLog, outcome: Outcome) -> dict[str, object]:
    """What the log says of a run: nothing of what was asked or answered."""
    return {
        "run": log.run_id,
        "state": str(outcome.state),
        "model": outcome.record.get("served_model", ""),
        "ms": outcome.record["duration_ms"],
        "error_kind": outcome.record.get("error_kind", ""),
    }


def _seconds_to_wait(error: ProviderError, attempts: int) -> float | None:
    """Seconds until a further attempt, or None where only a person may decide on one."""
    if not error.kind.retryable or attempts >= MOST_ATTEMPTS or error.kind.name not in WAITS:
        return None
    if error.kind.name == "overloaded" and error.status != 529 and error.retry_after is None:
        return None
    if error.retry_after is not None:
        return min(max(error.retry_after, 0.0), LONGEST_WAIT)
    return WAITS[error.kind.name][attempts - 1]


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
