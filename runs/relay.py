"""What one reader is told about the runs it follows: the socket has one of these, and so has the event stream."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple, cast

from channels.db import database_sync_to_async

from runs.engine import engine
from runs.folding import StoredEvent
from runs.followers import followers
from runs.following import Following, Window, end_frame, error_frame, event_frame, state_frame
from runs.models import Run
from runs.reading import PAGE, read_after, waiting

# Runs that one reader may follow.
MOST_FOLLOWED = 200
# What a stranger is told of a run, and anybody of one that does not exist.
NO_SUCH_RUN = "There is no such run."


class Frame(NamedTuple):
    """One message to a reader. What is no numbered event of a run has the number 0."""

    content: str
    run_id: int = 0
    seq: int = 0
    is_last: bool = False


class Relay:
    """Follows any number of runs for one reader: each event once, in order, and no more than the reader can take."""

    def __init__(self, *, re_read: float, say: Callable[[list[Frame]], None] | None = None) -> None:
        """`re_read`: seconds after which a run of another process is read again, in case a wake-up was lost.

        `say`: gives frames to the reader without waiting, where there is such a way.
        """
        self._followings: dict[int, Following] = {}
        # Not followed any more, with frames that may still be on their way.
        self._left: dict[int, Following] = {}
        self._window = Window()
        self._notices: deque[Frame] = deque()
        self._awake = asyncio.Event()
        self._is_idle = False
        self._say = say
        self._broke: Exception | None = None
        self._re_read = re_read
        self._timer: asyncio.TimerHandle | None = None
        self._has_rung = False
        # Of what is followed, some has to be read: it was not kept, or its end is not known.
        self.has_missed = False

    @property
    def run_ids(self) -> list[int]:
        """The runs that it follows."""
        return list(self._followings)

    # What the reader wants

    async def follow(self, run_id: int, after: int) -> None:
        """From the event behind this number on. The caller has checked that the reader may."""
        # What it was told as a follower before may still be on its way.
        self.unfollow(run_id)
        self._followings[run_id] = Following(run_id, max(after, 0), window=self._window)
        followers.add(run_id, self)
        if facts := await self._why_it_waits(run_id):
            self.tell(state_frame(run_id, Run.State.QUEUED, facts))
        self._awake.set()

    async def _why_it_waits(self, run_id: int) -> dict[str, object] | None:
        if engine().performs(run_id):
            pause = engine().pause_of(run_id)
            return pause.facts if pause else None
        return await database_sync_to_async(waiting)(run_id)

    def unfollow(self, run_id: int) -> bool:
        """Also to be called with the last frame of a run. True if the run was followed."""
        following = self._followings.pop(run_id, None)
        if following is None:
            return False
        followers.remove(run_id, self)
        if following.is_on_its_way:
            following.buffered.clear()
            self._left[run_id] = following
        return True

    def acknowledge(self, run_id: int, seq: int) -> None:
        for following in (self._followings.get(run_id), self._left.get(run_id)):
            if following:
                was_blocked = following.is_blocked
                following.acknowledge(seq)
                if was_blocked:
                    self._awake.set()
        if self._left:
            self._left = {run: left for run, left in self._left.items() if left.is_on_its_way}

    def close(self) -> None:
        """Nobody listens any more."""
        for run_id in self.run_ids:
            self.unfollow(run_id)
        if self._timer:
            self._timer.cancel()

    # What has happened

    def advance(self, run_id: int, events: Sequence[StoredEvent]) -> None:
        """Events of a run of this process are stored."""
        if following := self._followings.get(run_id):
            following.offer(events)
            if self._say and self._is_idle and not self._awake.is_set():
                self._say_at_once(following, self._say)
            else:
                self._awake.set()

    def _say_at_once(self, following: Following, say: Callable[[list[Frame]], None]) -> None:
        """Nobody is sending anything, so what is new can go out right here: a task that wakes for each token takes as
        long as the sending.
        """
        try:
            if frames := _buffered(following):
                say(frames)
        except Exception as error:
            # Raised where this reader's frames are sent, and not at the journal, which tells others as well.
            self._broke = error
        if self._broke or following.is_behind:
            self._awake.set()

    def notice(self, run_id: int, state: str, facts: dict[str, object]) -> None:
        """A run of this process changed its state."""
        following = self._followings.get(run_id)
        if following and state in Run.FINAL:
            following.final_state = state
            following.final_seq = cast("int | None", facts.get("last_seq"))
            self._awake.set()
        elif following:
            self.tell(state_frame(run_id, state, facts))

    def catch_up(self, run_id: int) -> None:
        """A run of another process has gone on."""
        if following := self._followings.get(run_id):
            following.is_behind = True
            self._awake.set()

    def tell(self, content: str) -> None:
        """Give the reader this frame, before anything of a run."""
        self._notices.append(Frame(content))
        self._awake.set()

    # What the reader gets

    @property
    def is_given_up(self) -> bool:
        """The reader has not acknowledged anything for too long."""
        followings = self._followings.values()
        return any(following.is_given_up for following in followings) or (bool(followings) and self._window.is_stuck)

    async def wait(self) -> bool:
        """Until there may be something to send; True when it is time to look around, which it is every so often."""
        if self._timer is None:
            # One that rings every so often, and not one for each wait: a token costs a wait.
            self._timer = asyncio.get_running_loop().call_later(self._re_read, self._ring)
        self._is_idle = True
        try:
            await self._awake.wait()
        finally:
            self._is_idle = False
        self._awake.clear()
        if self._broke:
            raise self._broke
        has_rung, self._has_rung = self._has_rung, False
        if has_rung:
            self._look_after_others()
        return has_rung

    def _ring(self) -> None:
        self._timer, self._has_rung = None, True
        self._awake.set()

    async def batches(self) -> AsyncIterator[list[Frame]]:
        """All that may be sent right now. What is given counts as sent, and as unacknowledged."""
        if frames := self.ready():
            yield frames
        if self.has_missed:
            async for frames in self.missed():
                yield frames

    def ready(self) -> list[Frame]:
        """What may be sent right now and is at hand, which is all of it as long as the reader keeps up.

        `has_missed` says afterwards whether there is more to be had from `missed`.
        """
        frames = list(self._notices)
        self._notices.clear()
        self.has_missed = False
        for following in self._followings.values():
            frames += _buffered(following)
            if following.is_complete:
                frames.append(_end(following, following.last_seq, following.final_state))
            elif following.is_behind or following.final_state:
                self.has_missed = True
        return frames

    async def missed(self) -> AsyncIterator[list[Frame]]:
        """What has to be read before it can be sent."""
        for following in list(self._followings.values()):
            if following.is_complete:
                continue
            if following.final_state and not following.buffered:
                following.is_behind = True
            while following.is_behind and not following.is_blocked:
                if frames := await self._read_frames(following):
                    yield frames

    def _look_after_others(self) -> None:
        """Runs of other processes may have gone on without a wake-up."""
        for following in self._followings.values():
            following.is_behind = following.is_behind or not engine().performs(following.run_id)

    async def _read_frames(self, following: Following) -> list[Frame]:
        """The next frames from the database; the last one of the run, if there is no more to come."""
        following.is_behind = False
        run_id = following.run_id
        stored = engine().stored_after(run_id, following.last_seq)
        if stored is not None:
            # This process performs the run and knows by heart what it has stored.
            following.is_behind = len(stored) > PAGE
            return _taken(following, stored[:PAGE])
        try:
            progress = await database_sync_to_async(read_after)(run_id, following.last_seq)
        except Run.DoesNotExist:
            return [Frame(error_frame(run_id, NO_SUCH_RUN), run_id, is_last=True)]
        frames = _taken(following, progress.events)
        if progress.state not in Run.FINAL and progress.state != following.seen_state:
            if following.seen_state:
                frames.append(Frame(state_frame(run_id, progress.state, {})))
            following.seen_state = progress.state
        if progress.last_seq is None or len(frames) < len(progress.events):
            following.is_behind = following.is_behind or progress.may_have_more
        else:
            following.is_behind = False
            frames.append(_end(following, progress.last_seq, progress.state))
        return frames


def _buffered(following: Following) -> list[Frame]:
    frames = []
    while event := following.take():
        frames.append(_sent(following, event))
    return frames


def _end(following: Following, last_seq: int, state: str) -> Frame:
    return Frame(end_frame(following.run_id, last_seq + 1, state), following.run_id, last_seq + 1, is_last=True)


def _taken(following: Following, events: Sequence[StoredEvent]) -> list[Frame]:
    """As many of these as the reader can take; what is left is to be read again."""
    frames = []
    for event in events:
        if following.is_blocked:
            following.is_behind = True
            break
        frames.append(_sent(following, event))
    return frames


def _sent(following: Following, event: StoredEvent) -> Frame:
    content = event_frame(following.run_id, event)
    following.sent(event.seq, len(content))
    return Frame(content, following.run_id, event.seq)
