"""The picture in the README: made from the product as it is, so that it never shows another one."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from playground.env import BASE_DIR
from tests.browser.product import Product
from tests.browser.screen import signed_in
from tests.browser.watch import OpenContext

pytestmark = pytest.mark.browser

PICTURE = BASE_DIR / "docs" / "screenshot.png"
# Set it to have the picture in the repository made anew.
SWITCH = "PLAYGROUND_WRITE_SCREENSHOT"

EARLIER = [
    "Answer a customer in a hurry",
    "Two summaries of one report",
    "The bug in a date parser",
]


def test_the_picture_can_be_made(open_context: OpenContext, product: Product, tmp_path: Path) -> None:
    context = open_context(viewport={"width": 1440, "height": 900}, color_scheme="light", reduced_motion="reduce")
    screen = signed_in(context, product, product.run("-m", "tests.browser.cast", "1", "--name", "Alice").strip())
    for title in EARLIER:
        screen.ask("demo/echo", title)
        screen.expect_state("done")
    screen.ask("demo/markdown", "Show me an answer")
    screen.expect_state("done")
    screen.messages.first.scroll_into_view_if_needed()
    expect(screen.history.get_by_role("listitem")).to_have_count(len(EARLIER) + 1)

    picture = PICTURE if os.environ.get(SWITCH) == "1" else tmp_path / "screenshot.png"
    screen.page.screenshot(path=picture)

    assert picture.stat().st_size > 10_000
