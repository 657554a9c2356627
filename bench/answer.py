"""An answer as a client got it, and what its tokens tell about the way they took."""

import hashlib
from dataclasses import dataclass, field

from timed_text import microseconds, send_times


@dataclass
class Answer:
    """The pieces of one answer with their times of arrival, in microseconds of the monotonic clock."""

    name: str
    asked: int = field(default_factory=microseconds)
    pieces: list[tuple[int, str]] = field(default_factory=list)
    ended: int = 0
    problem: str = ""

    def arrived(self, text: str, at: int) -> None:
        self.pieces.append((at, text))

    def end(self, problem: str = "") -> None:
        self.ended = microseconds()
        self.problem = self.problem or problem

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.pieces)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def first_token_ms(self) -> float:
        """From the click until there was something to read."""
        return (self.pieces[0][0] - self.asked) / 1000

    def delays_ms(self) -> list[float]:
        """For each token, from the provider's send call until it could be painted."""
        delays = []
        pieces = iter(self.pieces)
        covered = arrived = 0
        for end, sent in send_times(self.text):
            while covered < end:
                arrived, text = next(pieces)
                covered += len(text)
            delays.append((arrived - sent) / 1000)
        return delays
