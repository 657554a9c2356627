"""What only a real server shows: how a socket is closed, and that there is no message too large for it to be sent."""

import threading
from uuid import uuid4

import pytest

from playground.sockets import MESSAGE_BYTES
from runs.consumers import POLICY_VIOLATION
from runs.recorder import LARGEST_BLOCK
from tests.faultserver import FaultServer
from tests.full.deployment import Deployment
from tests.full.page import Page
from tests.full.person import Person

pytestmark = [pytest.mark.redis, pytest.mark.timeout(480)]

# Highlighted and written as HTML, a block of code grows to many times its size. Larger ones are not highlighted.
CODE = "1 " * (LARGEST_BLOCK // 2 - 20)
ANSWER = f"```python\n{CODE}\n```\n\nThat is all."


async def test_a_socket_is_closed_with_the_code_that_says_why(deployment: Deployment, person: Person) -> None:
    address = deployment.urls[0] + "/ws/"
    async with person.session.ws_connect(address, origin=person.base_url) as socket:
        await socket.send_str("nonsense")
        await socket.receive(timeout=10)

        assert socket.close_code == POLICY_VIOLATION


async def test_a_large_block_arrives_on_the_same_socket(
    deployment: Deployment, person: Person, upstream: FaultServer
) -> None:
    # A page that loads after the block was written shows it as HTML, and has nothing to follow.
    is_followed = threading.Event()
    upstream.stream(is_followed, ANSWER)
    async with Page(person, deployment.urls[:1]) as page:
        shown = await page.follow(await person.ask(deployment.urls[0], "tokens/8", uuid4().hex))
        is_followed.set()
        await shown.end()

    assert (shown.state, shown.text) == ("done", ANSWER)
    assert page.connections == 1
    assert page.largest > 2 * MESSAGE_BYTES
