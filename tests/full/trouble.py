"""What the tests of a trouble share: whom it meets, what they are told, and what is to go on through it."""

import asyncio
import html
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.faultscript import tokens
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment
from tests.full.person import Person

# An answer that is not at its end before a test has seen what it wants to see, and one that comes at once.
RATE = 50
LONG_MODEL, LONG_ANSWER = f"tokens/6000@{RATE}", tokens(6000)
MODEL, ANSWER = "tokens/8", tokens(8)


def entrance(run: Callable[..., str], upstream: FaultServer) -> str:
    """The sign-in link of somebody who may ask the models of these tests."""
    return run("-m", "tests.full.cast", upstream.base_url, MODEL, LONG_MODEL).strip()


async def parts(person: Person, url: str) -> dict[str, str]:
    """What `/readyz` says."""
    async with person.session.get(url + "/readyz") as answer:
        said: dict[str, str] = json.loads(await answer.text())
        assert answer.status == (200 if set(said.values()) == {"ok"} else 503)
        return said


async def page_once(person: Person, url: str, condition: Callable[[str], bool]) -> str:
    """The page as soon as it is like this."""
    async with asyncio.timeout(30):
        while True:
            page = html.unescape(await person.read(url))
            if condition(page):
                return page
            await asyncio.sleep(0.2)


@contextmanager
def unchanged(deployment: Deployment) -> Iterator[None]:
    """No web process dies or is started again."""
    starts = [web.starts for web in deployment.webs]
    yield
    assert [web.starts for web in deployment.webs] == starts
