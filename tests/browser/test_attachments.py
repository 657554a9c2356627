"""Attaching: a chosen file, a pasted image, a dropped one, a link; and what becomes of them."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.attached import PDF, PNG, SVG, png
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

# A file comes from the clipboard or by drag and drop: what a browser makes of either, given to the form by an event.
GIVE = """(target, [kind, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  target.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent(kind, { ...options, dataTransfer: transfer }));
}"""


def give(target: Locator, kind: str, name: str, content: bytes) -> None:
    target.evaluate(GIVE, [kind, name, "image/png", base64.b64encode(content).decode()])


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    payloads = [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    page.get_by_label("Attach files").set_input_files(payloads)  # type: ignore[arg-type]


def attached(page: Page) -> Locator:
    return page.locator("#composer").get_by_role("list", name="Attached").get_by_role("listitem")


def test_files_are_chosen_pasted_and_dropped_and_the_model_names_them(screen: Screen) -> None:
    screen.open(model="demo/vision")
    screen.message.fill("What is this?")
    choose(screen.page, ("a.pdf", PDF))
    expect(attached(screen.page)).to_have_count(1)
    give(screen.message, "paste", "pasted.png", PNG)
    expect(attached(screen.page)).to_have_count(2)
    give(screen.message, "drop", "dropped.png", png(2))
    expect(attached(screen.page)).to_have_count(3)
    expect(screen.page.locator("#composer .thumbnail img")).to_have_count(2)

    screen.message.press("Enter")

    screen.expect_state("done")
    expect(screen.reply).to_contain_text(f"a.pdf, {len(PDF):,} bytes")
    expect(screen.reply).to_contain_text(f"image/png, {len(PNG):,} bytes")
    expect(screen.reply).to_contain_text(f"image/png, {len(png(2)):,} bytes")
    mine = screen.messages.first
    expect(mine.get_by_role("list", name="Attachments").get_by_role("listitem")).to_have_count(3)
    expect(attached(screen.page)).to_have_count(0)
    with screen.page.context.expect_page() as opened:
        mine.get_by_role("link", name="pasted.png").click()
    assert "/attachments/" in opened.value.url


def test_what_was_attached_stays_after_a_reload_until_it_is_removed_or_sent(screen: Screen) -> None:
    screen.open(model="demo/vision")
    choose(screen.page, ("cat.png", PNG), ("a.pdf", PDF))
    expect(attached(screen.page)).to_have_count(2)

    screen.page.reload()
    expect(attached(screen.page)).to_have_count(2)
    screen.button("Remove a.pdf").click()
    expect(attached(screen.page)).to_have_count(1)
    screen.page.reload()
    expect(attached(screen.page)).to_have_count(1)

    screen.send.click()
    screen.expect_state("done")
    expect(screen.reply).to_contain_text("image/png")
    screen.open(model="demo/vision")
    expect(screen.page.locator("attachment-list")).to_be_visible()
    expect(attached(screen.page)).to_have_count(0)


def test_what_cannot_be_attached_is_said_and_the_rest_is_kept(screen: Screen, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(PNG + b"\0" * 25 * 1024 * 1024)
    screen.open(model="demo/vision")
    screen.message.fill("Look")
    choose(screen.page, ("cat.png", PNG), ("empty.png", b""), ("drawing.svg", SVG))

    expect(attached(screen.page)).to_have_count(1)
    said = screen.page.locator("#composer").get_by_role("alert")
    expect(said.nth(0)).to_contain_text("empty.png is empty.")
    expect(said.nth(1)).to_contain_text("drawing.svg is an SVG drawing")
    screen.page.get_by_label("Attach files").set_input_files(large)
    expect(said.first).to_contain_text("large.png is too large")
    expect(said).to_have_count(1)
    expect(attached(screen.page)).to_have_count(1)
    expect(screen.message).to_have_value("Look")


def test_a_link_is_sent_and_never_opened_by_the_page(screen: Screen) -> None:
    """The watch over this page fails the test if anything is fetched from elsewhere."""
    screen.open(model="demo/vision")
    screen.page.get_by_text("Attach a link").click()
    screen.page.get_by_label("Address that the provider opens").fill("https://example.com/cat.png")
    screen.button("Attach").click()
    expect(attached(screen.page)).to_contain_text("https://example.com/cat.png")

    screen.say("What is this?")

    screen.expect_state("done")
    expect(screen.reply).to_contain_text("image_url: a link, which it does not open")
    expect(screen.messages.first).to_contain_text("https://example.com/cat.png")


def test_an_edit_can_attach_and_remove(screen: Screen) -> None:
    screen.open(model="demo/vision")
    choose(screen.page, ("cat.png", PNG))
    expect(attached(screen.page)).to_have_count(1)
    screen.say("What is this?")
    screen.expect_state("done")

    screen.button("Edit").click()
    form = screen.page.locator("form.edit")
    form.get_by_role("button", name="Remove cat.png").click()
    expect(form.get_by_role("listitem")).to_have_count(0)
    form.get_by_label("Attach files").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF})
    expect(form.get_by_role("listitem")).to_have_count(1)
    screen.button("Send as a new version").click()

    expect(screen.reply).to_contain_text("a.pdf")
    screen.expect_state("done")
    expect(screen.reply).not_to_contain_text("image/png")
