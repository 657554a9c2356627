"""What only a real server shows: how a socket is closed, and that there is no message too large for it to be sent."""

import asyncio
import threading
from uuid import uuid4

import pytest

from playground.sockets import MESSAGE_BYTES
from runs.consumers import POLICY_VIOLATION
from runs.recorder import LARGEST_BLOCK
from tests.faultserver import FaultServer
from tests.full.deaf import BEGINNING, PIECE, TEXT, DeafSocket
from tests.full.deployment import Deployment, Web
from tests.full.page import Page
from tests.full.person import Person
from tests.peak import expect_peaks
from tests.playground.running import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.timeout(480)]

# A block as large as is written as HTML while an answer is on its way; as JSON, each of its characters takes twelve.
CODE = "\N{GRINNING FACE}" * (LARGEST_BLOCK - 20)
ANSWER = f"```\n{CODE}\n```\n\nThat is all."
# Bytes of a frame that is too large, and of one that is not; sockets that say too much; bytes that all may cost.
HUGE, SMALL, TALKERS, MOST_GROWTH = 20_000_000, 32 * 1024, 10, 2_000_000
# Seconds until they are cut off.
PATIENCE = 10


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
    is_followed, is_shown = threading.Event(), threading.Event()
    # And one that is behind when the answer ends is not told its blocks.
    upstream.stream(is_followed, ANSWER, is_shown, " Indeed.")
    async with Page(person, deployment.urls[:1]) as page:
        await asyncio.to_thread(wait_until, lambda: page.connections)
        shown = await page.follow(await person.ask(deployment.urls[0], "tokens/8", uuid4().hex))
        is_followed.set()
        await asyncio.to_thread(wait_until, lambda: page.largest > 2 * MESSAGE_BYTES)
        is_shown.set()
        await shown.end()

    assert (shown.state, shown.text) == ("done", ANSWER + " Indeed.")
    assert page.connections == 1


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([(TEXT, MESSAGE_BYTES + 1)], id="a byte too many"),
        pytest.param([(TEXT, HUGE)], id="a huge one"),
        pytest.param([(BEGINNING, SMALL), *[(PIECE, SMALL)] * (HUGE // SMALL)], id="a huge one in small pieces"),
    ],
)
async def test_who_says_too_much_is_cut_off_and_not_remembered(
    frames: list[tuple[int, int]], deployment: Deployment, person: Person
) -> None:
    expect_peaks()
    web = deployment.webs[0]
    said = [(first, b"x" * size) for first, size in frames]
    # Its first one costs a process more than the others.
    talk(person, web, said)
    before = web.resident_bytes
    web.forget_peak()

    codes = [talk(person, web, said) for _ in range(TALKERS)]

    # Without a word: whoever does this has not read the protocol, and to wait for their answer is to hear them out.
    assert codes == [None] * TALKERS
    assert web.peak_bytes - before < MOST_GROWTH
    assert web.is_answering()


def talk(person: Person, web: Web, said: list[tuple[int, bytes]]) -> int | None:
    """Say these frames; the code with which the socket is closed."""
    with DeafSocket(person, web.url) as socket:
        for first, payload in said:
            socket.say(payload, first=first)
        return socket.hear_out(PATIENCE).close_code
