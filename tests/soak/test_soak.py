"""A few rounds, so that the soak itself is known to work; `manage.py test --soak` is for more."""

import random

import pytest

from tests.full.servers import missing_programs
from tests.missing import missing
from tests.soak.__main__ import SYSTEMS, soak
from tests.soak.report import table
from tests.soak.rounds import Round, Trial

ROUNDS = 2


@pytest.mark.redis
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SYSTEMS)
async def test_nothing_is_lost_in_a_few_rounds(name: str) -> None:
    if name == "full" and (programs := missing_programs()):
        missing(", ".join(programs))

    rounds = await soak(SYSTEMS[name], ROUNDS, random.Random("smoke"))

    assert [played.problems for played in rounds] == [[]] * ROUNDS


def test_the_report_counts_runs_by_their_end_and_names_the_slowest() -> None:
    ends = [("done", 2.0), ("interrupted", 21.0), ("failed", 1.0)]
    trials = [Trial("prompt", "tokens/8", 0.0, state=state, seconds=seconds) for state, seconds in ends]

    lines = table("embedded", [Round("web killed", trials, ["it ended as failed"]), Round("page reloaded", [])])

    assert [line.split() for line in lines.splitlines()[1:]] == [
        ["page", "reloaded", "1", "0", "0", "0", "0", "0.0", "0"],
        ["web", "killed", "1", "3", "1", "1", "1", "21.0", "1"],
        ["all", "2", "3", "1", "1", "1", "21.0", "1"],
    ]
