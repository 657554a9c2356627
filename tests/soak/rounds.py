"""A round: some answers, one thing that goes wrong meanwhile, and everything that must hold afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from tests.faultscript import tokens
from tests.faultserver import FaultServer
from tests.full.person import Person, Reply
from tests.soak.browser import Browser
from tests.soak.systems import System

# Tokens, and tokens a second, of what is asked for: answers that come at once, and some of twelve seconds.
PACES = [(500, 0), (30, 10), (120, 20), (240, 20), (200, 50), (600, 100), (2000, 400)]
MODELS = [f"tokens/{count}@{rate}" if rate else f"tokens/{count}" for count, rate in PACES]
# How many of the questions are asked in the background: a worker makes the call, and the answer comes whole.
IN_BACKGROUND = 1 / 3
# What happens to pages, and harms no process.
RELOAD, DROP = "page reloaded", "socket dropped"
# Seconds in which the questions are asked, and in which the damage is done.
QUESTIONS, MOMENT = 1.0, 6.0
# Seconds in which every run must have ended, by the database's clock.
LONGEST = 60.0
# Seconds that a page waits to hear of it, on a machine that is busy with starting everything again.
PATIENCE = 90.0
FACTS = """
    SELECT id, state, text, queued_at, ended_at,
        (SELECT COUNT(*) FROM runs_attempt WHERE run_id = runs_run.id AND sent_at IS NOT NULL)
    FROM runs_run WHERE client_token = '{prompt}'
"""


@dataclass
class Trial:
    """A question, and what became of it."""

    prompt: str
    model: str
    # Seconds after the beginning of the round.
    moment: float
    in_background: bool = False
    reply: Reply | None = None
    state: str = ""
    text: str = ""
    seconds: float = 0.0

    @property
    def upstream_text(self) -> str:
        return tokens(int(self.model.removeprefix("tokens/").partition("@")[0]))


@dataclass
class Round:
    damage: str
    trials: list[Trial]
    problems: list[str] = field(default_factory=list)


@asynccontextmanager
async def entering(system: System, upstream: FaultServer) -> AsyncIterator[Person]:
    """Somebody who may ask the models of these rounds."""
    link = (await asyncio.to_thread(system.run, "-m", "tests.full.cast", upstream.base_url, *MODELS)).strip()
    async with Person.entering(system.base_url, system.urls[0], link) as person:
        yield person


async def play(system: System, person: Person, upstream: FaultServer, chance: Random, only: str = "") -> Round:
    """One round, drawn by chance, or with `only` this damage. All processes answer again when it is over."""
    damage, moment = only or chance.choice([RELOAD, DROP, *system.damages]), chance.uniform(0, MOMENT)
    played = Round(damage, [_trial(chance) for _ in range(chance.randint(2, 6))])
    await asyncio.to_thread(system.wait_until_ready)
    async with Browser(system, person) as browser:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_damage(system, browser, damage, moment))
            for place, trial in enumerate(played.trials):
                tasks.create_task(_ask(person, browser, _from(system, place), trial))
        await asyncio.gather(*(_settle(browser, trial, played) for trial in played.trials))
        await asyncio.to_thread(system.wait_until_ready)
        for trial in played.trials:
            problems = _judge(system, browser, upstream, trial) + await _look(system, person, trial)
            played.problems += [f"{trial.model}: {problem}" for problem in problems]
        played.problems += browser.problems
    return played


def _trial(chance: Random) -> Trial:
    prompt, model = str(UUID(int=chance.getrandbits(128))), chance.choice(MODELS)
    return Trial(prompt, model, chance.uniform(0, QUESTIONS), chance.random() < IN_BACKGROUND)


def _from(system: System, place: int) -> list[str]:
    """The web processes, beginning with another one each time."""
    first = place % len(system.urls)
    return system.urls[first:] + system.urls[:first]


async def _damage(system: System, browser: Browser, damage: str, moment: float) -> None:
    await asyncio.sleep(moment)
    if damage == DROP:
        browser.drop()
    elif damage == RELOAD:
        await browser.reload()
    else:
        await asyncio.to_thread(system.damages[damage])


async def _ask(person: Person, browser: Browser, urls: list[str], trial: Trial) -> None:
    await asyncio.sleep(trial.moment)
    fields = {"in_background": "on"} if trial.in_background else {}
    trial.reply = await person.insist(urls, trial.model, trial.prompt, **fields)
    await browser.follow(trial.reply)


async def _settle(browser: Browser, trial: Trial, played: Round) -> None:
    try:
        if trial.reply:
            await browser.end(trial.reply.run, PATIENCE)
    except TimeoutError:
        played.problems.append(f"{trial.model}: a page did not hear of its end")


def _judge(system: System, browser: Browser, upstream: FaultServer, trial: Trial) -> list[str]:
    """What does not hold for this trial; its facts are filled in."""
    found = system.rows(FACTS.format(prompt=trial.prompt))
    if len(found) != 1:
        return [f"one question became {len(found)} runs"]
    run, state, text, queued, ended, attempts = found[0]
    trial.state, trial.text = str(state), str(text)
    trial.seconds = (_moment(ended) - _moment(queued)).total_seconds() if ended else LONGEST * 2
    views = browser.views(str(run))
    requests = sum(request.method == "POST" and trial.prompt.encode() in request.body for request in upstream.requests)
    holds = {
        f"it ended as {trial.state}": trial.state in {"done", "interrupted"},
        f"it took {trial.seconds:.0f} s to end": trial.seconds <= LONGEST,
        "it is done and not what the provider said": trial.state != "done" or trial.text == trial.upstream_text,
        "it is not a beginning of what the provider said": trial.upstream_text.startswith(trial.text),
        "what was shown was not stored": all(trial.text.startswith(view.text) for view in views),
        "a page that stayed to the end shows less": all(view.text == trial.text for view in views if view.has_ended),
        # This provider never says that it may be asked again.
        f"{attempts} attempts made {requests} requests": requests <= int(str(attempts)) <= 1,
    }
    return [problem for problem, is_fine in holds.items() if not is_fine]


async def _look(system: System, person: Person, trial: Trial) -> list[str]:
    """At which web process the reply's page does not show what is stored."""
    replies = [await person.look(url, trial.reply) for url in system.urls if trial.reply]
    return [f"a page shows {reply}" for reply in replies if (reply.state, reply.text) != (trial.state, trial.text)]


def _moment(written: object) -> datetime:
    return written if isinstance(written, datetime) else datetime.fromisoformat(str(written))
