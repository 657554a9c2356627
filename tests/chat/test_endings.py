"""Answers that are short or empty: what is said, and with how much room they are asked for again."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from chat.endings import Ending, Room, notice_of
from chat.models import Conversation, Message
from chat.settings import Settings
from providers.models import LanguageModel
from providers.parameters.limits import next_limit
from runs.models import Run
from tests.chat.panel_page import PanelPage
from tests.providers.documented import named

HTMX = {"HX-Request": "true"}
ROOM = Room("max_tokens", 4096, usual=4096, most=64_000, context=128_000)
CUT = Ending("done", "length", has_text=True, prompt_tokens=100, output_tokens=4096)
EMPTY = Ending("done", "stop", prompt_tokens=100)


def said(ending: Ending, room: Room = ROOM) -> tuple[str, int | None]:
    notice = notice_of(ending, room)
    assert notice
    return notice.sentence, notice.tokens


# The words


def test_an_answer_that_is_whole_needs_no_words() -> None:
    assert notice_of(Ending("done", "stop", has_text=True), ROOM) is None
    assert notice_of(Ending("failed", "", has_text=True), ROOM) is None


def test_an_answer_that_was_cut_says_where_and_offers_more_room() -> None:
    sentence, tokens = said(CUT)
    assert sentence.startswith("The answer was cut at max_tokens (4,096 tokens).")
    assert tokens == 16_384


def test_an_answer_that_was_all_reasoning_says_so() -> None:
    sentence, tokens = said(replace(CUT, has_text=False, has_reasoning=True), replace(ROOM, limit=512, usual=16_000))
    assert "spent all of max_tokens (512 tokens) on reasoning" in sentence
    assert tokens == 16_000


def test_hidden_reasoning_is_named_where_nothing_came() -> None:
    sentence, tokens = said(replace(CUT, has_text=False))
    assert "hidden reasoning counts too" in sentence
    assert tokens == 16_384


def test_a_provider_that_calls_it_an_ordinary_end_is_not_believed() -> None:
    sentence, tokens = said(replace(EMPTY, has_reasoning=True, output_tokens=4096))
    assert "spent all of max_tokens (4,096 tokens) on reasoning" in sentence
    assert tokens == 16_384


def test_reasoning_alone_that_ended_early_is_told_apart() -> None:
    sentence, tokens = said(replace(EMPTY, has_reasoning=True, output_tokens=300))
    assert "The model only reasoned" in sentence
    assert tokens == 16_384


def test_the_most_that_a_model_puts_out_is_said_instead_of_offered() -> None:
    sentence, tokens = said(CUT, replace(ROOM, most=4096))
    assert "That is the most that this model puts out. Ask it to go on from there." in sentence
    assert tokens is None


def test_a_full_context_is_said_and_more_room_is_not_offered() -> None:
    sentence, tokens = said(replace(CUT, prompt_tokens=4000), replace(ROOM, context=8096))
    assert "the model's context of 8,096 tokens is full" in sentence
    assert "Shorten the conversation" in sentence
    assert tokens is None


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (replace(EMPTY, finish_reason="content_filter"), "content filter ended the answer. Nothing"),
        (replace(CUT, finish_reason="content_filter"), "What came before it is kept."),
        (replace(EMPTY, parameters={"stop": ["END", "###"]}), "begun with a stop sequence (“END”, “###”)"),
        (replace(EMPTY, parameters={"stop": "END"}), "begun with a stop sequence (“END”)"),
        (
            Ending("done", "stop", "stop_sequence", has_text=True, parameters={"stop_sequences": ["END"]}),
            "A stop sequence ended the answer (“END”).",
        ),
        (Ending("done", "tool_calls", has_calls=True), "once it has the result"),
        (EMPTY, "ended without an answer"),
        (Ending("cancelled", "", has_text=True), "What had arrived is kept. It had been sent, so it may have been"),
        (Ending("cancelled", "", was_sent=False), "You cancelled this before it was sent. Nothing was charged."),
    ],
)
def test_every_other_ending_has_its_own_words_and_no_button(ending: Ending, words: str) -> None:
    sentence, tokens = said(ending)
    assert words in sentence
    assert tokens is None


@given(
    limit=st.integers(1, 10**6),
    usual=st.integers(1, 10**5),
    most=st.none() | st.integers(0, 10**6),
    reasons=st.booleans(),
)
def test_the_next_limit_is_larger_and_allowed(limit: int, usual: int, most: int | None, reasons: bool) -> None:
    tokens = next_limit(limit, usual=usual, most=most, reasons=reasons)
    if tokens is None:
        assert most is not None
        assert most <= limit
    else:
        assert tokens > limit
        assert most is None or tokens <= most


# Asking again


@pytest.fixture
def reply(alice: User, model: LanguageModel) -> Message:
    settings = Settings(model, "Be brief", {"max_tokens": "50"}, {"max_tokens": 50}, {"max_tokens": 50})
    reply = Conversation.say(alice, None, "Hello", settings, "first")
    Run.objects.update(state="done", finish_reason="length", text="Half of", output_tokens=50)
    return reply


def retry(client: Client, reply: Message, *, headers: dict[str, str] | None = None, **fields: str) -> Any:
    form = {"client_token": "token-2", "tokens": "200", **fields}
    return client.post(f"/messages/{reply.pk}/retry/", form, headers=headers or {})


pytestmark = pytest.mark.django_db


def test_the_page_offers_more_room(as_alice: Client, reply: Message) -> None:
    page = as_alice.get(f"/conversations/{reply.conversation_id}/").content.decode()
    assert "Retry with 200 tokens" in page
    assert "The answer was cut at max_tokens (50 tokens)." in page


def test_the_retry_is_a_sibling_that_is_sent_with_more_room(
    as_alice: Client, reply: Message, started: list[int]
) -> None:
    answer = retry(as_alice, reply)
    assert answer["Location"] == f"/conversations/{reply.conversation_id}/"
    again = Message.objects.latest("pk")
    assert again.run
    assert again.parent_id == reply.parent_id
    assert started == [again.run_id]
    body = json.loads(again.run.request_body)
    assert body["max_tokens"] == 200
    assert body["messages"][0] == {"role": "system", "content": "Be brief"}
    assert again.conversation.parameters == {"max_tokens": "200"}


def test_the_panel_shows_what_was_sent(
    as_alice: Client, reply: Message, model: LanguageModel, started: list[int]
) -> None:
    panel = {"model": "fake/one", "language_model": str(model.pk), "temperature": "0.5", "max_tokens": "50"}
    answer = retry(as_alice, reply, headers=HTMX, parameters_of=str(model.pk), **panel)
    page = answer.content.decode()
    shown = PanelPage(page).fields
    assert (shown["max_tokens"], shown["temperature"]) == ("200", "0.5")
    assert answer["HX-Reswap"] == "none"
    assert f'data-run-id="{started[0]}"' in page
    assert Run.objects.get(pk=started[0]).parameters == {"max_tokens": 200, "temperature": 0.5}


def test_it_is_the_model_of_the_reply_that_is_asked_again(
    as_alice: Client, reply: Message, model: LanguageModel, started: list[int]
) -> None:
    other = named("anthropic/claude-sonnet-4.5")
    other.provider = model.provider
    other.save()
    panel = {"model": other.model_id, "language_model": str(other.pk), "parameters_of": str(other.pk)}
    answer = retry(as_alice, reply, headers=HTMX, temperature="0.5", **panel)
    run = Run.objects.get(pk=started[0])
    assert (run.requested_model, run.parameters) == ("fake/one", {"max_tokens": 200, "temperature": 0.5})
    assert PanelPage(answer.content.decode()).fields["model"] == "fake/one"


def test_settings_that_do_not_fit_are_asked_about_first(
    as_alice: Client, reply: Message, model: LanguageModel, started: list[int]
) -> None:
    other = named("alibaba/qwen3-32b")
    other.provider = model.provider
    other.save()
    LanguageModel.objects.filter(pk=model.pk).update(parameters={"max_tokens": {"type": "integer"}})
    panel = {"model": other.model_id, "language_model": str(other.pk), "parameters_of": str(other.pk)}
    answer = retry(as_alice, reply, headers=HTMX, temperature="0.5", **panel)
    assert answer.status_code == 422
    assert "temperature (0.5) was left out" in answer.content.decode()
    assert not started


def test_a_limit_among_further_parameters_does_not_outvote_the_new_one(
    as_alice: Client, reply: Message, model: LanguageModel, started: list[int]
) -> None:
    further = '{"max_tokens": 50, "top_k": 3}'
    panel = {"model": "fake/one", "language_model": str(model.pk), "parameters_of": str(model.pk)}
    retry(as_alice, reply, headers=None, further_parameters=further, **panel)
    body = json.loads(Run.objects.get(pk=started[0]).request_body)
    assert (body["max_tokens"], body["top_k"]) == (200, 3)


def test_a_double_click_asks_once(as_alice: Client, reply: Message, started: list[int]) -> None:
    for _ in range(2):
        retry(as_alice, reply)
    assert len(started) == 1


@pytest.mark.parametrize("tokens", ["", "many", "-5", "9" * 30])
def test_nonsense_for_tokens_leaves_the_panel_as_it_is(
    as_alice: Client, reply: Message, started: list[int], tokens: str
) -> None:
    retry(as_alice, reply, tokens=tokens)
    assert json.loads(Run.objects.get(pk=started[0]).request_body)["max_tokens"] == 50


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_nobody_else_asks_again(request: pytest.FixtureRequest, who: str, reply: Message, started: list[int]) -> None:
    assert retry(request.getfixturevalue(who), reply).status_code == 404
    assert not started


def test_whoever_is_not_signed_in_is_asked_to(as_nobody: Client, reply: Message) -> None:
    assert retry(as_nobody, reply)["Location"].startswith("/accounts/login/")


def test_many_cut_answers_cost_no_more_than_one(
    as_alice: Client, alice: User, reply: Message, model: LanguageModel
) -> None:
    address = f"/conversations/{reply.conversation_id}/"
    with CaptureQueriesContext(connection) as for_one:
        as_alice.get(address)
    conversation = reply.conversation
    for number in range(6):
        conversation.refresh_from_db()
        Conversation.say(alice, conversation, "More", Settings(model), f"more {number}")
    Run.objects.update(state="done", finish_reason="length", text="Half of", output_tokens=50)
    with CaptureQueriesContext(connection) as for_seven:
        assert as_alice.get(address).content.decode().count("The answer was cut") == 7
    assert len(for_seven) == len(for_one)
