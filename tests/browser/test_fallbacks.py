"""Networks that let no socket live: the answer arrives all the same, and a person is told when it is slower."""

import re
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
from tests.faultserver import tokens

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
    upstream.stream(tokens(60), tokens_per_second=20)

    screen.ask("tokens/8", "Count")

    screen.expect_answer(tokens(60))
    expect_growth(recording.shown(screen.page), tokens(60), steps=20)
    assert states(screen.page) <= CALM
    assert [line for line in network.requests if "poll" in line] == []


@behind(refuses_sockets=True, holds_back=True)
def test_where_answers_are_held_back_too_the_page_asks_every_second_and_says_so(
    screen: Screen, network: Network, upstream: Upstream, recording: Recording
) -> None:
    upstream.stream(tokens(90), tokens_per_second=10)

    screen.ask("tokens/8", "Count")

    expect(screen.reply).to_contain_text(f"Answering… {BLOCKED}")
    screen.expect_answer(tokens(90))
    expect_growth(recording.shown(screen.page), tokens(90), steps=3)
    polls = [line for line in network.requests if "poll" in line]
    assert 3 <= len(polls) <= 10


@behind(cuts_after=3.0)
def test_where_everything_is_cut_after_a_while_nothing_is_lost(
    screen: Screen, network: Network, upstream: Upstream, recording: Recording
) -> None:
    upstream.stream(tokens(140), tokens_per_second=10)

    screen.ask("tokens/8", "Count")

    expect(screen.reply).to_contain_text("tok120 ")
    screen.expect_answer(tokens(140))
    expect_growth(recording.shown(screen.page), tokens(140), steps=50)
    assert states(screen.page) <= CALM
    # Three sockets were tried before the page took what lasts as long as it lasts.
    assert len([line for line in network.requests if "/ws/" in line]) == 3
    assert len([line for line in network.requests if "/events/" in line]) >= 2


@behind(refuses_sockets=True)
def test_a_reload_in_mid_answer_tries_the_socket_again(
    screen: Screen, network: Network, upstream: Upstream, recording: Recording
) -> None:
    upstream.stream(tokens(60), tokens_per_second=20)
    screen.ask("tokens/8", "Count")
    expect(screen.reply).to_contain_text("tok9 ")
    tried = len([line for line in network.requests if "/ws/" in line])

    screen.page.reload()

    screen.expect_answer(tokens(60))
    expect_growth(recording.shown(screen.page), tokens(60), steps=5)
    assert len([line for line in network.requests if "/ws/" in line]) == 2 * tried


@behind(refuses_sockets=True, holds_back=True)
def test_several_answers_share_one_request(screen: Screen, network: Network, upstream: Upstream) -> None:
    upstream.stream(tokens(90), tokens_per_second=10)
    upstream.stream(tokens(91), tokens_per_second=10)

    screen.ask("tokens/8", "Count")
    screen.say("Count again")

    expect(screen.replies).to_have_count(2)
    for reply in screen.replies.all():
        expect(reply).to_contain_text(BLOCKED)
    for reply, count in zip(screen.replies.all(), (90, 91), strict=True):
        expect(reply).to_have_attribute("data-state", "done")
        expect(reply).to_contain_text(f"tok{count - 1}")
    assert [line for line in network.requests if re.search(r"/runs/\d+,\d+/events/\?after=\d+,\d+&poll", line)]


def states(page: Page) -> set[str]:
    return set(page.evaluate("[...states]"))


def expect_growth(shown: list[str], answer: str, *, steps: int) -> None:
    """What stood there only grew, in so many steps at least, until the whole answer did."""
    words = answer.split()
    assert [text for text in shown if text.split() != words[: len(text.split())]] == []
    assert len(shown) >= steps
    assert shown[-1].split() == words
