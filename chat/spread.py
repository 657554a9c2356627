"""What several answers to one question have in common, and how far they lie apart. Pure: no Django, no I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True)
class Spread:
    """The median and the range of what is known; what is not known is counted, and never taken for nothing."""

    median: float
    least: float
    most: float
    unknown: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self | None:
        """None where nothing is known."""
        given = list(values)
        known = [value for value in given if value is not None]
        if not known:
            return None
        return cls(median(known), min(known), max(known), len(given) - len(known))


@dataclass(frozen=True)
class Agreement:
    """The answer that most gave, word for word but for the blanks around and between words."""

    text: str
    same: int
    answers: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self | None:
        """None where fewer than two have answered. Of answers that are as frequent the one that came first."""
        if len(texts) < 2:
            return None
        alike: dict[str, list[str]] = {}
        for text in texts:
            alike.setdefault(" ".join(text.split()), []).append(text)
        most = max(alike.values(), key=len)
        return cls(most[0], len(most), len(texts))
