"""Many people who ask at the same time, and what their answers and the server under them come to."""

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp
import processes
from answer import Answer
from scenarios import Scenario

# Seconds between two looks at the memory.
LOOK = 0.25
# Seconds after the last answer in which what is saved late still counts.
SETTLE = 0.3

Ask = Callable[[str, Answer], Awaitable[None]]


@dataclass
class Figures:
    """What one system did in one scenario."""

    asked: int = 0
    tokens: int = 0
    seconds: float = 0.0
    server_cpu: float = 0.0
    # Of all other processes, as a share of one CPU; the busiest round.
    others_busy: float = 0.0
    idle_bytes: int = 0
    peak_bytes: int = 0
    first_token_ms: list[float] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds

    @property
    def cpu_per_thousand_tokens(self) -> float:
        return self.server_cpu / self.tokens * 1000

    @property
    def cpu_ms_per_answer(self) -> float:
        return self.server_cpu / self.asked * 1000


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


@dataclass(frozen=True)
class Meter:
    """Reads what the server (if there is one) and everybody else on this machine has used."""

    upstream: int
    server: int | None

    def read(self) -> tuple[float, float]:
        """CPU seconds so far: of the server, and of all that is neither it nor part of this benchmark."""
        server = processes.cpu_seconds(self.server) if self.server else 0.0
        # Read last: what the others do while we look counts as theirs.
        bench = processes.cpu_seconds(self.upstream) + time.process_time()
        return server, processes.machine_busy_seconds() - bench - server

    def resident_bytes(self) -> int:
        return processes.resident_bytes(self.server) if self.server else 0


async def play(scenario: Scenario, asks: Sequence[Ask], meter: Meter, said: Callable[[str], Awaitable[str]]) -> Figures:
    """Let everybody ask, as often as the scenario says, and check each answer against what the provider `said`."""
    figures = Figures()
    for _ in range(scenario.rounds):
        answers = await _round(scenario, asks, meter, figures)
        for answer in answers:
            await _judge(answer, said, figures)
    return figures


async def _round(scenario: Scenario, asks: Sequence[Ask], meter: Meter, figures: Figures) -> list[Answer]:
    async def ask(place: int) -> Answer:
        await asyncio.sleep(scenario.ramp * place / len(asks))
        answer = Answer(uuid4().hex[:8])
        try:
            await asks[place](scenario.model, answer)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            answer.end(f"{type(error).__name__}: {error}")
        return answer

    (server, others), began = meter.read(), time.monotonic()
    # A pause of ours would be counted as theirs.
    gc.disable()
    tasks = [asyncio.ensure_future(ask(place)) for place in range(len(asks))]
    pending: set[asyncio.Future[Answer]] = set(tasks)
    while pending:
        _, pending = await asyncio.wait(pending, timeout=LOOK)
        figures.peak_bytes = max(figures.peak_bytes, meter.resident_bytes())
    figures.seconds += time.monotonic() - began
    gc.enable()
    await asyncio.sleep(SETTLE)
    server_now, others_now = meter.read()
    figures.server_cpu += server_now - server
    figures.others_busy = max(figures.others_busy, (others_now - others) / (time.monotonic() - began))
    return [task.result() for task in tasks]


async def _judge(answer: Answer, said: Callable[[str], Awaitable[str]], figures: Figures) -> None:
    """Count an answer if it is whole, in order and byte for byte what was said; else its problem."""
    figures.asked += 1
    if not answer.problem and answer.sha256 != await said(answer.name):
        answer.problem = f"the text differs from what the provider said: {answer.text[-80:]!r}"
    if answer.problem:
        figures.problems.append(answer.problem)
    else:
        delays = answer.delays_ms()
        figures.tokens += len(delays)
        figures.delays_ms += delays
        figures.first_token_ms.append(answer.first_token_ms)
