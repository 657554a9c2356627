"""A table of what was measured: the provider asked directly, the playground, and what lies between them."""

import statistics
from collections.abc import Callable, Iterator, Sequence

from load import Figures, percentile
from scenarios import Scenario

Reading = Callable[[Figures], float]

MEGABYTE = 1024 * 1024


def table(
    name: str, scenario: Scenario, directly: Sequence[Figures], playground: Sequence[Figures], locked: int
) -> Iterator[str]:
    """The lines of a Markdown table; each figure is the median of the repeats."""
    yield f"### {name}: {scenario}"
    yield ""
    yield "| | direct | playground | |"
    yield "| --- | --- | --- | --- |"
    yield f"| answers whole and byte-equal | {_whole(directly)} | {_whole(playground)} | |"

    for label, reading in DIFFERENCES.items():
        before, after = _median(directly, reading), _median(playground, reading)
        yield f"| {label} | {before:.2f} | {after:.2f} | +{after - before:.2f} |"

    before, after = _median(directly, _tokens_per_second), _median(playground, _tokens_per_second)
    yield f"| tokens/s | {before:,.0f} | {after:,.0f} | × {after / before:.2f} |"
    yield f"| CPU s per 1,000 tokens | | {_median(playground, lambda of: of.cpu_per_thousand_tokens):.3f} | |"
    yield f"| CPU ms per answer | | {_median(playground, lambda of: of.cpu_ms_per_answer):.1f} | |"
    # Of the first one: later ones reuse what it took.
    yield f"| memory before, MB | | {playground[0].idle_bytes / MEGABYTE:.0f} | |"
    more = (playground[0].peak_bytes - playground[0].idle_bytes) / scenario.streams / 1024
    yield f"| memory per open stream, kB | | {more:.0f} | |"
    yield f"| “database is locked” | | {locked} | |"
    yield f"| CPUs busy with other things | {_others_busy(directly):.2f} | {_others_busy(playground):.2f} | |"
    problems = sorted({problem for figures in [*directly, *playground] for problem in figures.problems})
    for problem in problems[:5]:
        yield f"\n- {problem}"


DIFFERENCES: dict[str, Reading] = {
    "first token p50, ms": lambda of: percentile(of.first_token_ms, 50),
    "first token p95, ms": lambda of: percentile(of.first_token_ms, 95),
    "delay of a token p50, ms": lambda of: percentile(of.delays_ms, 50),
    "delay of a token p95, ms": lambda of: percentile(of.delays_ms, 95),
    "delay of a token p99, ms": lambda of: percentile(of.delays_ms, 99),
}


def _whole(repeats: Sequence[Figures]) -> str:
    asked = sum(figures.asked for figures in repeats)
    return f"{asked - sum(len(figures.problems) for figures in repeats)} of {asked}"


def _median(repeats: Sequence[Figures], reading: Reading) -> float:
    return statistics.median(reading(figures) for figures in repeats)


def _tokens_per_second(figures: Figures) -> float:
    return figures.tokens_per_second


def _others_busy(repeats: Sequence[Figures]) -> float:
    """The worst of the repeats: one look at this says whether to believe the rest."""
    return max(figures.others_busy for figures in repeats)
