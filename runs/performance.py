"""One run while this process performs it: its call, the attempts at it, and the record that it becomes.

What the provider says is read when the journal is about to store it, and told to the followers once it has.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from providers import client
from providers.client import Answer, Batch, Call
from providers.errors import Broken, NotSent, ProviderError
from runs import calls, metrics, ownership
from runs.audience import Audience
from runs.journal import READ_AT_ONCE, Journal
from runs.models import Run
from runs.recorder import Recorder
from runs.run_log import LostError, Outcome, RunLog
from runs.storage import FAILURES, trouble_of

logger = logging.getLogger(__name__)

# Attempts at a call that provably did not execute, the first one included.
MOST_ATTEMPTS = 3
# Seconds; a provider that asks for more is waited for this long and then believed no more.
LONGEST_WAIT = 60.0
# Seconds before each further attempt when the provider did not say how long to wait.
WAITS = {"rate_limited": (2.0, 8.0), "overloaded": (2.0, 8.0), "connect_failed": (0.3, 1.0), "unknown_host": (0.3, 1.0)}
# Seconds between two tries to store something, while the database stores nothing.
INSISTENCE = 1.0


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


def claimed_call(process: str, run: Run) -> Call | NotSent | None:
    """What to send, if the run is this process's to perform now; within the caller's transaction."""
    call = calls.prepare(run)
    return call if ownership.claim(process, run.pk, sends=isinstance(call, Call)) else None


class Performance:
    """A run that this process performs right now."""

    def __init__(
        self, run_id: int, journal: Journal, audience: Audience, *, user_id: int | None = None, may_wait: bool = True
    ) -> None:
        self.run_id = run_id
        # Whose run it is, where whoever began it said so.
        self.user_id = user_id
        self.log = RunLog(run_id, journal, on_stored=partial(audience.advance, run_id), on_lost=self._lose)
        # The state that its run ends in, once that is known: why the task was cancelled, or how it went.
        self.ending = ""
        # While it waits for its next attempt.
        self.pause: Pause | None = None
        # The record is written, or somebody else's to write: the database knows more than the log.
        self.has_ended = False
        # A process that has to end cannot wait for a database that stores nothing.
        self.may_wait = may_wait
        self.task: asyncio.Task[None]
        self._journal = journal
        self._audience = audience
        self._recorder = Recorder()
        # What went wrong where the answer was read, by our own mistake.
        self._misread: Exception | None = None

    def begin(self, call: Call | NotSent | None) -> None:
        """Perform it; with None, what there is to call is found out and claimed first."""
        self.task = asyncio.get_running_loop().create_task(self._perform(call), name=f"run {self.run_id}")

    def end(self, state: str) -> None:
        """Close its connection and keep what has arrived, unless it is ending already."""
        if not self.ending:
            self.ending = state
            self.task.cancel()

    def _lose(self) -> None:
        """Nothing more can be shown of this run: the provider is not to be paid for words that nobody reads."""
        self._tell(Run.State.RUNNING, {"reason": "not_stored"})
        self.end(Run.State.INTERRUPTED)

    async def _perform(self, call: Call | NotSent | None) -> None:
        """The whole run. Every way out of it is an outcome, or leaves the run to the sweeper."""
        try:
            call = call or await self._insist(self._claim)
            if call is None:
                # Somebody else performs it, or it was cancelled first; followers are to look.
                self._tell(Run.State.CANCELLED)
                return
            self._tell(Run.State.RUNNING)
            outcome = await self._outcome(call)
        except asyncio.CancelledError:
            ending = self.ending or Run.State.INTERRUPTED
            recorder = self._recorder
            outcome = recorder.failed(Broken("not_stored")) if self.log.lost else recorder.stopped(ending)
        except LostError:
            outcome = self._recorder.failed(Broken("not_stored"))
        except NotSent as error:
            # The journal raises an error that is the answer to what it was asked.
            outcome = self._recorder.failed(error)
        except Exception:
            # Let it be loud in the log; the person gets a card, not an endless wait.
            logger.exception("Run %d failed by our own mistake", self.run_id)
            outcome = self._recorder.failed(Broken("internal_error"))
        try:
            await self._finish(outcome)
        except Exception:
            # Something of the record cannot be stored. Without it, the run ends all the same, with its text.
            logger.exception("The record of run %d could not be stored", self.run_id)
            bare = Recorder()
            bare.has_output = self._recorder.has_output
            await self._finish(bare.failed(Broken("internal_error")))

    async def _claim(self) -> Call | NotSent | None:
        call: Call | NotSent | None = await self._journal.perform(
            lambda: claimed_call(self._journal.owner, calls.to_perform(self.run_id))
        )
        return call

    async def _finish(self, outcome: Outcome) -> None:
        outcome.record["duration_ms"] = self.log.ms
        # Whoever stops or drains now must not tear the ending apart.
        self.ending = outcome.state
        try:
            ended = await self._insist(lambda: self._journal.finish(self.log, outcome))
        except LostError:
            ended = False
        self.has_ended = True
        if not ended:
            logger.warning("Run %d was not this process's to end", self.run_id)
        else:
            metrics.run_ended(outcome.state, outcome.record)
            logger.info("A run ended", extra=self._facts(outcome))
        # Told even if it was not ours to end: followers then read from the database how it really ended.
        last_seq = self.log.events[-1].seq if self.log.events else 0
        self._tell(outcome.state, {"last_seq": last_seq} if ended else {})

    def _facts(self, outcome: Outcome) -> dict[str, object]:
        """What the log says of a run: nothing of what was asked or answered."""
        return {
            "run": self.run_id,
            "state": str(outcome.state),
            "model": outcome.record.get("served_model", ""),
            "ms": outcome.record["duration_ms"],
            "error_kind": outcome.record.get("error_kind", ""),
        }

    # The call

    async def _outcome(self, call: Call | NotSent) -> Outcome:
        """Make the call, again where that is safe, until there is an outcome."""
        if isinstance(call, NotSent):
            return self._recorder.failed(call)
        for number in range(1, MOST_ATTEMPTS + 1):
            recorder = self._recorder
            try:
                self.log.restart_clock()
                await self._hear(call)
                return recorder.done()
            except ProviderError as error:
                metrics.attempt_failed(error.kind.name)
                wait = _seconds_to_wait(error, number)
                if wait is None or recorder.has_output or not await self._wait_to_try_again(error, wait, number):
                    return recorder.failed(error)
                # What the failed attempt said of itself is not said of the next one.
                self._recorder = Recorder()
        raise AssertionError("the last attempt either ends or fails")

    async def _hear(self, call: Call) -> None:
        """Take the answer: as it comes, or whole."""
        self._recorder.streams = call.streams
        if not call.streams:
            batch = await client.complete(call)
            self._recorder.first_byte(self.log.ms)
            self._take(batch, self.log.ms)
            return
        async with client.stream(call) as answer:
            self._recorder.first_byte(self.log.ms)
            self.log.read_by(partial(self._read, answer))
            try:
                await answer.flow(self.log.has_news)
            except asyncio.CancelledError:
                # What had come when somebody stopped it is kept.
                while self._read(answer, READ_AT_ONCE, self.log.ms):
                    pass
                if self._misread:
                    logger.error("Run %d was misread at its end", self.run_id, exc_info=self._misread)
                raise
            finally:
                self.log.read_by(None)
            if self._misread:
                raise self._misread
            for batch in answer.rest():
                self._take(batch, self.log.ms)

    def _read(self, answer: Answer, most: int, ms: int) -> bool:
        """Take so many bytes of what has come of the answer; whether there is more.

        It is the journal that asks, which has other runs to store: what goes wrong with this one is left to its task.
        """
        try:
            if batch := answer.read(most):
                self._take(batch, ms)
        except Exception as error:
            self._misread = error
            answer.leave()
        return answer.has_more

    def _take(self, batch: Batch, ms: int) -> None:
        """Hand over what was read at once, as one piece where it can be."""
        for kind, payload in self._recorder.take(batch, ms):
            self.log.write(kind, payload, ms)

    async def _wait_to_try_again(self, error: ProviderError, seconds: float, number: int) -> bool:
        """Let the provider breathe, visibly; False when the run was ended meanwhile."""
        failed = {"status": error.status, "error_kind": error.kind.name, "error_detail": error.detail}
        process, wait = self._journal.owner, timedelta(seconds=seconds)
        prepare = partial(ownership.next_attempt, process, self.run_id, failed, wait)
        if not await self._insist(lambda: self._journal.perform(prepare)):
            raise LostError(f"run {self.run_id}")
        self.pause = Pause(error.kind.name, time.monotonic() + seconds, attempt=number + 1)
        self._tell(Run.State.QUEUED, self.pause.facts)
        await asyncio.sleep(seconds)
        self.pause = None
        mark_sent = partial(ownership.mark_sent, process, self.run_id)
        sent = await self._insist(lambda: self._journal.perform(mark_sent))
        self._tell(Run.State.RUNNING)
        return bool(sent)

    # The database, and whoever follows

    async def _insist(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """Have this done in the database, again and again while it stores nothing; followers are told what is awaited.

        A process that has to end cannot wait: then the run is left to the sweeper, with `LostError`.
        """
        while True:
            try:
                return await act()
            except FAILURES as error:
                if trouble_of(error) is None:
                    raise
            if not self.may_wait:
                raise LostError(f"run {self.run_id}")
            self._tell(Run.State.RUNNING, {"reason": "not_stored"})
            await asyncio.sleep(INSISTENCE)

    def _tell(self, state: str, facts: dict[str, object] | None = None) -> None:
        self._audience.notice(self.run_id, state, facts)


def _seconds_to_wait(error: ProviderError, attempts: int) -> float | None:
    """Seconds until a further attempt, or None where only a person may decide on one."""
    if not error.kind.retryable or attempts >= MOST_ATTEMPTS or error.kind.name not in WAITS:
        return None
    if error.kind.name == "overloaded" and error.status != 529 and error.retry_after is None:
        return None
    if error.retry_after is not None:
        return min(max(error.retry_after, 0.0), LONGEST_WAIT)
    return WAITS[error.kind.name][attempts - 1]
