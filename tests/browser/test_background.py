"""What is asked in the background, and found when one comes back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.product import Product
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

SECONDS = "4"


@pytest.fixture(autouse=True, scope="module")
def worker(product: Product) -> Iterator[None]:
    with product.worker():
        yield


def test_an_answer_is_waited_for_elsewhere_and_is_news_until_it_is_looked_at(screen: Screen) -> None:
    page = screen.page
    tray = page.locator("#tray")
    screen.open(model="demo/silent")
    page.get_by_role("region", name="Parameters").get_by_label("seconds", exact=True).fill(SECONDS)
    page.get_by_label("Run in background").check()

    screen.say("Take your time")

    expect(screen.reply).to_contain_text("You may close this page")
    expect(screen.reply.get_by_role("button", name="Cancel")).to_be_visible()
    expect(tray).to_contain_text("1 in the background")

    screen.open()
    expect(tray).to_contain_text("1 new")
    expect(page).to_have_title(re.compile(r"^\(1\) "))

    tray.locator("summary").click()
    tray.get_by_role("link", name="Take your time").click()
    screen.expect_state("done")
    screen.open()
    expect(tray).to_have_text("")
    expect(page).to_have_title(re.compile(r"^New conversation"))


def test_several_models_are_asked_several_times_and_compared(screen: Screen) -> None:
    screen.ask("demo/echo", "Heads or tails?")
    screen.expect_state("done")
    screen.reply.get_by_role("link", name="Side by side").click()
    page = screen.page
    page.get_by_label("Times, each model").fill("2")
    page.get_by_label("Models, one a line").fill("demo/echo\ndemo/random")

    screen.button("Ask in the background").click()

    cards = page.get_by_role("article")
    expect(cards).to_have_count(5)
    expect(page.locator("article[data-state=done]")).to_have_count(5)
    echo = page.get_by_role("row").filter(has_text="demo/echo")
    expect(echo).to_contain_text("3 of 3")
    cards.last.get_by_role("button", name="Go on with this").click()
    expect(screen.reply).to_have_accessible_name(re.compile("^demo/random"))
    screen.say("Once more")
    screen.expect_state("done")
