"""The provider of these tests: the fault server, under names that stand in the model picker."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faultserver import FaultServer

# Its key, as every member of the cast has stored it.
KEY = "sk-of-the-cast"
# Models of the fault server that tests ask for; the number is tokens, the one behind it tokens a second.
MODELS = [
    "tokens/8",
    "tokens/60@30",
    "tokens/2000@50",
    "fault/key-rejected",
    "fault/out-of-credit",
    "fault/html",
    "fault/truncated",
]


class Upstream(FaultServer):
    def forget(self) -> None:
        """What one test told and asked is nothing to the next."""
        with self._lock:
            self._told.clear()
            self.requests.clear()

    def wait_for_a_goodbye(self, connections: int, seconds: float) -> bool:
        """Are fewer than so many connections open, at the latest after so many seconds?"""
        with self._lock:
            return self._lock.wait_for(lambda: self.connections_open < connections, seconds)


@contextmanager
def dead_port() -> Iterator[int]:
    """A port of this machine that refuses every connection for as long as the block lasts."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])
