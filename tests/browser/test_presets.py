"""A person who goes back and forth between two set-ups."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.browser.test_accessibility import expect_accessible

pytestmark = pytest.mark.browser


def test_a_set_up_is_saved_applied_and_taken_back(screen: Screen) -> None:
    page = screen.page
    screen.open(model="demo/echo")
    prompt = page.get_by_role("textbox", name="System prompt")
    temperature = page.get_by_role("textbox", name="temperature")
    presets = page.get_by_role("region", name="Presets")
    prompt.fill("Be brief")
    temperature.fill("0.50")
    presets.locator("summary").first.click()
    presets.get_by_label("Save these settings as").fill("Brief")
    presets.get_by_label("Save these settings as").press("Enter")
    expect(presets.get_by_role("status")).to_have_text("“Brief” was saved.")
    assert not screen.messages.count()

    screen.open(model="demo/markdown")
    screen.message.fill("My draft")
    prompt.fill("Mine")
    presets.locator("summary").first.click()
    page.get_by_role("button", name="Apply Brief").click()

    expect(presets.get_by_role("status")).to_have_text("“Brief” was applied.")
    expect(screen.model).to_have_value("demo/echo")
    expect(prompt).to_have_value("Be brief")
    expect(temperature).to_have_value("0.50")
    expect(screen.message).to_have_value("My draft")
    expect_accessible(page)

    presets.get_by_role("button", name="Undo").click()

    expect(screen.model).to_have_value("demo/markdown")
    expect(prompt).to_have_value("Mine")
    expect(temperature).to_have_value("")


def test_a_preset_is_renamed_updated_deleted_and_brought_back(screen: Screen) -> None:
    page = screen.page
    screen.open(model="demo/echo")
    presets = page.get_by_role("region", name="Presets")
    presets.locator("summary").first.click()
    presets.get_by_label("Save these settings as").fill("First")
    screen.button("Save preset").click()

    presets.get_by_label("Change First").click()
    presets.get_by_label("Name", exact=True).fill("Second")
    presets.get_by_role("button", name="Save", exact=True).click()
    expect(presets.get_by_role("status")).to_have_text("“Second” was changed.")

    page.get_by_role("textbox", name="System prompt").fill("New words")
    presets.get_by_label("Change Second").click()
    screen.button("Update Second to these settings").click()
    # What the status says has been said already; the list comes anew, with its menus closed.
    expect(screen.button("Update Second to these settings")).to_be_hidden()
    expect(presets.get_by_role("status")).to_have_text("“Second” was changed.")

    presets.get_by_label("Change Second").click()
    screen.button("Delete Second").click()
    expect(page.get_by_role("button", name="Apply Second")).to_have_count(0)
    presets.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Apply Second").click()
    expect(page.get_by_role("textbox", name="System prompt")).to_have_value("New words")
