"""A long answer of every kind of Markdown: the page stays usable, and what has been shown stays where it is."""

import re
import threading

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen
from tests.browser.upstream import Upstream

pytestmark = pytest.mark.browser


def chapter(number: int) -> str:
    return f"""## Chapter {number}

A paragraph with *emphasis*, **weight**, `code` and [a link](https://example.org/{number}), long enough to be broken
into several lines on most screens, because nobody writes answers in which every paragraph is short.

- one thing
  - and a thing in it
- another thing

| name | value | note |
| :--- | ----: | ---- |
| row {number} | {number * 7} | a & b < c |

```python
def chapter_{number}(words: list[str]) -> int:  # counted anew
    return len(words) + {number}
```

> Somebody said this in chapter {number}.

100. A step with a long number
101. and the next one.

"""


# Long ones: each word is an event of the provider's, of which a run may hold so many bytes.
WORDS = " ".join(["word" * 200] * 10)
WHOLE = r"""article => {
  const copy = article.cloneNode(true);
  copy.querySelectorAll(".stretch").forEach((stretch) => stretch.replaceWith(...stretch.childNodes));
  return copy.outerHTML.replace(/(name="(csrfmiddlewaretoken|client_token)" value=")[^"]*/g, "$1");
}"""
HALVES = "".join(map(chapter, range(1, 12))), "".join(map(chapter, range(12, 23))) + "And an end without a line's end"
ANSWER = "".join(HALVES)


@pytest.fixture
def go_on(screen: Screen, upstream: Upstream) -> threading.Event:
    """Half of a long answer stands on the page; the other half comes once this is set."""
    go_on = threading.Event()
    upstream.stream(HALVES[0], go_on, HALVES[1])
    screen.ask("tokens/8", "At length")
    expect(heading(screen, 11)).to_be_visible()
    expect(screen.reply).to_contain_text("and the next one.")
    return go_on


def test_a_long_answer_is_whole_and_somebody_can_write_meanwhile(screen: Screen, go_on: threading.Event) -> None:
    screen.message.press_sequentially("Before ")

    go_on.set()
    screen.message.press_sequentially("and after")

    screen.expect_answer(ANSWER)
    expect(screen.message).to_have_value("Before and after")
    expect_as_after_a_reload(screen)


def test_finished_blocks_stay_when_the_answer_ends(screen: Screen, go_on: threading.Event) -> None:
    block = heading(screen, 11).element_handle()
    assert block

    go_on.set()

    screen.expect_state("done")
    assert block.evaluate("block => block.isConnected")


def test_a_page_that_was_reloaded_in_between_ends_the_same(screen: Screen, go_on: threading.Event) -> None:
    screen.page.reload()
    expect(heading(screen, 11)).to_be_attached()

    go_on.set()

    screen.expect_answer(ANSWER)
    expect_as_after_a_reload(screen)


def test_blocks_that_are_none_in_the_end_leave_no_gap(screen: Screen, upstream: Upstream) -> None:
    """So long an answer is shown as plain text at its end."""
    go_on = threading.Event()
    upstream.stream(*(f"{number} {WORDS}\n\n" for number in range(40)), go_on, "The end.")
    screen.ask("tokens/8", "At very great length")
    expect(screen.reply.locator(".stretch")).to_have_count(4)

    go_on.set()

    screen.expect_state("done")
    expect(screen.reply.locator(".stretch")).to_have_count(1)
    expect_as_after_a_reload(screen)


def test_a_reader_in_the_middle_is_not_moved(screen: Screen, go_on: threading.Event) -> None:
    screen.page.mouse.move(600, 400)
    screen.page.mouse.wheel(0, -1500)
    expect(screen.button("Jump to the end")).to_be_visible()
    read = screen.reply.get_by_role("heading", name="Chapter 9", exact=True)
    read.scroll_into_view_if_needed()
    place = read.bounding_box()

    go_on.set()

    screen.expect_state("done")
    assert read.bounding_box() == place


def test_a_reader_at_the_end_stays_there(screen: Screen, go_on: threading.Event) -> None:
    go_on.set()

    screen.expect_state("done")
    expect(screen.button("Regenerate")).to_be_in_viewport()
    expect(screen.button("Jump to the end")).to_be_hidden()


def test_what_only_the_whole_text_settles_is_settled_at_the_end(screen: Screen, upstream: Upstream) -> None:
    go_on = threading.Event()
    upstream.stream(
        "First [the source][1].\n\n## A heading\n\nThen [the other][2].\n\nEnough.\n\n",
        go_on,
        "[1]: https://example.org/1\n[2]: https://example.org/2\n\nAnd so on.",
    )
    screen.ask("tokens/8", "With references")
    block = screen.reply.get_by_role("heading", name="A heading").element_handle()
    expect(screen.reply.get_by_role("link")).to_have_count(0)

    go_on.set()

    screen.expect_state("done")
    expect(screen.reply.get_by_role("link", name="the source")).to_have_attribute("href", "https://example.org/1")
    expect(screen.reply.get_by_role("link", name="the other")).to_have_attribute("href", "https://example.org/2")
    assert block.evaluate("block => block.isConnected")
    expect_as_after_a_reload(screen)


def test_code_looks_like_code_while_it_is_being_written(screen: Screen, upstream: Upstream) -> None:
    code, words = threading.Event(), threading.Event()
    upstream.stream("Look:\n\n``", "`python\nwords = 1", code, "\n```\n\nThat is", words, " all.")
    screen.ask("tokens/8", "With a program")
    being_written = screen.reply.locator(".open-text")
    expect(being_written).to_contain_text("words = 1")
    expect(being_written).to_have_css("font-family", re.compile("monospace"))

    code.set()
    expect(being_written).to_have_text("That is")
    expect(being_written).not_to_have_css("font-family", re.compile("monospace"))

    words.set()
    screen.expect_state("done")
    expect(screen.reply.locator("pre")).to_contain_text("words = 1")


def heading(screen: Screen, number: int) -> Locator:
    return screen.reply.get_by_role("heading", name=f"Chapter {number}", exact=True)


def expect_as_after_a_reload(screen: Screen) -> None:
    """What the page made of its blocks and of the finished reply is what the server would have shown.

    But for the stretches in which a page that saw them come has laid them out.
    """
    shown = screen.reply.evaluate(WHOLE)
    screen.page.reload()
    assert shown == screen.reply.evaluate(WHOLE)
