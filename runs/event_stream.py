"""The frames of the socket as server-sent events, for pages whose network lets no WebSocket through.

Nobody acknowledges anything here, and the server underneath buffers whatever is not read. So an answer ends after as
much as a socket would send unacknowledged: a page that comes back for more, with its last number, has read it.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence

from channels.db import database_sync_to_async

from runs.following import LARGEST_UNACKNOWLEDGED, error_frame
from runs.relay import MOST_FOLLOWED, NO_SUCH_RUN, Frame, Relay

# Seconds between two signs of life, each of which also asks whether the person is still signed in. The first one goes
# out at once: without it a page could not tell a model that is silent from a proxy that holds everything back.
BEAT = 10.0
# Seconds that one answer lasts: proxies that know nothing of streams cut them at some time, this is at a time of ours.
LONGEST = 300.0
# Characters in one answer; the batch with which they are exceeded is its last.
LARGEST = LARGEST_UNACKNOWLEDGED
# Seconds after which a run of another process is read again. There are no wake-ups here, for a few pages at most.
RE_READ = 1.0

# For each run that is followed the number of the last event the page has: what it asks with, and where it goes on.
Cursor = dict[int, int]


def read_cursor(run_ids: Sequence[int], written: str) -> Cursor:
    """A cursor as it stands in an event's id: a number for each run, with commas; nothing means from the start.

    Raises `ValueError`.
    """
    if len(run_ids) > MOST_FOLLOWED:
        raise ValueError("more runs than one reader may follow")
    numbers = [int(number) for number in written.split(",")] if written else [0] * len(run_ids)
    return dict(zip(run_ids, numbers, strict=True))


async def event_stream(
    cursor: Cursor, *, visible: set[int], is_welcome: Callable[[], bool], at_once: bool
) -> AsyncIterator[str]:
    """What happened to these runs after the cursor, and then what happens, until all have ended.

    With `at_once`, only what happened. `is_welcome` is asked from time to time, in a thread that may use the database.
    """
    relay = Relay(re_read=RE_READ)
    started = beaten = time.monotonic()
    size = 0
    try:
        for run_id, after in cursor.items():
            if run_id in visible:
                await relay.follow(run_id, after)
            else:
                relay.tell(error_frame(run_id, NO_SUCH_RUN))
        yield ": beat\n\n"
        while relay.run_ids:
            await relay.wait()
            if time.monotonic() - beaten > BEAT:
                beaten = time.monotonic()
                if not await database_sync_to_async(is_welcome)():
                    return
                yield ": beat\n\n"
            async for frames in relay.batches():
                events = "".join(_event(frame, cursor) for frame in frames)
                yield events
                _took(relay, frames)
                size += len(events)
                if size > LARGEST:
                    return
            if at_once or time.monotonic() - started > LONGEST:
                return
    finally:
        relay.close()


def _event(frame: Frame, cursor: Cursor) -> str:
    """A frame as an event whose id, where it has one, is the cursor behind it. A frame is a single line."""
    if not frame.seq:
        return f"data: {frame.content}\n\n"
    cursor[frame.run_id] = frame.seq
    return f"id: {','.join(map(str, cursor.values()))}\ndata: {frame.content}\n\n"


def _took(relay: Relay, frames: Sequence[Frame]) -> None:
    for frame in frames:
        if frame.is_last:
            relay.unfollow(frame.run_id)
        elif frame.seq:
            relay.acknowledge(frame.run_id, frame.seq)
