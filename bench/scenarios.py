"""How many ask, how much and how fast they are answered."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """So many people who ask at nearly the same time, and how they are answered."""

    streams: int
    tokens: int
    # Tokens a second of one stream; 0 is as fast as they are taken.
    rate: float
    # Seconds over which the people ask.
    ramp: float = 0.0
    rounds: int = 1
    # Played on a process that has answered only a few: one that was under load keeps its memory, and needs no more.
    is_about_memory: bool = False

    @property
    def model(self) -> str:
        return f"timed/{self.tokens}x{self.rate:g}"

    def __str__(self) -> str:
        pace = f"{self.rate:g} tokens/s" if self.rate else "as fast as they are taken"
        often = f", {self.rounds} times" if self.rounds > 1 else ""
        return f"{self.streams} streams of {self.tokens} tokens, {pace}{often}"


SCENARIOS = {
    # Nobody else is there: the time to the first token.
    "single": Scenario(streams=1, tokens=10, rate=100, rounds=20),
    "paced20": Scenario(streams=20, tokens=100, rate=33, ramp=1),
    "fifty": Scenario(streams=50, tokens=150, rate=30, ramp=1),
    "paced100": Scenario(streams=100, tokens=100, rate=50, ramp=1),
    # Where the ceiling is. Delays mean nothing here: they are the length of the queue.
    "saturate": Scenario(streams=16, tokens=500, rate=0),
    # What an open stream holds in memory.
    "hold": Scenario(streams=500, tokens=8, rate=0.2, ramp=10, is_about_memory=True),
}
