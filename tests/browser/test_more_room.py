"""An answer that was cut, and the button that asks for the rest of it."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.browser.test_accessibility import expect_accessible
from tests.browser.upstream import Upstream
from tests.faultscript import chunk, http_head, said

pytestmark = pytest.mark.browser


def test_a_cut_answer_is_asked_for_again_with_more_room(screen: Screen, upstream: Upstream) -> None:
    upstream.say(http_head(), *said("The first half"), chunk({}, "length"), b"data: [DONE]\n\n")
    limit = screen.page.get_by_role("textbox", name="max_tokens")
    screen.open(model="tokens/8")
    limit.fill("50")
    screen.say("Tell me everything")
    expect(screen.reply).to_contain_text("The answer was cut at max_tokens (50 tokens).")
    expect_accessible(screen.page)
    screen.message.fill("What I write meanwhile")

    upstream.stream("The first half and the second")
    screen.button("Retry with 200 tokens").click()

    expect(screen.reply).to_contain_text("and the second")
    screen.expect_answer("The first half and the second")
    assert upstream.requests[-1].json["max_tokens"] == 200
    expect(screen.messages).to_have_count(2)
    expect(screen.reply.get_by_role("group", name="Versions")).to_contain_text("2 / 2")
    expect(limit).to_have_value("200")
    expect(screen.message).to_have_value("What I write meanwhile")
    screen.page.reload()
    expect(limit).to_have_value("200")
