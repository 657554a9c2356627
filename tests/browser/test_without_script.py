"""With JavaScript off only the live part is missing."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.product import Product
from tests.browser.screen import Screen, signed_in
from tests.browser.upstream import Upstream
from tests.browser.watch import OpenContext, Watch
from tests.faultscript import tokens
from tests.playground.running import wait_until

pytestmark = pytest.mark.browser


class PlainScreen(Screen):
    """A page whose every button is a form's, so that the browser goes to another page for it."""

    def say(self, text: str) -> None:
        self.message.fill(text)
        self.press("Send")

    def press(self, name: str) -> None:
        """Until the next page is there: to load a page again that is just being left is refused now and then."""
        with self.page.expect_navigation():
            self.button(name).click()

    def reload_until_done(self, state: str = "done") -> None:
        """As a person would; the page says so."""

        def has_ended() -> bool:
            self.page.reload()
            return self.reply.get_attribute("data-state") == state

        wait_until(has_ended)


@pytest.fixture
def plain_screen(open_context: OpenContext, product: Product, members: Iterator[str]) -> PlainScreen:
    page = signed_in(open_context(java_script_enabled=False), product, next(members)).page
    return PlainScreen(page, product.url)


def test_a_conversation_can_be_held(plain_screen: PlainScreen, upstream: Upstream) -> None:
    screen = plain_screen
    goes_on = threading.Event()
    upstream.stream(goes_on, tokens(60), tokens_per_second=30)

    screen.ask("tokens/8", "First")
    expect(screen.messages.first).to_contain_text("First")
    expect(screen.reply.locator("noscript p")).to_be_visible()
    goes_on.set()
    screen.reload_until_done()
    expect(screen.reply.locator(".prose")).to_have_text(tokens(60).strip())

    screen.model.fill("demo/echo")
    screen.say("Second")
    expect(screen.messages).to_have_count(4)
    screen.reload_until_done()
    expect(screen.reply.locator(".prose")).to_have_text("Second")


def test_an_answer_can_be_stopped(plain_screen: PlainScreen, upstream: Upstream) -> None:
    screen = plain_screen
    screen.ask("tokens/2000@50", "Count")
    address = screen.page.url

    screen.press("Stop")

    expect(screen.page).to_have_url(address)
    screen.reload_until_done("cancelled")
    expect(screen.reply).to_contain_text("You stopped this answer.")


def test_a_refused_message_is_still_in_its_field(plain_screen: PlainScreen, watch: Watch) -> None:
    watch.allow_status(422)
    screen = plain_screen
    screen.open()
    screen.model.fill("no/such-model")

    screen.say("My long draft")

    expect(screen.complaint).to_contain_text("There is no such model.")
    expect(screen.message).to_have_value("My long draft")


def test_a_reply_can_be_asked_for_again_and_a_message_edited(plain_screen: PlainScreen) -> None:
    screen = plain_screen
    screen.ask("demo/echo", "The old words")
    screen.reload_until_done()

    screen.press("Regenerate")
    expect(screen.reply.get_by_role("group", name="Versions")).to_contain_text("2 / 2")
    screen.reload_until_done()
    screen.press("Edit")
    screen.page.get_by_role("textbox", name="Edit message").fill("The new words")
    screen.press("Send as a new version")

    expect(screen.messages.first).to_contain_text("The new words")
    screen.reload_until_done()
    expect(screen.reply.locator(".prose")).to_have_text("The new words")


def test_a_call_of_a_tool_can_be_answered(plain_screen: PlainScreen, upstream: Upstream) -> None:
    screen = plain_screen
    upstream.fixture("constructed-stream-tool-calls.sse")
    upstream.stream("It is 124.44 °C.")
    screen.ask("tokens/8", "Convert 256°F to °C")
    screen.reload_until_done()

    screen.reply.get_by_label("Result of toCelsius", exact=True).fill("124.44")
    screen.press("Continue")
    screen.reload_until_done()

    expect(screen.reply.locator(".prose")).to_have_text("It is 124.44 °C.")
    assert upstream.requests[-1].json["messages"][2]["content"] == "124.44"
