"""Everything an answer can be, as a reply shows it, and what of it goes on with the conversation."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.models import Conversation, Message
from chat.settings import Settings
from providers.models import LanguageModel, Provider
from runs.models import Run, Supplement

pytestmark = pytest.mark.django_db

CHOICES = [
    {"number": 1, "text": "**Uno**", "reasoning": "Hm", "tool_calls": [], "refusal": "", "finish_reason": "length"},
    {"number": 2, "text": "Dos", "reasoning": "", "tool_calls": [], "refusal": "", "finish_reason": "stop"},
]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def replied(user: User, model: LanguageModel, *, supplement: dict[str, Any] | None = None, **record: Any) -> Message:
    reply = Conversation.say(user, None, "Hello", Settings(model), "token")
    Run.objects.filter(reply=reply).update(**{"state": "done", "text": "One", **record})
    assert reply.run is not None
    if supplement:
        Supplement.objects.create(run=reply.run, **supplement)
    return reply


def shown(client: Client, reply: Message) -> str:
    return client.get(f"/messages/{reply.pk}/").content.decode()


def told(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


# Several choices


def test_each_choice_is_shown_with_its_own_end(as_alice: Client, alice: User, model: LanguageModel) -> None:
    page = shown(as_alice, replied(alice, model, finish_reason="stop", supplement={"choices": CHOICES}))

    for words in ["Choice 1 of 3 finished: stop", "Choice 2 of 3 finished: length", "Choice 3 of 3 finished: stop"]:
        assert words in told(page)
    assert "<strong>Uno</strong>" in page
    assert told(page).count("Continue with this") == 2


def test_another_choice_can_be_taken_to_go_on_with(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    reply = replied(alice, model, supplement={"choices": CHOICES})
    conversation = reply.conversation

    as_alice.post(f"/messages/{reply.pk}/choices/2/")
    as_alice.post(f"/conversations/{conversation.pk}/messages/", {"text": "Go on", "model": model.model_id})

    sent = json.loads(Run.objects.get(pk=started[-1]).request_body)["messages"]
    assert [message["content"] for message in sent] == ["Hello", "Dos", "Go on"]
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert "choice 3 of the version before" in told(page)
    # The reply stays beside it, as it was.
    assert "2 / 2" in told(page)
    assert Run.objects.get(reply=reply).text == "One"


@pytest.mark.parametrize("choice", [0, 3])
def test_a_choice_that_is_not_there_cannot_be_taken(
    as_alice: Client, alice: User, model: LanguageModel, choice: int
) -> None:
    reply = replied(alice, model, supplement={"choices": CHOICES})

    assert as_alice.post(f"/messages/{reply.pk}/choices/{choice}/").status_code == 404
    assert Message.objects.count() == 2


def test_only_its_owner_may_take_a_choice(
    as_alice: Client, as_bob: Client, as_charlie: Client, as_nobody: Client, alice: User, model: LanguageModel
) -> None:
    reply = replied(alice, model, supplement={"choices": CHOICES})
    address = f"/messages/{reply.pk}/choices/1/"

    assert as_bob.post(address).status_code == 404
    assert as_charlie.post(address).status_code == 404
    assert as_nobody.post(address).status_code == 302
    assert as_alice.get(address).status_code == 405
    assert Message.objects.count() == 2


# What stands beside the text


def test_sources_are_links_that_tell_nobody_who_reads(as_alice: Client, alice: User, model: LanguageModel) -> None:
    source = {"title": "<i>Example</i>", "passage": "", "url": "https://example.com/?utm_source=openai"}
    page = shown(
        as_alice, replied(alice, model, supplement={"shown": {"sources": [{**source, "host": "example.com"}]}})
    )

    (link,) = re.findall(r'<a class="far"[^>]*>', page)
    assert 'href="https://example.com/?utm_source=openai"' in link
    assert 'rel="noopener noreferrer nofollow"' in link
    assert "&lt;i&gt;Example&lt;/i&gt;" in page
    assert "example.com" in told(page)


def test_a_sound_is_played_from_here_and_a_picture_elsewhere_is_not_loaded(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    brought = {
        "media": ["audio", "image"],
        "transcript": "Hello there",
        "pictures_elsewhere": ["https://far.example/p"],
    }
    reply = replied(alice, model, text="", supplement={"shown": brought})
    page = shown(as_alice, reply)

    assert set(re.findall(r'src="([^"]+)"', page)) == {f"/runs/{reply.run_id}/media/{number}" for number in (0, 1)}
    assert "Hello there" in told(page)
    assert "ended without an answer" not in page


def test_probabilities_are_offered_only_where_some_came(as_alice: Client, alice: User, model: LanguageModel) -> None:
    with_some = replied(alice, model, supplement={"shown": {"weighed": {"0": 12}}})
    page = shown(as_alice, with_some)
    Supplement.objects.all().delete()

    assert f"/runs/{with_some.run_id}/probabilities/?choice=0" in page
    assert "How likely each of the 12 tokens was" in told(page)
    assert "probabilities" not in shown(as_alice, with_some)


def test_thoughts_of_which_only_the_number_is_known_are_said_to_be_hidden(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    page = shown(as_alice, replied(alice, model, reasoning_tokens=946))

    assert "Thought for 946 tokens; text not disclosed." in told(page)


# The verdict


@pytest.mark.parametrize(
    ("text", "grade", "words"),
    [
        ('{"city": "Oslo"}', "good", "Valid JSON, and it fits the schema place."),
        ('{"town": "Oslo"}', "bad", "it does not fit the schema place: The value has no “city”, which is required."),
        ('{"city": 5}', "bad", "city must be a text, and is the number 5."),
        ("Here you are: {}", "bad", "Not valid JSON: expecting value, line 1, column 1."),
        ('{"city": "Os', "bad", "Not valid JSON"),
        ('```json\n{"city": "Oslo"}\n```', "bad", "it stands in a code block"),
    ],
)
def test_the_verdict_is_by_the_schema_of_the_request(
    as_alice: Client, alice: User, model: LanguageModel, text: str, grade: str, words: str
) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    page = shown(as_alice, replied(alice, model, text=text, parameters={"response_format": wanted}))

    assert f'data-grade="{grade}"' in page
    assert words in told(page)


def test_what_was_not_asked_for_as_json_gets_no_verdict(as_alice: Client, alice: User, model: LanguageModel) -> None:
    assert "data-grade" not in shown(as_alice, replied(alice, model, text='{"city": "Oslo"}'))


# What goes back with the next turn


def asked_next(user: User, reply: Message, model: LanguageModel) -> dict[str, Any]:
    """The reply as the next request to this model says it."""
    following = reply.conversation.send("And?", Settings(model), f"to {model.pk}", after=reply.pk)
    assert following.run is not None
    said: dict[str, Any] = json.loads(following.run.request_body)["messages"][1]
    return said


@pytest.fixture
def gemini(model: LanguageModel) -> LanguageModel:
    return LanguageModel.objects.create(provider=model.provider, model_id="google/gemini-3.1-pro")


def sealed(user: User, model: LanguageModel) -> Message:
    return replied(user, model, reasoning="Hm", supplement={"for_next_turn": {"extra_content": {"google": {"s": "x"}}}})


def test_what_a_sound_said_is_what_the_conversation_goes_on_with(alice: User, model: LanguageModel) -> None:
    reply = replied(alice, model, text="", supplement={"shown": {"media": ["audio"], "transcript": "Hello there"}})

    assert asked_next(alice, reply, model) == {"role": "assistant", "content": "Hello there"}


def test_sealed_thoughts_go_back_to_whom_they_came_from(alice: User, gemini: LanguageModel) -> None:
    flash = LanguageModel.objects.create(provider=gemini.provider, model_id="google/gemini-3-flash")
    reply = sealed(alice, gemini)

    for model in (gemini, flash):
        said = {"role": "assistant", "content": "One", "extra_content": {"google": {"s": "x"}}}
        assert asked_next(alice, reply, model) == said


def test_sealed_thoughts_go_to_nobody_else(alice: User, gemini: LanguageModel, model: LanguageModel) -> None:
    elsewhere = Provider.objects.create(name="Other", base_url="https://other.example/v1", needs_key=False)
    same_name = LanguageModel.objects.create(provider=elsewhere, model_id=gemini.model_id)
    reply = sealed(alice, gemini)

    for other in (model, same_name):
        assert asked_next(alice, reply, other) == {"role": "assistant", "content": "One"}


def test_a_page_asks_once_for_all_that_its_answers_brought(as_alice: Client, alice: User, model: LanguageModel) -> None:
    def queries(conversation: Conversation) -> int:
        with CaptureQueriesContext(connection) as asked:
            as_alice.get(f"/conversations/{conversation.pk}/")
        return len(asked)

    reply = replied(alice, model, supplement={"choices": CHOICES, "shown": {"media": ["audio"]}})
    one = queries(reply.conversation)
    for number in range(5):
        reply = reply.conversation.send("More", Settings(model), f"token-{number}", after=reply.pk)
        assert reply.run is not None
        Supplement.objects.create(run=reply.run, choices=CHOICES, shown={"media": ["audio"]})
        Run.objects.update(state="done", text="One")

    assert queries(reply.conversation) == one
