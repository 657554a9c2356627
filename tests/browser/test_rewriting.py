"""Editing all messages at once, by hand and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.attached import PNG
from tests.browser.screen import Screen
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


def test_a_tester_writes_the_conversation_and_asks(screen: Screen) -> None:
    page = screen.page
    screen.ask("demo/vision", "What is this?")
    screen.expect_state("done")

    page.get_by_role("link", name="Edit all messages").click()
    rows = page.locator("#rewriting fieldset")
    expect(rows).to_have_count(2)
    screen.button("Add a message at the beginning").click()
    expect(rows).to_have_count(3)
    expect(page.locator("#row-0-text")).to_be_focused()
    page.keyboard.type("Answer in French.")
    page.locator("#row-0-role").select_option("system")
    screen.button("Remove message 3").press("Enter")
    expect(rows).to_have_count(2)
    screen.button("Move message 1 down").press("Enter")
    expect(page.locator("#row-1-text")).to_have_value("Answer in French.")
    expect(screen.button("Move message 2 up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#row-0-text")).to_have_value("Answer in French.")
    rows.nth(1).get_by_label("Attach files").set_input_files(
        {"name": "cat.png", "mimeType": "image/png", "buffer": PNG}
    )
    expect(rows.nth(1).get_by_role("listitem")).to_have_count(1)
    expect(rows.nth(0).get_by_role("listitem")).to_have_count(0)
    screen.button("Save and ask for a reply").click()

    screen.expect_state("done")
    expect(screen.messages).to_have_count(3)
    expect(screen.messages.first).to_contain_text("Answer in French.")
    expect(screen.reply).to_contain_text(f"image/png, {len(PNG)} bytes")
    screen.button("Show the former one").click()
    expect(screen.messages).to_have_count(2)
    expect(screen.reply).to_contain_text("there is no attachment")


def test_what_cannot_be_saved_is_said_where_it_stands(screen: Screen, watch: Watch) -> None:
    watch.allow_status(422)
    page = screen.page
    screen.ask("demo/echo", "Hello")
    screen.expect_state("done")
    page.get_by_role("link", name="Edit all messages").click()

    page.locator("#row-0-text").fill("")
    page.locator("#row-1-text").fill("By hand")
    screen.button("Save as a new version").click()
    expect(page.locator("#row-0-problem")).to_contain_text("It is empty.")
    expect(page.locator("#row-1-text")).to_have_value("By hand")
    page.locator("#row-0-text").fill("Bonjour")
    screen.button("Save as a new version").click()

    expect(screen.messages.nth(0)).to_contain_text("Bonjour")
    expect(screen.messages.nth(1)).to_contain_text("By hand")
    screen.say("And now?")
    screen.expect_answer("And now?")
