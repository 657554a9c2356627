"""The playground as a person sees it: by the names that people and screen readers know."""

from collections.abc import Iterable
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.product import Product
from tests.browser.upstream import Cue

# Milliseconds that anything may take on a busy machine.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


class Screen:
    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, path: str = "/", **query: str) -> None:
        self.page.goto(self.url + path + ("?" + urlencode(query) if query else ""))

    def say(self, text: str) -> None:
        self.message.fill(text)
        self.send.click()

    def ask(self, model: str, text: str) -> None:
        """A first message in a new conversation with this model."""
        self.open(model=model)
        self.say(text)

    def expect_state(self, state: str) -> None:
        """The newest reply is in this state."""
        expect(self.reply).to_have_attribute("data-state", state)

    def read_along(self, cues: Iterable[Cue]) -> None:
        """Have the provider go on each time that the newest reply shows what was said so far."""
        for cue in cues:
            expect(self.reply).to_contain_text(cue.words)
            cue.set()

    def expect_answer(self, text: str) -> None:
        """The newest reply ended well, and a person who copies it gets exactly this."""
        self.expect_state("done")
        assert self.written == text

    @property
    def written(self) -> str:
        """The newest reply as the model wrote it, once it has ended."""
        return str(self.reply.locator("template[data-copy]").evaluate("source => source.content.textContent"))

    @property
    def conversation(self) -> Locator:
        return self.page.get_by_role("log", name="Conversation")

    @property
    def messages(self) -> Locator:
        return self.conversation.get_by_role("article")

    @property
    def replies(self) -> Locator:
        return self.conversation.locator("article[data-run-id]")

    @property
    def reply(self) -> Locator:
        return self.replies.last

    @property
    def card(self) -> Locator:
        return self.reply.get_by_role("region", name="What went wrong")

    @property
    def message(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def model(self) -> Locator:
        return self.page.get_by_role("combobox", name="Model")

    @property
    def send(self) -> Locator:
        return self.button("Send")

    @property
    def history(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations")

    def entry(self, title: str) -> Locator:
        """A conversation in the list, with the pointer over it: only then are its buttons there."""
        entry = self.history.get_by_role("listitem").filter(has_text=title)
        entry.hover()
        return entry

    @property
    def complaint(self) -> Locator:
        """Why a message was not sent."""
        return self.page.locator("#composer").get_by_role("alert")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


def signed_in(context: BrowserContext, product: Product, link: str) -> Screen:
    """A page of the person whom the link is for. It is followed beside the page, which is not drawn for that."""
    answer = context.request.get(product.url + link, max_redirects=0)
    assert answer.status == 302, answer.url
    return Screen(context.new_page(), product.url)
