"""Tables of how a page felt to its reader, and of what it weighed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from load import percentile
from reader import Reading, Weight
from report import MEGABYTE

# Milliseconds that no task may take, and hardly any key may wait.
TARGET = 100
# What the heap may be at the end, as a share of what it was when the answer was whole.
FLAT = 1.2
WHOLE = "whole"
# Tasks that are named with their moments when they are too long.
NAMED = 5

# Moment and duration, in milliseconds.
Tasks = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Figures:
    """One answer as it was read, and what disturbed it."""

    reading: Reading
    is_whole: bool
    others_busy: float


def table(figures: Sequence[Figures]) -> Iterator[str]:
    """The lines of a Markdown table, with a column for each answer."""
    yield "| | target |" + " |" * len(figures)
    yield "| --- | --- |" + " --- |" * len(figures)
    for label, target, value in ROWS:
        yield f"| {label} | {target} | " + " | ".join(str(value(one)) for one in figures) + " |"
    for number, one in enumerate(figures, start=1):
        if _longest(one.reading.tasks) > TARGET:
            yield f"\n- longest of {number}: {_named(one.reading.tasks)}; by CPU time: {_named(one.reading.cpu)}"


def weights(curve: Sequence[tuple[str, Weight]]) -> Iterator[str]:
    """The lines of a Markdown table, with a row for each weighing, and whether the page stayed as it was."""
    yield "| | JS heap, MB | renderer, MB | DOM nodes |"
    yield "| --- | --- | --- | --- |"
    for when, weight in curve:
        heap, resident = weight.heap_bytes / MEGABYTE, weight.resident_bytes / MEGABYTE
        yield f"| {when} | {heap:.1f} | {resident:.0f} | {weight.nodes:,} |"
    growth = curve[-1][1].heap_bytes / dict(curve)[WHOLE].heap_bytes
    yield f"\nJS heap at the end, of that of the whole answer: × {growth:.2f} (target ≤ {FLAT})"


def _longest(tasks: Tasks) -> float:
    return max((duration for _, duration in tasks), default=0)


def _too_long(tasks: Tasks) -> int:
    return sum(duration > TARGET for _, duration in tasks)


def _named(tasks: Tasks) -> str:
    longest = sorted(tasks, key=lambda task: task[1], reverse=True)[:NAMED]
    return ", ".join(f"{duration:.0f} ms at {start / 1000:.1f} s" for start, duration in longest)


def _delay(percent: int) -> Callable[[Figures], str]:
    return lambda of: f"{percentile(of.reading.delays, percent):.1f}"


def _key_to_paint(figures: Figures) -> str:
    reading = figures.reading
    # Keys that nobody reported were painted within 16 ms.
    unreported = max(0, len(reading.delays) - len(reading.paints))
    return f"{percentile([16.0] * unreported + reading.paints, 95):.0f}"


ROWS: list[tuple[str, str, Callable[[Figures], object]]] = [
    ("answer whole and byte-equal", "yes", lambda of: "yes" if of.is_whole else "NO"),
    ("longest task, ms", f"≤ {TARGET}", lambda of: f"{_longest(of.reading.tasks):.0f}" if of.reading.tasks else "< 50"),
    (f"tasks above {TARGET} ms", "0", lambda of: _too_long(of.reading.tasks)),
    ("tasks above 50 ms", "", lambda of: len(of.reading.tasks)),
    ("longest task, CPU ms", "", lambda of: f"{_longest(of.reading.cpu):.0f}"),
    (f"tasks above {TARGET} CPU ms", "", lambda of: _too_long(of.reading.cpu)),
    ("main thread, CPU s", "", lambda of: f"{sum(cpu for _, cpu in of.reading.cpu) / 1000:.0f}"),
    ("input delay p50, ms", "", _delay(50)),
    ("input delay p95, ms", f"< {TARGET}", _delay(95)),
    ("input delay p99, ms", "", _delay(99)),
    ("longest input delay, ms", "", lambda of: f"{max(of.reading.delays):.0f}"),
    ("key to paint p95, ms", "", _key_to_paint),
    ("keys", "", lambda of: len(of.reading.delays)),
    ("DOM nodes at the end", "", lambda of: f"{of.reading.nodes:,}"),
    ("CPUs busy with other things", "", lambda of: f"{of.others_busy:.2f}"),
]
