"""The one writer of this process: group commit for all its runs.

A token is stored before it is shown. Storing each one by itself does not work: 50 streams took 34 s instead of 5.7 s
that way, since every commit waits for the disk. So one writer takes whatever all runs have for it, commits it in one
transaction, reports, and starts over. The commit itself sets the pace: while one is on its way to the disk, the next
one's content gathers.

Every statement is fenced: it writes only to runs that are still `running` and still owned by this process, so a process
that was thought dead and comes back writes nothing.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from runs import metrics, ownership
from runs.event_rows import Taken, store_events
from runs.quick_commits import QuickCommits
from runs.run_log import LostError, Outcome, RunLog
from runs.storage import FAILURES, storage, trouble_of

logger = logging.getLogger(__name__)

# Seconds between two commits at least, so that a fast disk does not turn every token into a transaction; the first
# event of a run, a start and an end do not wait for it. Found by measurement, see bench/README.md.
SHORTEST_BEAT = 0.016
# Bytes that are read of all answers for one commit, and of one of them at least: reading holds up everybody else.
READ_AT_ONCE, SMALLEST_SHARE = 256 * 1024, 2 * 1024
# Seconds that a failing database is tried again before the runs are given up.
PATIENCE = 10.0
# Threads that store starts beside the tokens, where the database takes several writers. More of them were slower.
ASIDE = 1

# Something to be done in the writer's transaction; what it raises undoes it alone.
Work = Callable[[], Any]
Asked = tuple[Work, asyncio.Future[Any]]


class Journal:
    """Gathers what the runs of this process have to write, and commits it together."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid4().hex[:8]}"
        self._logs: dict[int, RunLog] = {}
        self._works: list[Asked] = []
        self._wanted = asyncio.Event()
        self._urgent = asyncio.Event()
        # One thread, one connection: SQLite has one writer anyway, and the order of commits is the order of calls.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._aside = ThreadPoolExecutor(max_workers=ASIDE, thread_name_prefix="journal-aside")
        self._quick = QuickCommits(self.owner)
        self._writer: asyncio.Task[None] | None = None
        self._is_closed = False

    def want(self, log: RunLog, *, at_once: bool = False) -> None:
        """This log has something to be stored. In a closed journal nothing is, and nothing of it is shown."""
        if self._is_closed:
            return
        self._logs[log.run_id] = log
        if at_once or not log.stored:
            self._urgent.set()
        self._wanted.set()
        self._awake()

    async def finish(self, log: RunLog, outcome: Outcome) -> bool:
        """End a run: its events become its record, in one transaction. False when it was not ours any more."""
        self._logs.pop(log.run_id, None)
        log.take()
        ended = bool(await self.perform(lambda: ownership.end(self.owner, log, outcome)))
        if ended and (last := log.events[log.stored :]):
            log.on_stored(last)
        return ended

    async def perform(self, work: Work) -> Any:
        """Do this in the writer's next transaction, and give back what it returns. Raises `LostError` once closed."""
        self._expect_open()
        done = asyncio.get_running_loop().create_future()
        self._works.append((work, done))
        self._urgent.set()
        self._wanted.set()
        self._awake()
        return await done

    async def perform_aside(self, work: Work) -> Any:
        """Do this in a transaction of its own, where the database takes several at once: what has many rows to write
        would hold up the tokens of everybody else. Raises `LostError` once closed.
        """
        self._expect_open()
        if not connection.features.has_select_for_update:
            return await self.perform(work)
        _, (result,) = await self._commit_patiently([], [work], self._aside)
        if isinstance(result, Exception):
            raise result
        return result

    def _expect_open(self) -> None:
        if self._is_closed:
            raise LostError("this process stores nothing any more")

    def _awake(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write(), name="journal")

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wanted.wait()
            begun = loop.time()
            self._wanted.clear()
            self._urgent.clear()
            await self._store(*self._gathered())
            if (pause := SHORTEST_BEAT - (loop.time() - begun)) > 0 and not self._urgent.is_set():
                await self._pause(pause)
            else:
                # It may be that nothing above had to be waited for, and that there is more to be stored at once.
                await asyncio.sleep(0)

    def _gathered(self) -> tuple[list[Taken], list[Asked]]:
        """What there is to be stored now. Its own method, so that a journal at rest keeps no ended run in memory."""
        logs, self._logs = self._logs, {}
        works, self._works = self._works, []
        share = max(READ_AT_ONCE // max(len(logs), 1), SMALLEST_SHARE)
        taken = [(log, log.take(share)) for log in logs.values()]
        return [(log, events) for log, events in taken if events], works

    async def _pause(self, seconds: float) -> None:
        """Let content gather, unless somebody cannot wait."""
        timer = asyncio.get_running_loop().call_later(seconds, self._urgent.set)
        await self._urgent.wait()
        timer.cancel()

    async def _store(self, batch: list[Taken], works: list[Asked]) -> None:
        """Commit, then tell. What cannot be stored is never shown."""
        if not (batch or works):
            # Of what was read, nothing is to be stored. There may be more; others come first.
            await asyncio.sleep(0)
            return
        try:
            ours, results = await self._commit_patiently(batch, [work for work, _ in works], self._thread)
        except Exception as error:
            # One run's mistake must not cost the others their tokens; a database that is away costs all of them.
            if len(batch) + len(works) > 1 and trouble_of(error) is None:
                logger.warning("A commit of %d runs failed; each is tried by itself", len(batch) + len(works))
                for taken in batch:
                    await self._store([taken], [])
                for asked in works:
                    await self._store([], [asked])
                return
            if trouble_of(error) is None:
                logger.error("The database did not take a commit: %s", error)
            ours, results = set(), [error] * len(works)
        for log, events in batch:
            log.report(events, is_ours=log.run_id in ours)
        for (_, done), result in zip(works, results, strict=True):
            if done.done():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)

    async def _commit_patiently(
        self, batch: list[Taken], works: list[Work], thread: ThreadPoolExecutor
    ) -> tuple[set[int], list[Any]]:
        """Commit, for some seconds again and again while the database cannot be reached."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            begun = loop.time()
            try:
                # Events alone, as most commits are.
                quickly = None if works else self._quick.commit(batch)
                if quickly is None:
                    ours, results = await loop.run_in_executor(thread, self._commit, batch, works)
                else:
                    ours, results = quickly, []
            except FAILURES as error:
                trouble = storage.failed(error)
                # What has arrived is worth waiting for room; a person who waits is better told that there is none.
                is_worth_waiting = trouble is not None and (bool(batch) or trouble.passes_soon)
                if loop.time() > until or not is_worth_waiting:
                    raise
                await asyncio.sleep(0.25)
            else:
                metrics.committed(loop.time() - begun, events=sum(len(events) for _, events in batch))
                if storage.trouble and ours:
                    storage.works()
                return ours, results

    async def close(self) -> None:
        """Stop writing and give the connections back. What was waited for has been stored; the rest is lost."""
        self._is_closed = True
        if self._writer:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        for _, done in self._works:
            if not done.done():
                done.set_exception(LostError("this process stores nothing any more"))
        self._quick.close()
        for thread in (self._thread, self._aside):
            # What a thread does not give back is missing in the pool of connections, also when the thread is gone.
            await asyncio.get_running_loop().run_in_executor(thread, lambda: connection.close())
            thread.shutdown()

    # What follows runs in the writer's thread.

    def _commit(self, batch: list[Taken], works: list[Work]) -> tuple[set[int], list[Any]]:
        try:
            if not batch and len(works) == 1:
                # It can undo nothing but itself: its own transaction is enough.
                return set(), [_result_of(works[0])]
            lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
            with transaction.atomic(), connection.cursor() as cursor:
                results = [_result_of(work) for work in works]
                return store_events(cursor, self.owner, batch, lock=lock), results
        except FAILURES:
            # The next try gets a fresh connection.
            connection.close()
            raise


def _result_of(work: Work) -> Any:
    """What a work gives, or the error by which it undid itself; the rest of the transaction stays."""
    try:
        with transaction.atomic():
            return work()
    except FAILURES:
        raise
    except Exception as error:
        return error
