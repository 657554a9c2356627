"""The parameter panel as a person uses it: set, explained, reset, searched, taken along to another model."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen
from tests.browser.test_accessibility import expect_accessible
from tests.browser.upstream import Upstream
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

# Of the gateway, for which the cast has no key: the panel is there all the same.
QWEN, CLAUDE = "alibaba/qwen3-32b", "anthropic/claude-sonnet-4.5"


def panel_of(screen: Screen) -> Locator:
    return screen.page.get_by_role("region", name="Parameters")


def parameter(screen: Screen, name: str) -> Locator:
    """The control of a parameter, with its group unfolded."""
    control = panel_of(screen).get_by_label(name, exact=True)
    control.evaluate("control => { const group = control.closest('details'); if (group) group.open = true }")
    return control


def note(screen: Screen, name: str) -> Locator:
    return screen.page.locator(f"#parameter-{name.replace('.', '-')}-note")


def choose(screen: Screen, model: str) -> None:
    screen.model.fill(model)
    screen.page.get_by_role("option").filter(has_text=model).first.click()


def test_every_kind_of_control_is_sent_as_it_is_shown(screen: Screen, upstream: Upstream) -> None:
    screen.open(model="tokens/8")
    parameter(screen, "temperature").fill("0.50")
    parameter(screen, "Further parameters (JSON)").fill('{"stop": ["END"], "top_k": 40}')

    screen.say("Hello")

    screen.expect_state("done")
    sent = upstream.requests[-1].json
    assert {name: sent[name] for name in ("temperature", "stop", "top_k")} == {
        "temperature": 0.5,
        "stop": ["END"],
        "top_k": 40,
    }
    assert "top_p" not in sent
    screen.page.reload()
    expect(parameter(screen, "temperature")).to_have_value("0.50")
    expect(parameter(screen, "Further parameters (JSON)")).to_have_value('{"stop": ["END"], "top_k": 40}')


def test_a_choice_a_list_and_a_switch_are_sent_to_the_demo(screen: Screen) -> None:
    screen.open(model="demo/thinker")
    parameter(screen, "reasoning_effort").select_option("low")
    parameter(screen, "stop").fill("one\ntwo")
    parameter(screen, "tokens_per_second").fill("0")

    screen.say("Hello")

    screen.expect_state("done")
    screen.page.reload()
    expect(parameter(screen, "reasoning_effort")).to_have_value("low")
    expect(parameter(screen, "stop")).to_have_value("one\ntwo")


def test_what_is_wrong_is_said_while_one_goes_on_typing(screen: Screen) -> None:
    screen.open(model=QWEN)
    expect(panel_of(screen).locator("details[open]")).to_have_count(0)
    budget, seed = parameter(screen, "thinking_budget"), parameter(screen, "seed")

    budget.fill("50")
    seed.fill("4")

    expect(note(screen, "thinking_budget")).to_have_text(
        "thinking_budget needs enable_thinking: switch that on, or reset thinking_budget."
    )
    expect(budget).to_have_attribute("aria-invalid", "true")
    expect(seed).to_have_value("4")
    expect(seed).to_be_focused()
    parameter(screen, "enable_thinking").select_option("on")
    expect(note(screen, "thinking_budget")).to_be_hidden()
    expect(budget).not_to_have_attribute("aria-invalid", "true")
    expect(panel_of(screen).get_by_text("3 set.")).to_be_visible()


def test_reset_makes_it_unset(screen: Screen) -> None:
    screen.open(model=QWEN)
    temperature = parameter(screen, "temperature")
    reset = screen.button("Reset temperature")
    expect(reset).to_be_hidden()
    temperature.fill("9")
    temperature.press("Tab")
    expect(note(screen, "temperature")).to_be_visible()

    reset.click()

    expect(temperature).to_have_value("")
    expect(temperature).to_be_focused()
    expect(note(screen, "temperature")).to_be_hidden()
    expect(panel_of(screen).get_by_text("No parameter is set.")).to_be_visible()


def test_an_example_can_be_written_into_a_field_for_json(screen: Screen) -> None:
    screen.open(model=QWEN)
    tools = parameter(screen, "tools")

    screen.button("Example for tools").click()

    expect(tools).to_have_value(re.compile(r'^\[\{"type": "function"'))
    expect(screen.button("Example for tools")).to_be_hidden()
    expect(note(screen, "tools")).to_be_hidden()


def test_a_parameter_is_found_by_its_name_and_by_what_it_does(screen: Screen) -> None:
    screen.open(model=QWEN)
    filter_field = screen.page.get_by_label("Find a parameter")

    filter_field.fill("json schema")

    expect(panel_of(screen).get_by_label("response_format", exact=True)).to_be_visible()
    expect(panel_of(screen).get_by_label("temperature", exact=True)).to_be_hidden()
    filter_field.fill("no such thing")
    expect(panel_of(screen).get_by_text("No parameter of this model is called or described so.")).to_be_visible()
    filter_field.fill("")
    expect(panel_of(screen).get_by_label("temperature", exact=True)).to_be_visible()
    expect(panel_of(screen).get_by_label("response_format", exact=True)).to_be_hidden()


def test_another_model_keeps_what_fits_says_what_does_not_and_gives_it_back(screen: Screen) -> None:
    screen.open(model=QWEN)
    parameter(screen, "temperature").fill("0.5")
    parameter(screen, "seed").fill("5")

    choose(screen, CLAUDE)

    expect(panel_of(screen).get_by_text("seed (5) was left out: this model does not have it.")).to_be_visible()
    expect(parameter(screen, "temperature")).to_have_value("0.5")
    expect(panel_of(screen).get_by_label("seed", exact=True)).to_have_count(0)
    choose(screen, QWEN)
    expect(parameter(screen, "seed")).to_have_value("5")
    expect(panel_of(screen).get_by_text("was left out")).to_have_count(0)


def test_what_would_be_dropped_by_a_model_that_was_only_typed_is_asked_about_first(
    screen: Screen, upstream: Upstream, watch: Watch
) -> None:
    watch.allow_status(422)
    screen.open(model=QWEN)
    parameter(screen, "seed").fill("5")
    screen.model.fill("tokens/8")

    screen.say("Hello")

    expect(screen.complaint).to_contain_text("seed (5) was left out")
    expect(parameter(screen, "Further parameters (JSON)")).to_be_visible()
    assert not upstream.requests
    screen.send.click()
    screen.expect_state("done")
    assert "seed" not in upstream.requests[-1].json


def test_a_panel_with_all_its_groups_open_and_notes_in_it_is_accessible(screen: Screen) -> None:
    screen.open(model="deepseek/deepseek-v4-pro")
    panel_of(screen).locator("details").evaluate_all("groups => groups.forEach((group) => { group.open = true })")
    parameter(screen, "temperature").fill("9")
    parameter(screen, "top_logprobs").fill("5")
    screen.button("Example for tools").click()
    expect(note(screen, "top_logprobs")).to_be_visible()

    expect_accessible(screen.page)
