"""Everybody who follows a run: readers of this process are told, other processes are woken."""

from runs.folding import StoredEvent
from runs.followers import followers
from runs.wakeups import Wakeups


class Audience:
    """Whom the runs of one event loop are told to."""

    def __init__(self) -> None:
        self._wakeups = Wakeups()

    def advance(self, run_id: int, events: list[StoredEvent]) -> None:
        """These events, in order, are stored now."""
        for follower in followers.of(run_id):
            follower.advance(run_id, events)
        self._wakeups.advanced(run_id, events[-1].seq)

    def notice(self, run_id: int, state: str, facts: dict[str, object] | None = None) -> None:
        """The run's state changed, or why it waits."""
        for follower in followers.of(run_id):
            follower.notice(run_id, state, facts or {})
        self._wakeups.changed(run_id)
