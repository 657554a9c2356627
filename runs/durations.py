"""How long a model usually takes in the background."""

from statistics import quantiles
from typing import NamedTuple

from runs.models import Run

# The latest runs that are looked at; fewer than the least of them say nothing.
LATEST = 50
LEAST = 4


class Usual(NamedTuple):
    """Seconds that half of the latest runs lie between."""

    least: int
    most: int

    def __str__(self) -> str:
        if self.most < 120:
            return f"{self.least}–{self.most} s" if self.least < self.most else f"{self.most} s"
        least, most = round(self.least / 60), round(self.most / 60)
        return f"{least}–{most} min" if least < most else f"{most} min"


def usual(language_model_id: int | None) -> Usual | None:
    """What is usual for this model, by its latest background runs that ended well; None where there are too few."""
    done = Run.objects.filter(language_model=language_model_id, state=Run.State.DONE).order_by("-pk")
    latest = done.values_list("in_background", "duration_ms")[: LATEST * 4]
    seconds = [ms / 1000 for in_background, ms in latest if in_background and ms is not None][:LATEST]
    if language_model_id is None or len(seconds) < LEAST:
        return None
    first, _, last = quantiles(seconds, n=4, method="inclusive")
    return Usual(max(1, round(first)), max(1, round(last)))
