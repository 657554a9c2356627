"""Whatever goes wrong is a card with a next step, and nothing that was written is lost."""

import re

import pytest
from playwright.sync_api import expect

from providers.errors import KINDS, Charge
from tests.browser.cast import UNREACHABLE_MODEL
from tests.browser.screen import Screen
from tests.browser.upstream import Upstream
from tests.browser.watch import Watch
from tests.faultscript import HELLO, http_head, tokens

pytestmark = pytest.mark.browser


def expect_refusal(screen: Screen, words: str, *, kept: str) -> None:
    """It was not sent, it says why, and the draft is still there."""
    expect(screen.complaint).to_contain_text(words)
    expect(screen.message).to_have_value(kept)
    expect(screen.messages).to_have_count(0)


def test_an_empty_message_is_not_sent(screen: Screen, watch: Watch) -> None:
    watch.allow_status(422)
    screen.open(model="tokens/8")

    screen.send.click()

    expect_refusal(screen, "The message is empty. Write something first.", kept="")


def test_a_message_of_a_megabyte_is_kept_and_not_sent(screen: Screen, watch: Watch) -> None:
    watch.allow_status(422)
    megabyte = "x" * 1_000_000
    screen.open(model="tokens/8")

    screen.message.evaluate("(field, text) => { field.value = text }", megabyte)
    screen.send.click()

    expect(screen.complaint).to_contain_text("It has 1,000,000 characters; at most 500,000 can be sent. Shorten it.")
    assert screen.message.input_value() == megabyte


def test_an_unknown_model_is_named(screen: Screen, watch: Watch) -> None:
    watch.allow_status(422)
    screen.open()
    screen.model.fill("no/such-model")

    screen.say("My long draft")

    expect_refusal(screen, "No provider here has a model called “no/such-model”.", kept="My long draft")
    expect(screen.model).to_have_value("no/such-model")


def test_without_a_key_there_is_a_way_to_the_keys_and_back(newcomer_screen: Screen, watch: Watch) -> None:
    screen = newcomer_screen
    watch.allow_status(422)
    screen.open(model="gpt-4o")

    screen.say("My long draft")

    expect_refusal(
        screen, "Add your key for AI/ML API, then send your message again; it stays here.", kept="My long draft"
    )
    screen.page.get_by_role("link", name="Add a key").click()
    expect(screen.page.get_by_label("API key for AI/ML API")).to_be_visible()
    screen.page.go_back()
    expect(screen.message).to_have_value("My long draft")


@pytest.mark.parametrize(
    ("model", "state", "kind"),
    [
        ("fault/key-rejected", "failed", "key_rejected"),
        ("fault/out-of-credit", "failed", "out_of_credit"),
        ("fault/html", "failed", "not_an_api"),
        (UNREACHABLE_MODEL, "failed", "connect_failed"),
        ("fault/truncated", "interrupted", "incomplete"),
    ],
)
def test_a_provider_that_fails_is_a_card_with_the_next_step(
    screen: Screen, upstream: Upstream, model: str, state: str, kind: str
) -> None:
    error = KINDS[kind]

    screen.ask(model, "My question")

    screen.expect_state(state)
    expect(screen.card).to_contain_text(error.title)
    expect(screen.card).to_contain_text(error.next_step)
    charged = error.charge is not Charge.NO
    expect(screen.card).to_contain_text("This may have been charged." if charged else "This was not charged.")
    expect(screen.card.get_by_role("button", name="Try again")).to_be_visible()
    expect(screen.messages.first).to_contain_text("My question")


def test_a_refused_key_leads_to_the_keys(screen: Screen, upstream: Upstream) -> None:
    screen.ask("fault/key-rejected", "My question")

    screen.card.get_by_role("link", name="Your keys").click()

    expect(screen.page).to_have_url(re.compile(r"/settings/keys/$"))


def test_a_cut_answer_keeps_its_text_and_can_be_asked_for_again(screen: Screen, upstream: Upstream) -> None:
    upstream.say(http_head(), HELLO)
    screen.ask("tokens/8", "Go on")
    screen.expect_state("interrupted")
    expect(screen.card).to_contain_text("This may have been charged. What had arrived is kept above.")
    assert screen.written == "Hello world"

    screen.card.get_by_role("button", name="Try again").click()

    expect(screen.reply).to_contain_text("tok7")
    screen.expect_answer(tokens(8))
    expect(screen.messages).to_have_count(2)


def test_a_provider_that_asks_for_patience_is_waited_for_visibly(screen: Screen, upstream: Upstream) -> None:
    upstream.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "6"})

    screen.ask("tokens/8", "Quickly")

    expect(screen.reply).to_contain_text(re.compile(r"Trying again in [1-5] s; nothing was charged\."))
    screen.expect_answer(tokens(8))
    assert len(upstream.requests) == 2


def test_a_wait_for_the_provider_can_be_stopped(screen: Screen, upstream: Upstream) -> None:
    upstream.answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "30"})
    screen.ask("tokens/8", "Quickly")
    expect(screen.reply).to_contain_text("Trying again in")

    screen.button("Stop").click()

    screen.expect_state("cancelled")
    assert len(upstream.requests) == 1
