"""Finding a model with the keyboard alone, keeping what was looked for, and going on when there is none."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.browser.upstream import Upstream
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


def test_a_model_is_pinned_found_by_what_it_does_and_picked_by_keys_alone(screen: Screen) -> None:
    screen.open(model="demo/echo")
    keys = screen.page.keyboard
    options = screen.page.get_by_role("listbox", name="Models").get_by_role("option")

    keys.press("m")
    keys.press("Control+a")
    # At once, so that one list comes and not one for each letter.
    keys.insert_text("thinker reasoning")
    expect(options).to_have_count(1)
    expect(options.first).to_contain_text("demo/thinker")
    keys.press("ArrowDown")
    keys.press("Alt+p")
    expect(options.first.locator(".pin-mark")).to_have_attribute("data-pinned", "true")
    keys.press("Enter")

    expect(screen.model).to_have_value("demo/thinker")
    expect(options.first).to_be_hidden()
    keys.press("ArrowDown")
    # What is pinned comes before all others now.
    expect(options.first).to_contain_text("demo/thinker")
    expect(options.first).to_contain_text("pinned")


def test_a_key_counts_from_the_moment_that_the_list_is_there(screen: Screen) -> None:
    screen.open(model="demo/echo")
    page = screen.page
    page.keyboard.press("m")
    page.keyboard.press("Control+a")
    page.evaluate(
        """() => {
          const field = document.activeElement
          const press = (key) => field.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true }))
          const list = document.querySelector("model-picker [role=listbox]")
          new MutationObserver((_, observer) => {
            if (list.querySelectorAll("[role=option]").length !== 1) return
            observer.disconnect()
            press({ key: "ArrowDown" })
            press({ key: "p", code: "KeyP", altKey: true })
          }).observe(list, { childList: true, subtree: true })
        }"""
    )
    page.keyboard.insert_text("thinker reasoning")
    option = page.get_by_role("listbox", name="Models").get_by_role("option")
    expect(option.locator(".pin-mark")).to_have_attribute("data-pinned", "true")


def test_filters_stand_in_the_address_and_outlast_a_reload(screen: Screen) -> None:
    screen.open("/models/")
    page = screen.page
    rows = page.get_by_role("row")

    page.get_by_role("searchbox", name="Search").fill("demo")
    expect(page).to_have_url(re.compile(r"/models/\?q=demo$"))
    page.get_by_text("More filters").click()
    page.get_by_role("checkbox", name="images").check()

    expect(page).to_have_url(re.compile(r"/models/\?q=demo&takes=images$"))
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("demo/vision")
    page.reload()
    expect(page.get_by_role("checkbox", name="images")).to_be_checked()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Pin demo/vision").press("Enter")
    expect(page.get_by_role("button", name="Pin demo/vision")).to_have_attribute("aria-pressed", "true")
    rows.last.get_by_role("link", name="Open demo/vision in the playground").click()
    expect(screen.model).to_have_value("demo/vision")


def test_an_id_that_no_list_knows_is_used_with_one_click(screen: Screen, upstream: Upstream, watch: Watch) -> None:
    watch.allow_status(422)
    upstream.stream("From a model that is brand new.")
    screen.open(model="brand/new")
    screen.message.fill("Hello")
    screen.send.click()
    expect(screen.complaint).to_contain_text("There is no such model.")

    screen.button("Use brand/new at Upstream").click()

    screen.expect_answer("From a model that is brand new.")
    expect(screen.model).to_have_value("brand/new")
    expect(screen.page.get_by_role("textbox", name="Further parameters (JSON)")).to_be_attached()


def test_a_model_that_is_gone_hands_over_to_its_successor_in_the_picker(screen: Screen) -> None:
    screen.open(model="demo/echo")
    options = screen.page.get_by_role("listbox", name="Models").get_by_role("option")
    screen.model.fill("claude-3-sonnet")
    expect(options.first).to_contain_text("use anthropic/claude-sonnet-4.6 instead")

    options.first.click()

    expect(screen.model).to_have_value("anthropic/claude-sonnet-4.6")
