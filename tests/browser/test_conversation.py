"""Asking again, saying it differently, and keeping order among conversations."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.browser.upstream import Upstream
from tests.faultscript import tokens

pytestmark = pytest.mark.browser


def test_regenerating_puts_another_reply_beside_the_first(screen: Screen, upstream: Upstream) -> None:
    upstream.stream("The first answer")
    upstream.stream("The second answer")
    screen.ask("tokens/8", "Which one?")
    screen.expect_answer("The first answer")

    screen.button("Regenerate").click()

    expect(screen.reply).to_contain_text("The second answer")
    screen.expect_answer("The second answer")
    expect(screen.messages).to_have_count(2)
    expect(screen.reply.get_by_role("group", name="Versions")).to_contain_text("2 / 2")
    screen.button("Previous version").click()
    expect(screen.reply).to_contain_text("The first answer")
    expect(screen.reply.get_by_role("group", name="Versions")).to_contain_text("1 / 2")
    screen.button("Next version").click()
    expect(screen.reply).to_contain_text("The second answer")


def test_editing_begins_another_branch_and_keeps_the_old_one(screen: Screen) -> None:
    screen.ask("demo/echo", "The old words")
    screen.expect_answer("The old words")

    screen.button("Edit").click()
    field = screen.page.get_by_role("textbox", name="Edit message")
    expect(field).to_have_value("The old words")
    field.fill("The new words")
    screen.button("Send as a new version").click()

    expect(screen.reply).to_contain_text("The new words")
    screen.expect_answer("The new words")
    expect(screen.messages).to_have_count(2)
    screen.button("Previous version").click()
    expect(screen.messages.first).to_contain_text("The old words")
    screen.expect_answer("The old words")


def test_an_edit_can_be_given_up(screen: Screen) -> None:
    screen.ask("demo/echo", "The old words")
    screen.expect_answer("The old words")
    screen.button("Edit").click()

    screen.page.get_by_role("link", name="Cancel").click()

    expect(screen.page.get_by_role("textbox", name="Edit message")).to_have_count(0)
    expect(screen.messages.first).to_contain_text("The old words")


def test_the_next_message_brings_the_whole_conversation_along(screen: Screen, upstream: Upstream) -> None:
    screen.ask("tokens/8", "First")
    screen.expect_answer(tokens(8))

    screen.say("Second")

    expect(screen.messages).to_have_count(4)
    screen.expect_answer(tokens(8))
    sent = [(turn["role"], turn["content"]) for turn in upstream.requests[-1].json["messages"]]
    assert sent == [("user", "First"), ("assistant", tokens(8)), ("user", "Second")]


def test_the_first_conversation_takes_the_place_of_the_hint(screen: Screen) -> None:
    screen.open(model="demo/echo")
    hint = screen.history.get_by_text("Your conversations will be listed here.")
    expect(hint).to_be_visible()

    screen.say("The first one")

    expect(screen.history.get_by_role("link", name="The first one")).to_be_visible()
    expect(hint).to_be_hidden()


def test_a_conversation_is_renamed(screen: Screen) -> None:
    screen.ask("demo/echo", "A dull title")
    screen.expect_state("done")

    screen.entry("A dull title").get_by_label("Rename A dull title").click()
    screen.history.get_by_role("textbox", name="Title of the conversation").fill("A better title")
    screen.history.get_by_role("button", name="Save").click()

    expect(screen.history.get_by_role("link", name="A better title")).to_be_visible()
    screen.page.reload()
    expect(screen.page).to_have_title("A better title · Playground")


def test_a_deleted_conversation_can_be_brought_back(screen: Screen) -> None:
    screen.ask("demo/echo", "Do not lose me")
    screen.expect_state("done")
    address = screen.page.url
    screen.open()

    screen.entry("Do not lose me").get_by_role("button", name="Delete").click()
    expect(screen.page.get_by_text("“Do not lose me” was deleted.")).to_be_visible()
    expect(screen.history.get_by_role("link", name="Do not lose me")).to_have_count(0)
    screen.button("Undo").click()

    screen.history.get_by_role("link", name="Do not lose me").click()
    expect(screen.page).to_have_url(address)
    screen.expect_answer("Do not lose me")


def test_the_open_conversation_can_be_deleted_and_brought_back(screen: Screen) -> None:
    screen.ask("demo/echo", "Do not lose me")
    screen.expect_state("done")

    screen.entry("Do not lose me").get_by_role("button", name="Delete").click()
    expect(screen.page.get_by_text("“Do not lose me” was deleted.")).to_be_visible()
    expect(screen.messages).to_have_count(0)
    screen.button("Undo").click()

    screen.expect_answer("Do not lose me")


def test_copying_takes_what_the_model_wrote_and_not_how_it_looks(screen: Screen, upstream: Upstream) -> None:
    screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    written = "# A heading\n\n- **bold** & <b>\n\n```python\nprint(1)\n```\n"
    upstream.stream(written)
    screen.ask("tokens/8", "Write")
    screen.expect_answer(written)

    screen.reply.get_by_role("button", name="Copy").click()

    # It is there for a moment only.
    screen.reply.locator(".icon-check").wait_for()
    assert screen.page.evaluate("navigator.clipboard.readText()") == written


def test_a_deep_link_brings_model_and_prompt(screen: Screen) -> None:
    screen.open(model="demo/echo", prompt="Say this")

    expect(screen.model).to_have_value("demo/echo")
    expect(screen.message).to_have_value("Say this")
    expect(screen.messages).to_have_count(0)
    screen.send.click()
    screen.expect_answer("Say this")


def test_a_model_has_an_address_of_its_own(screen: Screen) -> None:
    screen.open("/app/demo/thinker")

    expect(screen.model).to_have_value("demo/thinker")


def test_a_new_conversation_is_empty_and_the_old_one_stays_in_the_list(screen: Screen) -> None:
    screen.ask("demo/echo", "The old one")
    screen.expect_state("done")

    screen.button("New conversation").click()

    expect(screen.page).to_have_url(re.compile(r"/\??$"))
    expect(screen.messages).to_have_count(0)
    expect(screen.model).to_have_value("demo/echo")
    expect(screen.history.get_by_role("link", name="The old one")).to_be_visible()


def test_a_double_click_sends_once(screen: Screen, upstream: Upstream) -> None:
    screen.open(model="tokens/8")
    screen.message.fill("Once")

    screen.send.dblclick()

    screen.expect_answer(tokens(8))
    screen.page.reload()
    expect(screen.messages).to_have_count(2)
    assert len(upstream.requests) == 1


def test_a_parameter_is_sent_as_it_is_shown(screen: Screen, upstream: Upstream) -> None:
    screen.open(model="tokens/8")
    panel = screen.page.get_by_role("region", name="Parameters")
    panel.get_by_label("temperature", exact=True).fill("0.5")
    screen.page.get_by_role("textbox", name="System prompt").fill("Be brief")

    screen.say("Hello")

    screen.expect_state("done")
    sent = upstream.requests[-1].json
    assert sent["temperature"] == 0.5
    assert [turn["content"] for turn in sent["messages"]] == ["Be brief", "Hello"]
    screen.page.reload()
    expect(panel.get_by_label("temperature", exact=True)).to_have_value("0.5")
