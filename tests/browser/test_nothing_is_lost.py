"""Every character arrives once and in order, whatever happens to the page or to its socket."""

import json
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.product import Product
from tests.browser.recording import Recording
from tests.browser.screen import Screen
from tests.browser.upstream import Upstream
from tests.faultscript import tokens

pytestmark = pytest.mark.browser

ANSWER = tokens(60)
# What is said of it before the page or its socket meets with something, and what is said afterwards.
FIRST, REST = tokens(10), tokens(60).removeprefix(tokens(10))
TOKENS_PER_SECOND = 30
# Milliseconds: a lease, two looks of the sweeper, and a machine that is busy with starting everything again.
INTERRUPTED_AFTER = 60_000


@pytest.fixture
def recording(screen: Screen) -> Recording:
    return Recording(screen.page.context)


def test_what_a_reader_sees_only_grows_to_the_whole_answer(
    screen: Screen, upstream: Upstream, recording: Recording
) -> None:
    heard = _overheard_text(screen.page)
    cues = upstream.stream_on_cue(ANSWER, parts=12)

    screen.ask("tokens/8", "Count")
    screen.read_along(cues)

    screen.expect_answer(ANSWER)
    assert "".join(heard()) == ANSWER
    _expect_beginnings(recording.shown(screen.page))
    assert len(recording.shown(screen.page)) >= 12


def test_a_reload_in_mid_answer_loses_nothing(screen: Screen, upstream: Upstream, recording: Recording) -> None:
    goes_on = _answer_in_two_parts(upstream)
    screen.ask("tokens/8", "Count")
    expect(screen.reply).to_contain_text("tok9 ")

    screen.page.reload()

    expect(screen.reply).to_have_attribute("data-state", "running")
    goes_on.set()
    screen.expect_answer(ANSWER)
    _expect_beginnings(recording.shown(screen.page))
    assert len(upstream.requests) == 1


def test_a_second_tab_shows_the_same(screen: Screen, upstream: Upstream, recording: Recording) -> None:
    goes_on = _answer_in_two_parts(upstream)
    screen.ask("tokens/8", "Count")
    expect(screen.reply).to_contain_text("tok9 ")

    second = Screen(screen.page.context.new_page(), screen.url)
    second.page.goto(screen.page.url)

    expect(second.reply).to_have_attribute("data-state", "running")
    goes_on.set()
    second.expect_answer(ANSWER)
    screen.expect_answer(ANSWER)
    _expect_beginnings(recording.shown(second.page))
    _expect_beginnings(recording.shown(screen.page))
    assert len(upstream.requests) == 1


def test_a_socket_that_breaks_in_mid_answer_goes_on_where_it_was(
    screen: Screen, upstream: Upstream, recording: Recording
) -> None:
    cues = upstream.stream_on_cue(ANSWER, parts=12)
    connections: list[WebSocketRoute] = []
    is_broken = threading.Event()

    def break_the_first(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        connections.append(route)

        def pass_on(frame: str | bytes) -> None:
            if route is not connections[0]:
                route.send(frame)
            elif not is_broken.is_set() and "tok29 " in str(frame):
                is_broken.set()
                route.close(code=4000)
                server.close()
            elif not is_broken.is_set():
                route.send(frame)

        server.on_message(pass_on)

    screen.page.route_web_socket("**/ws/", break_the_first)

    screen.ask("tokens/8", "Count")
    screen.read_along(cues)

    screen.expect_answer(ANSWER)
    assert len(connections) == 2
    shown = recording.shown(screen.page)
    _expect_beginnings(shown)
    # It was followed to the end, and not only fetched when all was over.
    assert shown[-1].split()[-1] == "tok59"


def test_closing_the_page_stops_nothing(screen: Screen, upstream: Upstream) -> None:
    context = screen.page.context
    goes_on = _answer_in_two_parts(upstream)
    screen.ask("tokens/8", "Count")
    expect(screen.reply).to_contain_text("tok9 ")
    address = screen.page.url

    screen.page.close()
    goes_on.set()

    again = Screen(context.new_page(), screen.url)
    again.page.goto(address)
    again.expect_answer(ANSWER)


def test_stopping_keeps_the_text_and_hangs_up(screen: Screen, upstream: Upstream) -> None:
    # A machine that is busy just then gets another chance to be as quick as we say.
    assert any(_hangs_up(screen, upstream, seconds=1) for _ in range(3))

    screen.expect_state("cancelled")
    assert tokens(2000).startswith(screen.written)
    assert "tok20 " in screen.written
    expect(screen.reply).to_contain_text("You stopped this answer. What had arrived is kept.")
    expect(screen.button("Stop")).to_have_count(0)


def test_a_server_that_dies_in_mid_answer_costs_nothing_that_was_shown(
    screen: Screen, product: Product, upstream: Upstream, recording: Recording
) -> None:
    screen.ask("tokens/2000@50", "Count")
    expect(screen.reply).to_contain_text("tok20 ")

    product.kill()
    product.start()
    with product.worker():
        expect(screen.reply).to_have_attribute("data-state", "interrupted", timeout=INTERRUPTED_AFTER)

    kept, shown = screen.written.split(), [text.split() for text in recording.shown(screen.page)]
    assert tokens(2000).split()[: len(kept)] == kept
    assert "tok20" in shown[-1]
    assert all(kept[: len(words)] == words for words in shown)
    expect(screen.card).to_contain_text("may have been charged")
    expect(screen.card.get_by_role("button", name="Try again")).to_be_visible()
    assert len(upstream.requests) == 1


def _answer_in_two_parts(upstream: Upstream) -> threading.Event:
    """The next call is answered with a pause in the middle, which lasts until this is set."""
    goes_on = threading.Event()
    upstream.stream(FIRST, goes_on, REST, tokens_per_second=TOKENS_PER_SECOND)
    return goes_on


def _hangs_up(screen: Screen, upstream: Upstream, *, seconds: float) -> bool:
    """Ask for a long answer, and stop it: does the provider see us leave in time?"""
    screen.ask("tokens/2000@50", "Count")
    expect(screen.reply).to_contain_text("tok20 ")
    connections = upstream.connections_open
    screen.button("Stop").click()
    return upstream.wait_for_a_goodbye(connections, seconds)


def _expect_beginnings(shown: list[str]) -> None:
    words = ANSWER.split()
    assert shown
    assert [text for text in shown if text.split() != words[: len(text.split())]] == []


def _overheard_text(page: Page) -> Callable[[], list[str]]:
    """The pieces of text that come over the page's sockets."""
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    return lambda: [frame["text"] for frame in map(json.loads, frames) if frame.get("type") == "text"]
