"""What a web process writes while people use it, for whoever gathers its lines."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faultscript import tokens
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment, Web
from tests.full.page import Page
from tests.full.person import Person
from tests.playground.running import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(240)]

MODEL = "tokens/8"


@pytest.fixture
def web(deployment: Deployment, tmp_path: Path) -> Iterator[Web]:
    """One that has much to say."""
    settings = {"PLAYGROUND_LOG_FORMAT": "json", "PLAYGROUND_LOG_LEVEL": "DEBUG"}
    web = Web("web", tmp_path, {**deployment.environment, **settings})
    web.start()
    yield web
    web.stop()


async def test_each_line_is_json_and_none_has_a_secret_or_what_was_said(
    web: Web, deployment: Deployment, upstream: FaultServer, tmp_path: Path
) -> None:
    link, prompt = deployment.run("-m", "tests.full.cast", upstream.base_url, MODEL).strip(), uuid4().hex
    await asyncio.to_thread(wait_until, web.is_answering)
    async with Person.entering(deployment.base_url, web.url, link) as person, Page(person, [web.url]) as page:
        answered = await page.follow(await person.ask(web.url, MODEL, prompt))
        await answered.end()
        key = upstream.requests[-1].authorization.removeprefix("Bearer ")
        # As some providers do.
        upstream.answer(401, {"error": {"message": f"Incorrect API key provided: {key}"}})
        refused = await page.follow(await person.ask(web.url, MODEL, prompt + " again"))
        await refused.end()
        cookies = [cookie.value for cookie in person.session.cookie_jar]
    web.hit(signal.SIGTERM)
    await asyncio.to_thread(wait_until, lambda: web.starts > 1)

    log = (tmp_path / "web.log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert (answered.state, refused.state) == ("done", "failed")
    assert {"timestamp", "level", "logger", "event"} <= set.intersection(*(set(line) for line in lines))
    assert {"Signed in with a link", "A run ended"} <= {line["event"] for line in lines}
    secrets = [key, link.strip("/").removeprefix("welcome/"), *cookies]
    assert len(secrets) == 4
    assert [secret for secret in [*secrets, prompt, tokens(8)] if secret in log] == []
