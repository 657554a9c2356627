"""A Redis that stays away, takes nothing or lets nobody in: said in words, and nothing is lost or missed by it."""

import asyncio
import shlex
import signal
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from pytest_django import Settings

from playground.broker import Broker
from runs.consumers import RE_READ
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment, Web
from tests.full.page import Page, Shown
from tests.full.person import Person
from tests.full.servers import own_redis
from tests.full.trouble import ANSWER, LONG_ANSWER, LONG_MODEL, MODEL, RATE, entrance, page_once, parts, unchanged
from tests.playground.running import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(240)]

# Seconds that Redis stays away, and those after which nobody notices any more that it was.
AWAY, CATCH_UP = 20, 10
TAKES_NOTHING = "queue takes nothing at the moment"


@pytest.mark.parametrize(
    ("hit", "heal", "failing"),
    [
        pytest.param("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", {"broker"}, id="full"),
        # As a replica that has lost its master; who listens to it still hears what is published.
        pytest.param("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", {"broker"}, id="a read-only replica"),
        pytest.param(
            "CONFIG SET requirepass another", "CONFIG SET requirepass ''", {"broker", "channel_layer"}, id="locked"
        ),
    ],
)
async def test_a_redis_that_takes_nothing_is_said_and_costs_nothing(
    hit: str, heal: str, failing: set[str], deployment: Deployment, upstream: FaultServer
) -> None:
    link, (one, two) = entrance(deployment.run, upstream), deployment.urls
    # One connection, which keeps its rights.
    with unchanged(deployment), redis.Redis.from_url(deployment.redis.url, single_connection_client=True) as server:
        async with Person.entering(deployment.base_url, one, link) as person, Page(person, [two]) as page:
            server.execute_command(*shlex.split(hit))
            try:
                # Whoever was there before has to ask again.
                server.client_kill_filter(_type="normal", skipme=True)
                server.client_kill_filter(_type="pubsub")
                shown = await page.follow(await person.ask(one, MODEL, uuid4().hex))
                await shown.end()
                for url in (one, two):
                    await page_once(person, url + "/", lambda text: TAKES_NOTHING in text)
                said = await parts(person, one)
            finally:
                server.execute_command(*shlex.split(heal))
            for url in (one, two):
                await page_once(person, url + "/", lambda text: TAKES_NOTHING not in text)
            recovered = await parts(person, one)

    assert (shown.state, shown.text) == ("done", ANSWER)
    assert page.problems == []
    assert {part for part, word in said.items() if word != "ok"} == failing
    assert set(recovered.values()) == {"ok"}


async def test_a_process_with_a_wrong_password_for_redis_starts_and_says_so(
    deployment: Deployment, upstream: FaultServer, tmp_path: Path
) -> None:
    password, link = uuid4().hex, entrance(deployment.run, upstream)
    with own_redis(tmp_path) as server, redis.Redis.from_url(server.url) as client, ExitStack() as stack:
        client.config_set("requirepass", "another")
        redis_url = server.url.replace("//", f"//:{password}@")
        web = Web("web-3", tmp_path, {**deployment.environment, "PLAYGROUND_REDIS_URL": redis_url})
        web.start()
        stack.callback(web.stop)
        await asyncio.to_thread(wait_until, web.is_alive)
        async with Person.entering(deployment.base_url, web.url, link) as person:
            reply = await person.ask(web.url, MODEL, uuid4().hex)
            async with Page(person, [web.url]) as page:
                shown = await page.follow(reply)
                await shown.end()
            record = await person.look(web.url, reply)
            await page_once(person, web.url + "/", lambda text: TAKES_NOTHING in text)
            said = await parts(person, web.url)

    assert (shown.state, shown.text) == ("done", ANSWER)
    assert (record.state, record.text) == ("done", ANSWER)
    assert {part for part, word in said.items() if word != "ok"} == {"broker", "channel_layer"}
    assert web.starts == 1
    log = (tmp_path / "web-3.log").read_text()
    assert "The broker takes no jobs: AuthenticationError" in log
    assert password not in log


async def test_a_redis_that_stays_away_is_said_and_nothing_is_missed(
    deployment: Deployment, upstream: FaultServer
) -> None:
    link, (one, two) = entrance(deployment.run, upstream), deployment.urls
    with unchanged(deployment):
        async with (
            Person.entering(deployment.base_url, one, link) as person,
            Page(person, [one]) as here,
            Page(person, [two]) as there,
        ):
            reply = await person.ask(one, LONG_MODEL, uuid4().hex)
            near, far = await here.follow(reply), await there.follow(reply)
            await asyncio.gather(near.words(20), far.words(20))

            deployment.redis.stop(signal.SIGKILL)
            returns = asyncio.create_task(asyncio.sleep(AWAY))
            try:
                for url in (one, two):
                    await page_once(person, url + "/", lambda text: TAKES_NOTHING in text)
                said = [await parts(person, url) for url in (one, two)]
                asked = await here.follow(await person.ask(two, MODEL, uuid4().hex))
                waiting = await person.ask(one, MODEL, uuid4().hex, in_background="on")
                there.drop()
                # The other process looks into the database each few seconds, without being told to; and it still lets
                # a page in.
                await far.words(len(near.text.split()), seconds=RE_READ + 5)
                await asked.end(RE_READ + 5)
                await returns
            finally:
                deployment.redis.start()

            async with asyncio.timeout(CATCH_UP):
                await far.words(len(near.text.split()))
                for url in (one, two):
                    await page_once(person, url + "/", lambda text: TAKES_NOTHING not in text)
                recovered = [await parts(person, url) for url in (one, two)]
                # It is told to again.
                while await lead(near, far) > RATE:
                    pass
            background = await there.follow(waiting)
            await background.end()
            await person.send(f"{one}/runs/{reply.run}/stop/")
            await asyncio.gather(near.end(), far.end())
            record = await person.look(two, reply)

    assert [{part for part, word in words.items() if word != "ok"} for words in said] == [
        {"broker", "channel_layer"}
    ] * 2
    assert [set(words.values()) for words in recovered] == [{"ok"}] * 2
    assert {(run.state, run.text) for run in (asked, background)} == {("done", ANSWER)}
    assert near.state == far.state == record.state == "cancelled"
    assert near.text == far.text == record.text
    assert LONG_ANSWER.startswith(record.text)
    assert here.problems == there.problems == []


async def lead(near: Shown, far: Shown) -> int:
    """Words that the one page has more when the other one has the next few."""
    words = len(far.text.split()) + 10
    await far.words(words)
    return len(near.text.split()) - words


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), "OutOfMemory"),
        (("REPLICAOF", "127.0.0.1", "1"), "ReadOnly"),
        (("CONFIG", "SET", "requirepass", "another"), "Authentication"),
    ],
)
async def test_a_redis_that_answers_and_takes_nothing_is_no_broker(
    command: tuple[str, ...], reason: str, tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with own_redis(tmp_path) as server:
        settings.REDIS_URL = server.url
        broker = Broker()
        before = await broker.check()
        with redis.Redis.from_url(server.url) as client:
            client.execute_command(*command)

        assert (before, await broker.check()) == (True, False)
    assert reason in caplog.text
