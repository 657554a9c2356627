"""Every character arrives once and in order, whatever happens to the page or to its socket."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.recording import Recording
from tests.browser.screen import Screen
from tests.browser.upstream import Upstream
from tests.faultserver import tokens

pytestmark = pytest.mark.browser

ANSWER = tokens(60)


@pytest.fixture
def recording(screen: Screen) -> Recording:
    return Recording(screen.page.context)


def test_what_a_reader_sees_only_grows_to_the_whole_answer(
    screen: Screen, upstream: Upstream, recording: Recording
) -> None:
    heard = _overheard_text(screen.page)

    screen.ask("tokens/60@30", "Count")

    screen.expect_answer(ANSWER)
    assert "".join(heard()) == ANSWER
    _expect_beginnings(recording.shown(screen.page))
    assert len(recording.shown(screen.page)) > 5


def test_a_reload_in_mid_answer_loses_nothing(screen: Screen, upstream: Upstream, recording: Recording) -> None:
    screen.ask("tokens/60@30", "Count")
    expect(screen.reply).to_contain_text("tok9 ")

    screen.page.reload()

    expect(screen.reply).to_have_attribute("data-state", "running")
    screen.expect_answer(ANSWER)
    _expect_beginnings(recording.shown(screen.page))
    assert len(upstream.requests) == 1


def test_a_second_tab_shows_the_same(screen: Screen, upstream: Upstream, recording: Recording) -> None:
    screen.ask("tokens/60@30", "Count")
    expect(screen.reply).to_contain_text("tok9 ")

    second = Screen(screen.page.context.new_page(), screen.url)
    second.page.goto(screen.page.url)

    expect(second.reply).to_have_attribute("data-state", "running")
    second.expect_answer(ANSWER)
    screen.expect_answer(ANSWER)
    _expect_beginnings(recording.shown(second.page))
    _expect_beginnings(recording.shown(screen.page))
    assert len(upstream.requests) == 1


def test_a_socket_that_breaks_in_mid_answer_goes_on_where_it_was(
    screen: Screen, upstream: Upstream, recording: Recording
) -> None:
    connections: list[int] = []

    def break_the_first(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        connections.append(0)

        def pass_on(frame: str | bytes) -> None:
            connections[-1] += 1
            if len(connections) == 1 and connections[-1] == 12:
                route.close(code=4000)
                server.close()
            elif len(connections) > 1 or connections[-1] < 12:
                route.send(frame)

        server.on_message(pass_on)

    screen.page.route_web_socket("**/ws/", break_the_first)

    screen.ask("tokens/60@30", "Count")

    screen.expect_answer(ANSWER)
    assert len(connections) == 2
    shown = recording.shown(screen.page)
    _expect_beginnings(shown)
    # It was followed to the end, and not only fetched when all was over.
    assert shown[-1].split()[-1] == "tok59"


def test_closing_the_page_stops_nothing(screen: Screen, upstream: Upstream) -> None:
    context = screen.page.context
    screen.ask("tokens/60@30", "Count")
    expect(screen.reply).to_contain_text("tok9 ")
    address = screen.page.url

    screen.page.close()

    again = Screen(context.new_page(), screen.url)
    again.page.goto(address)
    again.expect_answer(ANSWER)


def test_stopping_keeps_the_text_and_hangs_up(screen: Screen, upstream: Upstream) -> None:
    screen.ask("tokens/2000@50", "Count")
    expect(screen.reply).to_contain_text("tok20 ")
    connections = upstream.connections_open

    screen.button("Stop").click()

    assert upstream.wait_for_a_goodbye(connections, seconds=1)
    screen.expect_state("cancelled")
    assert tokens(2000).startswith(screen.written)
    assert "tok20 " in screen.written
    expect(screen.reply).to_contain_text("You stopped this answer. What had arrived is kept.")
    expect(screen.button("Stop")).to_have_count(0)


def _expect_beginnings(shown: list[str]) -> None:
    words = ANSWER.split()
    assert shown
    assert [text for text in shown if text.split() != words[: len(text.split())]] == []


def _overheard_text(page: Page) -> Callable[[], list[str]]:
    """The pieces of text that come over the page's sockets."""
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    return lambda: [frame["text"] for frame in map(json.loads, frames) if frame.get("type") == "text"]
