"""With JavaScript off only the live part is missing."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.product import Product
from tests.browser.screen import Screen, signed_in
from tests.browser.upstream import Upstream
from tests.browser.watch import OpenContext, Watch
from tests.faultserver import tokens
from tests.playground.running import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def plain_screen(open_context: OpenContext, product: Product, members: Iterator[str]) -> Screen:
    return signed_in(open_context(java_script_enabled=False), product, next(members))


def test_a_conversation_can_be_held(plain_screen: Screen, upstream: Upstream) -> None:
    screen = plain_screen
    goes_on = threading.Event()
    upstream.stream(goes_on, tokens(60), tokens_per_second=30)

    screen.ask("tokens/8", "First")
    expect(screen.messages.first).to_contain_text("First")
    expect(screen.reply.locator("noscript p")).to_be_visible()
    goes_on.set()
    _reload_until_done(screen)
    expect(screen.reply.locator(".prose")).to_have_text(tokens(60).strip())

    screen.model.fill("demo/echo")
    screen.say("Second")
    expect(screen.messages).to_have_count(4)
    _reload_until_done(screen)
    expect(screen.reply.locator(".prose")).to_have_text("Second")


def test_an_answer_can_be_stopped(plain_screen: Screen, upstream: Upstream) -> None:
    screen = plain_screen
    screen.ask("tokens/2000@50", "Count")
    address = screen.page.url

    screen.button("Stop").click()

    expect(screen.page).to_have_url(address)
    _reload_until_done(screen, "cancelled")
    expect(screen.reply).to_contain_text("You stopped this answer.")


def test_a_refused_message_is_still_in_its_field(plain_screen: Screen, watch: Watch) -> None:
    watch.allow_status(422)
    screen = plain_screen
    screen.open()
    screen.model.fill("no/such-model")

    screen.say("My long draft")

    expect(screen.complaint).to_contain_text("There is no such model.")
    expect(screen.message).to_have_value("My long draft")


def test_a_reply_can_be_asked_for_again_and_a_message_edited(plain_screen: Screen) -> None:
    screen = plain_screen
    screen.ask("demo/echo", "The old words")
    _reload_until_done(screen)

    screen.button("Regenerate").click()
    expect(screen.reply.get_by_role("group", name="Versions")).to_contain_text("2 / 2")
    _reload_until_done(screen)
    screen.button("Edit").click()
    screen.page.get_by_role("textbox", name="Edit message").fill("The new words")
    screen.button("Send as a new version").click()

    expect(screen.messages.first).to_contain_text("The new words")
    _reload_until_done(screen)
    expect(screen.reply.locator(".prose")).to_have_text("The new words")


def test_a_call_of_a_tool_can_be_answered(plain_screen: Screen, upstream: Upstream) -> None:
    screen = plain_screen
    upstream.fixture("constructed-stream-tool-calls.sse")
    upstream.stream("It is 124.44 °C.")
    screen.ask("tokens/8", "Convert 256°F to °C")
    _reload_until_done(screen)

    screen.reply.get_by_label("Result of toCelsius", exact=True).fill("124.44")
    screen.button("Continue").click()
    _reload_until_done(screen)

    expect(screen.reply.locator(".prose")).to_have_text("It is 124.44 °C.")
    assert upstream.requests[-1].json["messages"][2]["content"] == "124.44"


def _reload_until_done(screen: Screen, state: str = "done") -> None:
    """As a person would; the page says so."""

    def has_ended() -> bool:
        screen.page.reload()
        return screen.reply.get_attribute("data-state") == state

    wait_until(has_ended)
