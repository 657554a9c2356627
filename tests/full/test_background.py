"""Runs in the background while what performs them is restarted, killed, or loses its queue."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from playground.env import BASE_DIR
from tests.faultscript import completion, framed, tokens
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment
from tests.full.page import Page
from tests.full.person import Person, Reply
from tests.full.proxy import Proxy
from tests.playground.running import Running, up

pytestmark = [pytest.mark.redis, pytest.mark.timeout(240)]

MODEL, ANSWER = "tokens/120@20", tokens(120)
BACKGROUND = {"in_background": "on"}
SHORT_MODEL, SHORT_ANSWER = "tokens/8", tokens(8)
# Connections that the proxy cuts before the answer comes.
CUTS = 5
# Runs, processes that are killed meanwhile, and runs that a worker may have claimed in one commit.
MANY, KILLS, AT_ONCE = 300, 8, 16
# Seconds after the last kill: the lease, two looks, and a machine that is busy with starting workers.
LAST_ENDS = 60
# Seconds that a queue may stay away from a run whose message was lost.
FORGOTTEN = 15


@pytest.fixture
def silence(upstream: FaultServer) -> Iterator[threading.Event]:
    """The next answer comes whole, once this is set."""
    over = threading.Event()
    upstream.say(over, *framed(200, completion(ANSWER), {"Content-Type": "application/json"}))
    yield over
    over.set()


async def asked(upstream: FaultServer, prompt: str, seconds: float = 30) -> None:
    """Until the provider has been asked this."""
    async with asyncio.timeout(seconds):
        while True:
            if requests_for(upstream, prompt):
                return
            await asyncio.sleep(0.05)


def requests_for(upstream: FaultServer, prompt: str) -> int:
    return sum(request.method == "POST" and prompt.encode() in request.body for request in upstream.requests)


async def ended(person: Person, url: str, reply: Reply, seconds: float = 60) -> Reply:
    """The reply as the page shows it when it has ended; nobody has the page open meanwhile."""
    async with asyncio.timeout(seconds):
        while True:
            reply = await person.look(url, reply)
            if reply.has_ended:
                return reply
            await asyncio.sleep(0.3)


async def test_the_answer_is_there_when_its_person_comes_back(
    deployment: Deployment, person: Person, upstream: FaultServer, silence: threading.Event
) -> None:
    (one, two), prompt = deployment.urls, uuid4().hex
    reply = await person.ask(one, MODEL, prompt, **BACKGROUND)
    await asked(upstream, prompt)
    silence.set()
    reply = await ended(person, two, reply)
    assert (reply.state, reply.text) == ("done", ANSWER)
    assert requests_for(upstream, prompt) == 1


async def test_an_open_page_is_told(
    deployment: Deployment, person: Person, upstream: FaultServer, silence: threading.Event
) -> None:
    (one, two), prompt = deployment.urls, uuid4().hex
    async with Page(person, [two]) as page:
        shown = await page.follow(await person.ask(one, MODEL, prompt, **BACKGROUND))
        await asked(upstream, prompt)
        silence.set()
        await shown.end()
    assert (shown.state, shown.text) == ("done", ANSWER)
    assert page.problems == []
    assert "No worker has given a sign of life" not in await person.read(one + "/runs/")


async def test_workers_that_are_restarted_finish_what_they_have_begun(
    deployment: Deployment, person: Person, upstream: FaultServer, silence: threading.Event
) -> None:
    url, prompt = deployment.urls[0], uuid4().hex
    reply = await person.ask(url, MODEL, prompt, **BACKGROUND)
    await asked(upstream, prompt)
    for worker in deployment.workers:
        worker.hit(signal.SIGTERM)
    silence.set()
    reply = await ended(person, url, reply)
    assert (reply.state, reply.text) == ("done", ANSWER)
    assert requests_for(upstream, prompt) == 1


async def test_what_a_killed_worker_had_sent_is_not_sent_again(
    deployment: Deployment, person: Person, upstream: FaultServer, silence: threading.Event
) -> None:
    url, prompt = deployment.urls[0], uuid4().hex
    reply = await person.ask(url, MODEL, prompt, **BACKGROUND)
    await asked(upstream, prompt)
    for worker in deployment.workers:
        worker.hit()
    reply = await ended(person, url, reply)
    assert reply.state == "interrupted"
    assert "This may have been charged." in await person.read(url + reply.path)
    assert requests_for(upstream, prompt) == 1


async def test_a_queue_that_lost_everything_loses_no_run(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    url, prompts = deployment.urls[0], [uuid4().hex for _ in range(6)]
    for worker in deployment.workers:
        worker.hit(signal.SIGSTOP)
    try:
        replies = [await person.ask(url, MODEL, prompt, **BACKGROUND) for prompt in prompts]
        with redis.Redis.from_url(deployment.redis.url) as server:
            server.flushall()
    finally:
        for worker in deployment.workers:
            worker.hit(signal.SIGCONT)
    states = [(await ended(person, url, reply, FORGOTTEN * 2)).state for reply in replies]
    assert states == ["done"] * len(prompts)
    assert [requests_for(upstream, prompt) for prompt in prompts] == [1] * len(prompts)


async def test_a_run_that_is_cancelled_leaves_its_provider(
    deployment: Deployment, person: Person, upstream: FaultServer, silence: threading.Event
) -> None:
    url, prompt = deployment.urls[0], uuid4().hex
    reply = await person.ask(url, MODEL, prompt, **BACKGROUND)
    await asked(upstream, prompt)
    await person.send(f"{url}/runs/{reply.run}/stop/")
    assert await asyncio.to_thread(upstream.wait_until_left, prompt)
    reply = await ended(person, url, reply)
    assert (reply.state, reply.text) == ("cancelled", "")
    assert "so it may have been charged" in await person.read(url + reply.path)


async def test_a_proxy_that_cuts_silent_connections_cuts_no_answer(
    deployment: Deployment, person: Person, upstream: FaultServer, silence: threading.Event
) -> None:
    """The answer takes many times as long as the proxy has patience for; the page comes back each time."""
    prompt = uuid4().hex
    async with Proxy.before(deployment.urls, idle=0.5) as proxy, Page(person, [proxy.url]) as page:
        shown = await page.follow(await person.ask(proxy.url, MODEL, prompt, **BACKGROUND))
        await asked(upstream, prompt)
        async with asyncio.timeout(60):
            while True:
                if page.connections > CUTS:
                    break
                await asyncio.sleep(0.05)
        silence.set()
        await shown.end()
    assert (shown.state, shown.text) == ("done", ANSWER)
    assert page.problems == []
    assert requests_for(upstream, prompt) == 1


async def test_of_hundreds_none_is_lost_or_sent_twice_while_workers_and_queue_are_killed(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    chance, prompts = random.Random(5), [uuid4().hex for _ in range(MANY)]
    begun = asyncio.Semaphore(8)

    async def ask(prompt: str) -> Reply:
        async with begun:
            return await person.ask(deployment.urls[0], SHORT_MODEL, prompt, **BACKGROUND)

    asking = [asyncio.create_task(ask(prompt)) for prompt in prompts]
    for _ in range(KILLS):
        chance.choice([*deployment.workers, deployment.redis]).hit()
        await asyncio.sleep(chance.uniform(0.5, 2.5))
    replies = await asyncio.gather(*asking)
    numbers = ", ".join(reply.run for reply in replies)
    async with asyncio.timeout(LAST_ENDS):
        while True:
            rows = deployment.rows(f"SELECT id, state, text FROM runs_run WHERE id IN ({numbers})")  # noqa: S608
            if {str(state) for _, state, _ in rows} <= {"done", "interrupted"}:
                break
            await asyncio.sleep(0.5)
    assert len(rows) == MANY
    assert {text for _, state, text in rows if state == "done"} == {SHORT_ANSWER}
    sent = Counter(prompt for prompt in prompts for _ in range(requests_for(upstream, prompt)))
    assert max(sent.values()) == 1
    # What was not sent was not ended either. But a worker may be killed in the moment between marking requests as sent
    # and sending them: afterwards nobody can know that they never left.
    states = {str(number): state for number, state, _ in rows}
    unsent = [states[reply.run] for prompt, reply in zip(prompts, replies, strict=True) if prompt not in sent]
    assert set(unsent) <= {"interrupted"}
    assert len(unsent) <= AT_ONCE


# On one machine, with a folder as the queue


@pytest.fixture
def embedded(tmp_path: Path, upstream: FaultServer) -> Iterator[Running]:
    host, port = upstream.private_host
    with up(tmp_path, PLAYGROUND_ALLOWED_PRIVATE_HOSTS=f"{host}:{port}") as running:
        assert running.link, "the database is there when the link is"
        yield running


def run(var_dir: Path, *arguments: str) -> str:
    """What another program of the product prints, run on the same database."""
    ours = {"DJANGO_SETTINGS_MODULE": "playground.settings", "PLAYGROUND_VAR_DIR": str(var_dir)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=BASE_DIR, env={**os.environ, **ours}, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


async def test_one_machine_does_the_same(
    embedded: Running, tmp_path: Path, upstream: FaultServer, silence: threading.Event
) -> None:
    link = run(tmp_path, "-m", "tests.full.cast", upstream.base_url, MODEL).strip()
    killed, forgotten = uuid4().hex, uuid4().hex
    async with Person.entering(embedded.url, embedded.url, link) as person:
        reply = await person.ask(embedded.url, MODEL, killed, **BACKGROUND)
        await asked(upstream, killed)
        [worker] = embedded.child("celery")
        os.kill(worker, signal.SIGKILL)
        other = await person.ask(embedded.url, MODEL, forgotten, **BACKGROUND)
        for message in (tmp_path / "broker" / "messages").iterdir():
            message.unlink(missing_ok=True)
        states = [(await ended(person, embedded.url, each)).state for each in (reply, other)]
    assert states == ["interrupted", "done"]
    assert [requests_for(upstream, prompt) for prompt in (killed, forgotten)] == [1, 1]
