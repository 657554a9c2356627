"""`manage.py test --soak`: rounds of deliberate damage, for as long as one likes.

    manage.py test --soak                      fifty rounds on each way to run the product
    manage.py test --soak --rounds 500 --seed 7
    manage.py test --soak --system embedded
    manage.py test --soak --system embedded --damage "all killed"

A seed draws the same rounds again; what the processes make of them is up to them.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from playground.bootstrap import say
from tests.faultserver import FaultServer
from tests.full.servers import missing_programs
from tests.missing import may_be_left_out
from tests.soak.report import table
from tests.soak.rounds import Round, entering, play
from tests.soak.systems import System, embedded, full

Opener = Callable[[Path, Sequence[tuple[str, int]]], AbstractContextManager[System]]
SYSTEMS: dict[str, Opener] = {"embedded": embedded, "full": full}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py test --soak")
    parser.add_argument("--rounds", type=int, default=50, help="rounds on each system (50)")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="what the rounds are drawn from")
    parser.add_argument("--system", choices=SYSTEMS, action="append", help="only this one")
    parser.add_argument("--damage", default="", help="nothing but this, by its name in the report")
    options = parser.parse_args(arguments)
    say(f"Seed {options.seed}")
    tables, problems = [], 0
    for name in options.system or SYSTEMS:
        if name == "full" and (programs := missing_programs()):
            tables.append(f"full: {'skipped' if may_be_left_out() else 'FAILED'}, needs {', '.join(programs)}")
            problems += not may_be_left_out()
            continue
        rounds = asyncio.run(
            soak(SYSTEMS[name], options.rounds, random.Random(f"{options.seed} {name}"), options.damage)
        )
        tables.append(table(name, rounds))
        problems += sum(len(played.problems) for played in rounds)
    say("\n".join(["", *tables]))
    return 1 if problems else 0


async def soak(opener: Opener, rounds: int, chance: random.Random, only: str = "") -> list[Round]:
    """So many rounds on a system of their own."""
    played = []
    with (
        FaultServer() as upstream,
        tempfile.TemporaryDirectory(prefix="playground-soak-") as folder,
        opener(Path(folder), [upstream.private_host]) as system,
    ):
        async with entering(system, upstream) as person:
            for number in range(1, rounds + 1):
                begun = time.monotonic()
                played.append(await play(system, person, upstream, chance, only))
                _report(system, number, played[-1], time.monotonic() - begun)
    return played


def _report(system: System, number: int, played: Round, seconds: float) -> None:
    states = " ".join(trial.state for trial in played.trials)
    say(f"{system.name} {number}: {played.damage}, {states}, {seconds:.0f} s")
    for problem in played.problems:
        say(f"    {problem}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
