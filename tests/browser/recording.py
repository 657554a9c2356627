"""What a reader of a reply saw while it was being written, moment by moment."""

from playwright.sync_api import BrowserContext, Page

# The page's own clock and eyes: asking from outside would come too late for what is there for a frame.
RECORD = """
window.recording = { sent: 0, shown: [] };
addEventListener("submit", () => { recording.sent = performance.now(); }, true);
new MutationObserver(() => {
  const parts = document.querySelectorAll("[data-part=blocks], [data-part=open]");
  const text = [...parts].map((part) => part.textContent).join("");
  if (text && text !== recording.shown.at(-1)?.text) recording.shown.push({ at: performance.now(), text });
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


class Recording:
    """Of all pages that are opened in this context from now on."""

    def __init__(self, context: BrowserContext) -> None:
        context.add_init_script(RECORD)

    def shown(self, page: Page) -> list[str]:
        """Each text that stood in the newest reply before it ended, oldest first."""
        return list(page.evaluate("recording.shown.map(({ text }) => text)"))

    def seconds_to_first_word(self, page: Page) -> float:
        """From the click on Send to the first paint of an answer."""
        return float(page.evaluate("recording.shown[0].at - recording.sent")) / 1000
