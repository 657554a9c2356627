"""A server that can save nothing for a while: the page says so, and loses nothing that was written."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.product import Product
from tests.browser.screen import Screen
from tests.browser.watch import Watch
from tests.full.small_disk import allow_writing, forbid_writing

pytestmark = pytest.mark.browser

DRAFT = "What I have thought about all morning"


@pytest.fixture
def room(product: Product) -> Iterator[list[int]]:
    """The processes of the product, which may write again in the end."""
    pids = [product.pid]
    yield pids
    allow_writing(pids)


def test_what_was_written_stays_and_can_be_sent_when_there_is_room(
    screen: Screen, watch: Watch, room: list[int]
) -> None:
    watch.allow_status(503)
    screen.open(model="tokens/8")
    screen.message.fill(DRAFT)

    forbid_writing(room)
    screen.send.click()

    alert = screen.page.get_by_role("alert").filter(has_text="That was not saved")
    expect(alert).to_contain_text("What you wrote is kept")
    expect(screen.message).to_have_value(DRAFT)
    expect(screen.message).to_be_editable()
    screen.page.reload()
    banner = screen.page.get_by_role("complementary", name="Trouble at the server")
    expect(banner).to_contain_text("Nothing can be saved right now")
    expect(screen.message).to_have_value(DRAFT)
    expect(screen.message).to_be_in_viewport()

    allow_writing(room)
    expect(banner).to_have_count(0)
    screen.send.click()
    screen.expect_state("done")
    expect(screen.messages.first).to_contain_text(DRAFT)
    expect(screen.message).to_have_value("")
