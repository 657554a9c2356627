"""Everything without a pointer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

# What a person comes by on the way to Send, in this order, and the steps after which they would give up.
LANDMARKS = ["Skip to the content", "Models", "Sign out", "Hello", "Model", "Edit", "Regenerate", "Message", "Send"]
MOST_STOPS = 40
# The focused element's name, roughly as it is announced, and whether a ring is drawn around it or its frame.
FOCUSED = """
() => {
  const element = document.activeElement;
  const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
  const styles = [element, element.parentElement].map((candidate) => getComputedStyle(candidate));
  return [name.trim(), styles.some((style) => style.outlineStyle !== "none" && style.outlineWidth !== "0px")];
}
"""


def test_a_model_is_chosen_and_asked_by_keys_alone(screen: Screen) -> None:
    screen.open()
    keys = screen.page.keyboard

    keys.press("m")
    expect(screen.model).to_be_focused()
    keys.press("Control+a")
    # All at once: typed slowly, the models are listed twice, and the second list knows nothing of an arrow before it.
    keys.insert_text("demo/e")
    options = screen.page.get_by_role("listbox", name="Models").get_by_role("option")
    expect(options.first).to_contain_text("demo/echo")
    keys.press("ArrowDown")
    expect(screen.model).to_have_attribute("aria-activedescendant", re.compile("."))
    keys.press("Enter")
    expect(screen.model).to_have_value("demo/echo")
    expect(options.first).to_be_hidden()

    keys.press("Tab")
    keys.press("/")
    expect(screen.message).to_be_focused()
    keys.type("First line")
    keys.press("Shift+Enter")
    keys.type("second line")
    expect(screen.message).to_have_value("First line\nsecond line")
    keys.press("Enter")

    screen.expect_answer("First line\nsecond line")
    expect(screen.message).to_have_value("")
    expect(screen.message).to_be_focused()


def test_arrows_walk_through_the_models_and_escape_leaves_them(screen: Screen) -> None:
    screen.open(model="demo/echo")
    keys = screen.page.keyboard
    options = screen.page.get_by_role("listbox", name="Models").get_by_role("option")
    screen.model.focus()

    keys.press("ArrowDown")
    expect(screen.model).to_have_attribute("aria-expanded", "true")
    expect(options.first).to_be_visible()
    keys.press("ArrowDown")
    first = screen.model.get_attribute("aria-activedescendant")
    keys.press("ArrowDown")
    assert screen.model.get_attribute("aria-activedescendant") not in {first, None}
    keys.press("ArrowUp")
    assert screen.model.get_attribute("aria-activedescendant") == first
    keys.press("Escape")

    expect(screen.model).to_have_attribute("aria-expanded", "false")
    expect(screen.model).to_have_value("demo/echo")
    expect(screen.model).to_be_focused()


def test_a_question_mark_lists_the_keys(screen: Screen) -> None:
    screen.open()
    help_ = screen.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_be_hidden()

    screen.page.locator("body").press("?")

    expect(help_).to_be_visible()
    expect(help_).to_contain_text("Stop the newest answer")
    screen.page.keyboard.press("Escape")
    expect(help_).to_be_hidden()


def test_a_question_mark_in_a_message_is_only_a_question_mark(screen: Screen) -> None:
    screen.open()
    screen.message.focus()

    screen.page.keyboard.type("Why? n m /")

    expect(screen.message).to_have_value("Why? n m /")
    expect(screen.page.get_by_role("dialog")).to_be_hidden()


def test_escape_stops_the_newest_answer(screen: Screen) -> None:
    screen.ask("demo/slow", "Take your time")
    expect(screen.reply).to_contain_text("This")

    screen.page.locator("body").press("Escape")

    screen.expect_state("cancelled")


def test_the_focus_goes_through_the_page_as_it_is_read_and_is_always_seen(screen: Screen) -> None:
    screen.ask("demo/echo", "Hello")
    screen.expect_state("done")
    screen.page.reload()

    stops: list[str] = []
    while "Send" not in stops:
        screen.page.keyboard.press("Tab")
        name, is_ringed = screen.page.evaluate(FOCUSED)
        assert is_ringed, f"no visible focus on {name}"
        stops.append(name)
        assert len(stops) < MOST_STOPS, stops

    assert [name for name in stops if name in LANDMARKS] == LANDMARKS
