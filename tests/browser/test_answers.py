"""Everything that an answer can be beside a text, as a person gets to see it."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def ask_with(screen: Screen, model: str, text: str, **parameters: str) -> None:
    """A first message with these parameters in the panel."""
    screen.open(model=model)
    panel = screen.page.get_by_role("region", name="Parameters")
    for folded in panel.locator("details:not([open]) > summary").all():
        folded.click()
    for name, value in parameters.items():
        field = panel.get_by_label(name, exact=True)
        if field.evaluate("field => field.localName") == "select":
            field.select_option(value)
        else:
            field.fill(value)
            field.blur()
    screen.say(text)


def regions(screen: Screen, name: str) -> Locator:
    return screen.reply.get_by_role("region", name=re.compile(name))


def test_several_choices_come_together_and_any_of_them_can_be_gone_on_with(screen: Screen) -> None:
    ask_with(screen, "demo/random", "Hello", n="3", seed="5", tokens_per_second="30")

    # While they are being written, already.
    expect(screen.reply.locator("answer-choices .choice")).to_have_count(2)
    screen.expect_state("done")
    expect(regions(screen, "Choice . of 3")).to_have_count(2)
    third = screen.reply.get_by_role("region", name="Choice 3 of 3")
    text = third.locator(".prose").inner_text()
    third.get_by_role("button", name="Continue with this").click()

    taken = screen.messages.last
    expect(taken).to_have_accessible_name("Reply, choice 3")
    expect(taken.locator(".prose")).to_have_text(text)
    expect(taken).to_contain_text("2 / 2")
    taken.get_by_role("button", name="Previous version").click()
    expect(screen.reply).to_contain_text("Choice 1 of 3")


def test_a_page_that_opens_in_mid_answer_shows_every_choice(screen: Screen) -> None:
    ask_with(screen, "demo/random", "Hello", n="2", seed="5", tokens_per_second="3")
    expect(screen.reply.locator("answer-choices .choice")).to_contain_text("demo")

    screen.page.reload()

    expect(screen.reply.locator("answer-choices .choice")).to_contain_text("This is the demo")
    screen.expect_state("done")
    assert regions(screen, "Choice 2 of 2").locator(".prose").inner_text().startswith("This is the demo provider;")


def test_how_likely_each_token_was_is_read_by_keyboard_and_as_a_table(screen: Screen) -> None:
    ask_with(screen, "demo/echo", "one two three", logprobs="true", top_logprobs="3", tokens_per_second="0")
    screen.expect_state("done")

    screen.reply.get_by_text("How likely each of the 3 tokens was").click()
    tokens = screen.reply.locator(".tokens > button")
    expect(tokens).to_have_count(3)
    tokens.first.focus()
    screen.page.keyboard.press("ArrowRight")

    expect(tokens.nth(1)).to_be_focused()
    panel = screen.reply.locator(".token-panel")
    expect(panel).to_contain_text("two")
    expect(panel).to_contain_text("canned")
    screen.reply.get_by_text("As a table").click()
    expect(screen.reply.get_by_role("row")).to_have_count(4)


def test_sources_sound_and_pictures_are_shown_without_asking_anybody_else(screen: Screen) -> None:
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))
    screen.ask("demo/search", "What is new?")
    screen.expect_state("done")
    source = regions(screen, "Sources").get_by_role("link").first
    expect(source).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(source).to_have_attribute("href", "https://example.org/demo?utm_source=demo")

    screen.ask("demo/painter", "Paint")
    screen.expect_state("done")
    picture = screen.reply.get_by_role("img", name="Picture that the model made")
    picture.scroll_into_view_if_needed()
    screen.page.wait_for_function("image => image.naturalWidth === 128", arg=picture.element_handle())

    screen.ask("demo/speaker", "Sing")
    screen.expect_state("done")
    expect(screen.reply).to_contain_text("it plays three notes")
    seconds = screen.reply.locator("audio").evaluate(
        """sound => new Promise((resolve) => {
            sound.addEventListener("loadedmetadata", () => resolve(sound.duration));
            sound.addEventListener("error", () => resolve(-1));
            sound.load();
            sound.preload = "auto";
        })"""
    )
    assert seconds == pytest.approx(0.75, abs=0.05)
    assert all(url.startswith((screen.url, "data:")) for url in asked)


def test_thoughts_that_nobody_may_read_are_counted_and_given_back(screen: Screen) -> None:
    screen.ask("demo/sealed", "One")
    screen.expect_state("done")
    expect(screen.reply).to_contain_text("Thought for 24 tokens; text not disclosed.")
    expect(screen.reply).to_contain_text("It got 0 sealed thoughts")

    screen.say("Two")

    expect(screen.replies).to_have_count(2)
    screen.expect_state("done")
    expect(screen.reply).to_contain_text("It got 1 sealed thought of earlier answers back.")
    screen.reply.get_by_role("button", name="Details").click()
    expect(screen.page.get_by_role("dialog")).to_contain_text("kept for the next turn")


def test_a_schema_is_built_from_an_example_and_the_answer_is_judged_by_it(screen: Screen) -> None:
    screen.open(model="demo/json")
    panel = screen.page.get_by_role("region", name="Parameters")
    panel.get_by_text("Build it").click()
    panel.get_by_label("Kind of answer").select_option("json_schema")
    panel.get_by_label("Begin with an example").select_option(label="One of several classes")

    expect(panel.get_by_label("response_format", exact=True)).to_have_value(re.compile('"name": "classification"'))
    screen.say("Good or bad?")

    screen.expect_state("done")
    verdict = screen.reply.locator(".verdict")
    expect(verdict).to_contain_text("Valid JSON, and it fits the schema classification.")
    verdict.get_by_text("As JSON, laid out").click()
    expect(verdict.get_by_role("button", name="Copy JSON")).to_be_visible()
    screen.page.reload()
    panel.get_by_text("Build it").click()
    expect(panel.get_by_label("Name of the schema")).to_have_value("classification")


def test_a_schema_that_is_half_written_is_not_taken_and_not_lost(screen: Screen) -> None:
    screen.open(model="demo/json")
    panel = screen.page.get_by_role("region", name="Parameters")
    panel.get_by_text("Build it").click()
    panel.get_by_label("Kind of answer").select_option("json_schema")
    written = panel.get_by_label("response_format", exact=True).input_value()

    schema = panel.get_by_label("Schema", exact=True)
    schema.fill('{"type": ')
    schema.blur()

    expect(panel).to_contain_text("The schema is not JSON yet")
    expect(panel.get_by_label("response_format", exact=True)).to_have_value(written)
    expect(schema).to_have_value('{"type": ')
    schema.fill('{"type": "nothing"}')
    schema.blur()
    expect(panel).to_contain_text("This is not a JSON Schema")


def test_an_answer_without_thoughts_never_says_that_it_is_thinking(screen: Screen) -> None:
    screen.open(model="demo/markdown")
    # Finished blocks take the text away between two painted frames.
    screen.page.evaluate(
        """() => {
            window.said = new Set();
            new MutationObserver(() => {
                const state = document.querySelector("run-stream [data-part=state]");
                if (state) window.said.add(state.textContent.trim());
            }).observe(document.body, { childList: true, subtree: true, characterData: true });
        }"""
    )
    screen.say("Show me what you can do")
    screen.expect_state("done")
    said = set(screen.page.evaluate("() => [...window.said]"))
    assert "Answering…" in said
    assert "Thinking…" not in said
