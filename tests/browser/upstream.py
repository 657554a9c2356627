"""The provider of these tests: the fault server, under names that stand in the model picker."""

import re
import threading

from tests.faultserver import PATIENCE, FaultServer

# Its key, as every member of the cast has stored it.
KEY = "sk-of-the-cast"
# Models of the fault server that tests ask for; the number is tokens, the one behind it tokens a second.
MODELS = [
    "tokens/8",
    "tokens/2000@50",
    "fault/key-rejected",
    "fault/out-of-credit",
    "fault/html",
    "fault/truncated",
]


class Cue(threading.Event):
    """To be set once a page shows these words; the provider says nothing more before."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class Upstream(FaultServer):
    def stream_on_cue(self, text: str, parts: int) -> list[Cue]:
        """Answer the next call with this text in so many parts: the first when the first cue is given, and so on.

        The last cue ends the answer. However slow the machine is, a page has time to see each part come.
        """
        words = re.findall(r"\S+\s*", text)
        size = -(-len(words) // parts)
        told = ["".join(words[start : start + size]) for start in range(0, len(words), size)]
        cues = [Cue(""), *(Cue(part.split()[-1]) for part in told)]
        steps = [step for pair in zip(told, cues[1:], strict=True) for step in pair]
        self.stream(cues[0], *steps, tokens_per_second=100)
        return cues

    def forget(self) -> None:
        """What one test told and asked is nothing to the next."""
        with self._lock:
            self._told.clear()
            self.requests.clear()

    def wait_for_a_goodbye(self, connections: int, seconds: float = PATIENCE) -> bool:
        """Are fewer than so many connections open, at the latest after so many seconds?"""
        with self._lock:
            return self._lock.wait_for(lambda: self.connections_open < connections, seconds)
