"""Who in this process follows a run, and telling them. The text goes directly: it is in the database already."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from runs.folding import StoredEvent


class Follower(Protocol):
    """Somebody who wants to know. Both calls come from the event loop and must return at once."""

    def advance(self, run_id: int, events: Sequence[StoredEvent]) -> None:
        """These events, in order, are stored now."""
        ...

    def notice(self, run_id: int, state: str, facts: dict[str, object]) -> None:
        """The run's state changed; a final state comes after its last event."""
        ...


class Followers:
    """The followers of every run in this process."""

    def __init__(self) -> None:
        self._by_run: defaultdict[int, set[Follower]] = defaultdict(set)

    def add(self, run_id: int, follower: Follower) -> None:
        self._by_run[run_id].add(follower)

    def remove(self, run_id: int, follower: Follower) -> None:
        self._by_run[run_id].discard(follower)
        if not self._by_run[run_id]:
            del self._by_run[run_id]

    def of(self, run_id: int) -> tuple[Follower, ...]:
        return tuple(self._by_run.get(run_id, ()))

    def __len__(self) -> int:
        return sum(len(followers) for followers in self._by_run.values())


followers = Followers()
