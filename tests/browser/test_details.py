"""The details of a run, its code, and code that becomes a conversation, as a person meets them."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.product import Product
from tests.browser.screen import Screen, signed_in
from tests.browser.test_accessibility import expect_accessible
from tests.browser.upstream import KEY, Upstream
from tests.browser.watch import OpenContext, Watch

pytestmark = pytest.mark.browser


def dialog(screen: Screen, name: str) -> Locator:
    return screen.page.get_by_role("dialog", name=name)


def test_details_open_over_the_conversation_and_give_the_focus_back(screen: Screen, upstream: Upstream) -> None:
    screen.ask("tokens/8", "Hello")
    screen.expect_state("done")

    screen.reply.get_by_role("button", name="Details").press("Enter")

    details = dialog(screen, "Details of run")
    expect(details).to_contain_text(f"POST {upstream.base_url}/chat/completions")
    expect(details).to_contain_text(f"authorization: Bearer …{KEY[-4:]}")
    expect(details).not_to_contain_text(KEY)
    details.get_by_text("chunks, with the time").click()
    expect(details.get_by_role("listitem").first).to_contain_text("chat.completion.chunk")
    expect_accessible(screen.page)
    screen.page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    expect(screen.reply.get_by_role("button", name="Details")).to_be_focused()


def test_a_run_is_made_again_exactly(screen: Screen, upstream: Upstream) -> None:
    screen.ask("tokens/8", "Hello")
    screen.expect_state("done")
    screen.reply.get_by_role("button", name="Details").click()

    screen.button("Run again exactly").click()

    screen.expect_state("done")
    expect(screen.reply).to_contain_text("2 / 2")
    assert upstream.wait_for_requests(2)
    assert upstream.requests[0].body == upstream.requests[1].body


def test_code_is_what_stands_in_the_composer_now(screen: Screen) -> None:
    screen.open(model="demo/echo")
    screen.message.fill("Say 'this'")
    screen.page.get_by_role("textbox", name="temperature").fill("0.7")

    screen.button("Get code").click()

    shown = dialog(screen, "Get code")
    expect(shown).to_contain_text("curl -N")
    expect(shown).to_contain_text('"temperature": 0.7')
    shown.get_by_role("combobox", name="Language").select_option("Python, httpx")
    expect(shown).to_contain_text("import httpx")
    expect(shown).to_contain_text("Say 'this'")
    shown.get_by_role("combobox", name="Answer").select_option("Whole, when it is done")
    expect(shown).to_contain_text("httpx.post(")
    expect_accessible(screen.page)
    shown.get_by_role("button", name="Close").click()
    expect(shown).to_have_count(0)
    expect(screen.message).to_have_value("Say 'this'")


def test_enter_still_sends(screen: Screen) -> None:
    screen.open(model="demo/echo")
    screen.page.get_by_role("textbox", name="temperature").fill("0.7")
    screen.message.fill("Hello")

    screen.page.get_by_role("textbox", name="temperature").press("Enter")

    screen.expect_answer("Hello")
    expect(dialog(screen, "Get code")).to_have_count(0)


def test_pasted_code_is_sent_as_it_was_written(screen: Screen, upstream: Upstream) -> None:
    body = {
        "model": "tokens/8",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": "Three\nand four"},
        ],
        "temperature": 0.7,
        "max_tokens": 77,
    }
    screen.open()
    screen.page.get_by_role("link", name="paste code").click()
    code = f"curl {upstream.base_url}/chat/completions -H 'Authorization: Bearer sk-pasted-0' -d '{json.dumps(body)}'"

    screen.page.get_by_role("textbox", name="Code").fill(code)
    screen.button("Open in the playground").click()

    expect(screen.message).to_have_value("Three\nand four")
    expect(screen.model).to_have_value("tokens/8")
    expect(screen.page.get_by_role("textbox", name="System prompt")).to_have_value("Be brief")
    expect(screen.messages).to_have_count(2)
    expect(screen.page.get_by_text("The key in it was ignored")).to_be_visible()
    screen.send.click()
    screen.expect_state("done")
    [sent] = upstream.requests
    assert sent.json == body | {"stream": True}
    assert sent.authorization == f"Bearer {KEY}"


def test_a_pasted_message_that_was_changed_is_kept_over_a_reload(screen: Screen) -> None:
    screen.open("/paste/")
    screen.page.get_by_role("textbox", name="Code").fill('{"model": "demo/echo", "prompt": "Pasted"}')
    screen.button("Open in the playground").click()
    expect(screen.message).to_have_value("Pasted")

    screen.page.reload()
    expect(screen.message).to_have_value("Pasted")
    screen.message.fill("Changed")
    screen.page.reload()

    expect(screen.message).to_have_value("Changed")
    screen.send.click()
    screen.expect_answer("Changed")
    screen.page.reload()
    expect(screen.message).to_have_value("")


def test_what_is_no_code_stays_in_its_field(screen: Screen, watch: Watch) -> None:
    watch.allow_status(422)
    screen.open("/paste/")
    screen.page.get_by_role("textbox", name="Code").fill("Hello there")

    screen.button("Open in the playground").click()

    expect(screen.page.get_by_role("alert").filter(has_text="No request can be read")).to_be_visible()
    expect(screen.page.get_by_role("textbox", name="Code")).to_have_value("Hello there")
    expect_accessible(screen.page)


def test_without_script_all_of_it_are_pages(
    open_context: OpenContext, product: Product, members: Iterator[str], upstream: Upstream
) -> None:
    screen = signed_in(open_context(java_script_enabled=False), product, next(members))
    screen.ask("tokens/8", "Hello")

    screen.reply.get_by_role("button", name="Details").click()

    expect(screen.page.get_by_role("heading", name="Run", exact=False)).to_be_visible()
    screen.button("Get code").click()
    screen.page.get_by_role("combobox", name="Language").select_option("JavaScript, fetch")
    screen.button("Show").click()
    expect(screen.page.locator("main")).to_contain_text("await fetch(")
    screen.open(model="demo/echo")
    screen.message.fill("Hello")
    screen.button("Get code").click()
    expect(screen.page.locator("main")).to_contain_text('"content": "Hello"')
    screen.open("/paste/")
    screen.page.get_by_role("textbox", name="Code").fill('{"model": "demo/echo", "prompt": "Pasted"}')
    screen.button("Open in the playground").click()
    expect(screen.message).to_have_value("Pasted")
