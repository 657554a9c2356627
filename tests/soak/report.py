"""What many rounds come to, as a table for a terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.soak.rounds import Round

HEADINGS = ("rounds", "runs", "done", "interrupted", "other", "worst s", "problems")


def table(system: str, rounds: Sequence[Round]) -> str:
    """A line for each kind of damage, and one for all of them."""
    head = f"{system:<18}" + "".join(f"{heading:>12}" for heading in HEADINGS)
    damages = sorted({played.damage for played in rounds})
    lines = [_line(damage, [played for played in rounds if played.damage == damage]) for damage in damages]
    return "\n".join([head, *lines, _line("all", rounds)])


def _line(name: str, rounds: Sequence[Round]) -> str:
    return f"  {name:<16}" + "".join(f"{figure:>12}" for figure in _figures(rounds))


def _figures(rounds: Sequence[Round]) -> Iterator[str]:
    trials = [trial for played in rounds for trial in played.trials]
    states = Counter(trial.state for trial in trials)
    yield str(len(rounds))
    yield str(len(trials))
    yield str(states["done"])
    yield str(states["interrupted"])
    yield str(len(trials) - states["done"] - states["interrupted"])
    yield f"{max((trial.seconds for trial in trials), default=0):.1f}"
    yield str(sum(len(played.problems) for played in rounds))
