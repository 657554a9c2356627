"""axe-core finds nothing serious on any kind of page, narrow and wide, light and dark; and nothing sticks out."""

import threading
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.product import Product
from tests.browser.screen import Screen
from tests.browser.test_answers import ask_with
from tests.browser.upstream import Upstream
from tests.browser.watch import OpenContext
from tests.faultscript import tokens

pytestmark = pytest.mark.browser

WIDTHS = (360, 1440)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
UNACCEPTABLE = {"serious", "critical"}
# Between two themes a colour belongs to neither.
COME_TO_REST = "async () => { while (document.getAnimations().length) await new Promise(requestAnimationFrame) }"

ANSWER = """# A heading

A paragraph with *emphasis*, **weight**, `code` and [a link](https://example.org/).

| planet | radius in km | moons | a column that makes the table wider than a telephone | and another one |
| :----- | -----------: | ----: | ---------------------------------------------------- | --------------- |
| Mars   |        3,390 |     2 | red                                                  | small           |

1. First the question,
2. then a_word_that_has_no_place_to_break_in_it_and_goes_on_for_longer_than_any_telephone_is_wide.

```python
def greet(name: str) -> str:  # a line of code that is longer than any telephone is wide, and does not break
    return f"Hello, {name}!"
```

> A quotation.
"""


def test_the_sign_in_page(open_context: OpenContext, product: Product) -> None:
    page = open_context().new_page()
    page.goto(product.url + "/accounts/login/")

    expect_accessible(page)


PAGES = [
    *("/", "/models/", "/models/?takes=images&sort=price", "/models/changes/", "/models/1/"),
    *("/settings/keys/", "/settings/providers/", "/accounts/password/", "/runs/", "/runs/?kind=all"),
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_at_rest(screen: Screen, path: str) -> None:
    screen.open(path)

    expect_accessible(screen.page)


def test_a_conversation_with_a_long_answer(screen: Screen, upstream: Upstream) -> None:
    upstream.stream(ANSWER)
    screen.ask("tokens/8", "Show me everything")
    screen.expect_answer(ANSWER)

    expect_accessible(screen.page)


def test_a_conversation_that_went_wrong(screen: Screen, upstream: Upstream) -> None:
    screen.ask("fault/out-of-credit", "Hello")
    expect(screen.card).to_be_visible()

    expect_accessible(screen.page)


def test_an_answer_that_is_being_written(screen: Screen, upstream: Upstream) -> None:
    upstream.stream(tokens(10), threading.Event())
    screen.ask("tokens/8", "Count")
    expect(screen.reply).to_contain_text("tok9 ")

    expect_accessible(screen.page)

    screen.button("Stop").click()


def test_a_drawer_on_a_telephone(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": 360, "height": 740})
    screen.open(model="demo/echo")

    screen.button("Settings").click()

    expect(screen.page.get_by_role("textbox", name="System prompt")).to_be_visible()
    assert _violations(screen.page) == []


def test_everything_an_answer_can_be(screen: Screen) -> None:
    ask_with(screen, "demo/echo", "one two three", n="3", logprobs="true", top_logprobs="3", tokens_per_second="0")
    screen.expect_state("done")
    screen.reply.get_by_text("How likely each of the 3 tokens was, choice 1").click()
    screen.reply.locator(".tokens > button").first.focus()
    screen.reply.get_by_text("As a table").first.click()
    expect_accessible(screen.page)

    for model in ("demo/search", "demo/painter", "demo/speaker", "demo/sealed"):
        screen.ask(model, "Hello")
        screen.expect_state("done")
        expect_accessible(screen.page)


def test_the_fields_of_a_schema_and_the_verdict(screen: Screen) -> None:
    screen.open(model="demo/json")
    panel = screen.page.get_by_role("region", name="Parameters")
    panel.get_by_text("Build it").click()
    panel.get_by_label("Kind of answer").select_option("json_schema")
    screen.say("Hello")
    screen.expect_state("done")
    screen.reply.get_by_text("As JSON, laid out").click()

    expect_accessible(screen.page)


def test_replies_side_by_side(screen: Screen) -> None:
    screen.ask("demo/markdown", "Hello")
    screen.expect_state("done")
    screen.reply.get_by_role("link", name="Side by side").click()
    screen.page.get_by_label("Times, each model").fill("2")
    screen.button("Ask in the background").click()
    expect(screen.page.get_by_role("article")).to_have_count(3)

    expect_accessible(screen.page)


def expect_accessible(page: Page) -> None:
    found = [finding for where in _views(page) for finding in _findings(page, where)]
    assert found == []


def _views(page: Page) -> Iterator[str]:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.evaluate(COME_TO_REST)
            yield f"{width} px, {theme}"


def _findings(page: Page, where: str) -> Iterator[str]:
    yield from (f"{where}: {violation}" for violation in _violations(page))
    overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overhang > 0:
        yield f"{where}: the page is {overhang} px wider than its window"


def _violations(page: Page) -> list[str]:
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in UNACCEPTABLE
        for node in violation["nodes"]
    ]
