"""What survives when a part of the full deployment is killed: whatever was shown, and every answer that can be."""

import asyncio
import signal
import threading
from uuid import uuid4

import pytest

from tests.faultscript import tokens
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment
from tests.full.page import PATIENCE, Page, Shown
from tests.full.person import Person, Reply

pytestmark = [pytest.mark.redis, pytest.mark.timeout(480)]

# Answers of some seconds.
MODEL, ANSWER = "tokens/120@20", tokens(120)
LONG_MODEL, LONG_ANSWER = "tokens/300@30", tokens(300)


async def ask(person: Person, url: str, model: str = MODEL) -> Reply:
    return await person.ask(url, model, uuid4().hex)


async def ends(*all_shown: Shown, seconds: float = PATIENCE) -> None:
    await asyncio.gather(*(shown.end(seconds) for shown in all_shown))


def requests_for(upstream: FaultServer, prompt: str) -> int:
    return sum(request.method == "POST" and prompt.encode() in request.body for request in upstream.requests)


async def test_a_run_of_one_process_is_followed_at_the_other(deployment: Deployment, person: Person) -> None:
    one, two = deployment.urls
    async with Page(person, [one]) as here, Page(person, [two]) as there:
        reply = await ask(person, one)
        near, far = await here.follow(reply), await there.follow(reply)
        leads = []
        for words in range(10, 110, 10):
            await near.words(words)
            await far.words(words)
            leads.append(len(near.text.split()) - words)
        await ends(near, far)

    assert near.text == far.text == ANSWER
    assert (near.state, far.state) == ("done", "done")
    assert here.problems == there.problems == []
    # Wake-ups came through Redis: without them, the database is read again every five seconds, a hundred words later.
    assert sorted(leads)[len(leads) // 2] < 30


async def test_what_a_killed_process_had_shown_is_kept(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    one, two = deployment.urls
    # Of an answer that would not have ended by itself, however long it takes to get there.
    upstream.stream(tokens(60), threading.Event(), tokens_per_second=30)
    async with Page(person, [one, two]) as here, Page(person, [two]) as there:
        reply = await ask(person, one, LONG_MODEL)
        near, far = await here.follow(reply), await there.follow(reply)
        await near.words(30)
        before = near.text

        deployment.webs[0].hit()

        await ends(near, far)
        page = await person.look(two, reply)
    assert (near.state, far.state, page.state) == ("interrupted",) * 3
    assert near.text == far.text == page.text
    assert LONG_ANSWER.startswith(page.text)
    assert page.text.startswith(before)


async def test_what_a_dead_process_had_queued_is_done_by_another(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    prompt = uuid4().hex
    ended = await ask(person, deployment.urls[0], "tokens/8")
    queued_and_gone = f"""
from runs.models import Run
earlier = Run.objects.get(pk={ended.run})
messages = [{{"role": "user", "content": "{prompt}"}}]
model = earlier.language_model
print(Run.objects.queue(user=earlier.user, model=model, messages=messages, to_send={{}}, as_set={{}}).pk)
"""
    run = deployment.run("manage.py", "shell", "--no-imports", "-c", queued_and_gone).strip()
    async with Page(person, [deployment.urls[1]]) as page:
        shown = await page.follow(Reply("", run, "queued", "", 0))
        await ends(shown)

    assert (shown.state, shown.text) == ("done", tokens(8))
    assert requests_for(upstream, prompt) == 1


async def test_a_run_that_waits_for_its_turn_survives_its_process(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    one, two = deployment.urls
    prompt = uuid4().hex
    upstream.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "10"})
    async with Page(person, [one, two]) as page:
        shown = await page.follow(await person.ask(one, "tokens/8", prompt))
        await shown.wait("rate_limited")

        deployment.webs[0].hit()

        await ends(shown, seconds=60)
    assert (shown.state, shown.text) == ("done", tokens(8))
    assert requests_for(upstream, prompt) == 2


async def test_streams_go_on_while_redis_is_away(deployment: Deployment, person: Person) -> None:
    one, two = deployment.urls
    async with Page(person, [one]) as here, Page(person, [two]) as there:
        reply = await ask(person, one, LONG_MODEL)
        near, far = await here.follow(reply), await there.follow(reply)
        await far.words(30)

        deployment.redis.stop(signal.SIGKILL)
        await asyncio.sleep(2)
        deployment.redis.start()

        reached = len(near.text.split())
        await far.words(reached, seconds=10)
        await ends(near, far)
    assert (near.state, far.state) == ("done", "done")
    assert near.text == far.text == LONG_ANSWER
    assert here.problems == there.problems == []


async def test_a_restart_of_the_database_loses_and_doubles_nothing(deployment: Deployment, person: Person) -> None:
    one, two = deployment.urls
    async with Page(person, [one]) as here, Page(person, [two]) as there:
        replies = [await ask(person, url, LONG_MODEL) for url in (one, two) * 3]
        shown = [await page.follow(reply) for reply in replies for page in (here, there)]
        await shown[0].words(30)

        deployment.postgres.crash()

        await ends(*shown)
        pages = [await person.look(one, reply) for reply in replies]
    for page in pages:
        assert page.state in {"done", "interrupted"}
        assert LONG_ANSWER.startswith(page.text)
        assert page.state == "interrupted" or page.text == LONG_ANSWER
    assert [run.text for run in shown] == [page.text for page in pages for _ in range(2)]


async def test_a_page_that_comes_while_redis_is_away_goes_on(deployment: Deployment, person: Person) -> None:
    one, two = deployment.urls
    async with Page(person, [one]) as here, Page(person, [two]) as there:
        short, long = await ask(person, one), await ask(person, one, LONG_MODEL)
        shown = [await page.follow(reply) for page in (here, there) for reply in (short, long)]
        await shown[1].words(30)

        deployment.redis.stop(signal.SIGKILL)
        here.drop()
        there.drop()
        await asyncio.sleep(2)
        deployment.redis.start()

        reached = len((await person.look(one, long)).text.split())
        await asyncio.gather(*(run.words(reached, seconds=10) for run in (shown[1], shown[3])))
        await ends(*shown)
    assert {run.state for run in shown} == {"done"}
    assert [run.text for run in shown] == [ANSWER, LONG_ANSWER] * 2
    assert here.problems == there.problems == []
