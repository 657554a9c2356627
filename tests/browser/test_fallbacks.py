"""Networks that let no socket live: the answer arrives all the same, and a person is told when it is slower."""

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.network import Network
from tests.browser.product import Product
from tests.browser.recording import Recording
from tests.browser.screen import Screen
from tests.browser.upstream import Upstream
from tests.browser.watch import Watch
from tests.faultscript import tokens
from tests.playground.running import wait_until

pytestmark = pytest.mark.browser

BLOCKED = "Live connection blocked; updating every second."
CALM = {"Waiting for the model…", "Thinking…", "Answering…"}
# The page's own eyes: words may stand for a moment only.
RECORD_STATES = """
window.states = new Set();
new MutationObserver(() => {
  const state = document.querySelector("run-stream [data-part=state]");
  if (state) states.add(state.textContent);
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


class ForgivingWatch(Watch):
    """Lets the browser complain of connections that the network refused or cut."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self._allowed += ["WebSocket connection to", "net::ERR_"]


def behind(**manners: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("network", [manners], indirect=True, ids=[""])


@pytest.fixture
def network(request: pytest.FixtureRequest, product: Product) -> Iterator[Network]:
    with Network(product.url, **request.param) as network:
        yield network


@pytest.fixture
def watch(network: Network) -> Watch:
    return ForgivingWatch(network.url)


@pytest.fixture
def screen(context: BrowserContext, network: Network, members: Iterator[str]) -> Screen:
    context.add_init_script(RECORD_STATES)
    screen = Screen(context.new_page(), network.url)
    screen.open(next(members))
    return screen


@pytest.fixture
def recording(screen: Screen) -> Recording:
    return Recording(screen.page.context)


@behind(refuses_sockets=True)
def test_where_sockets_are_refused_an_answer_streams_over_http(
    screen: Screen, network: Network, upstream: Upstream, recording: Recording
) -> None:
    cues = upstream.stream_on_cue(tokens(60), parts=15)

    screen.ask("tokens/8", "Count")
    screen.read_along(cues)

    screen.expect_answer(tokens(60))
    expect_growth(recording.shown(screen.page), tokens(60), steps=15)
    assert states(screen.page) <= CALM
    assert asked(network, "poll") == 0


@behind(refuses_sockets=True, holds_back=True)
def test_where_answers_are_held_back_too_the_page_asks_every_second_and_says_so(
    screen: Screen, network: Network, upstream: Upstream, recording: Recording
) -> None:
    cues = upstream.stream_on_cue(tokens(60), parts=4)
    begun = time.monotonic()

    screen.ask("tokens/8", "Count")
    screen.read_along(cues[:2])
    expect(screen.reply).to_contain_text(f"Answering… {BLOCKED}")
    screen.read_along(cues[2:])

    screen.expect_answer(tokens(60))
    expect_growth(recording.shown(screen.page), tokens(60), steps=4)
    assert 3 <= asked(network, "poll") <= time.monotonic() - begun


@behind(cuts_after=3.0)
def test_where_everything_is_cut_after_a_while_nothing_is_lost(
    screen: Screen, network: Network, upstream: Upstream, recording: Recording
) -> None:
    may_end = threading.Event()
    upstream.stream(tokens(140), may_end, tokens_per_second=11)

    screen.ask("tokens/8", "Count")

    # Three sockets are tried before the page takes what lasts as long as it lasts.
    wait_until(lambda: asked(network, "/events/") >= 2)
    expect(screen.reply).to_contain_text("tok139")
    may_end.set()
    screen.expect_answer(tokens(140))
    expect_growth(recording.shown(screen.page), tokens(140), steps=30)
    assert states(screen.page) <= CALM
    assert asked(network, "/ws/") == 3


@behind(refuses_sockets=True)
def test_a_reload_in_mid_answer_tries_the_socket_again(
    screen: Screen, network: Network, upstream: Upstream, recording: Recording
) -> None:
    cues = upstream.stream_on_cue(tokens(60), parts=6)
    screen.ask("tokens/8", "Count")
    screen.read_along(cues[:1])
    expect(screen.reply).to_contain_text("tok9")
    tried = asked(network, "/ws/")

    screen.page.reload()
    screen.read_along(cues[1:])

    screen.expect_answer(tokens(60))
    expect_growth(recording.shown(screen.page), tokens(60), steps=6)
    assert asked(network, "/ws/") == 2 * tried


@behind(refuses_sockets=True, holds_back=True)
def test_several_answers_share_one_request(screen: Screen, network: Network, upstream: Upstream) -> None:
    may_end = threading.Event()
    upstream.stream(tokens(30), may_end, "over")
    upstream.stream(tokens(31), may_end, "over")

    screen.ask("tokens/8", "Count")
    expect(screen.replies).to_have_count(1)
    screen.say("Count again")

    expect(screen.replies).to_have_count(2)
    for reply in screen.replies.all():
        expect(reply).to_contain_text(BLOCKED)
    wait_until(lambda: asked(network, r"/runs/\d+,\d+/events/\?after=\d+,\d+&poll"))
    may_end.set()
    for reply, count in zip(screen.replies.all(), (30, 31), strict=True):
        expect(reply).to_have_attribute("data-state", "done")
        expect(reply).to_contain_text(f"tok{count - 1} over")


def asked(network: Network, pattern: str) -> int:
    """How many requests came whose first line has this in it."""
    return sum(re.search(pattern, line) is not None for line in network.requests)


def states(page: Page) -> set[str]:
    return set(page.evaluate("[...states]"))


def expect_growth(shown: list[str], answer: str, *, steps: int) -> None:
    """What stood there only grew, in so many steps at least, until the whole answer did."""
    words = answer.split()
    assert [text for text in shown if text.split() != words[: len(text.split())]] == []
    assert len(shown) >= steps
    assert shown[-1].split() == words
