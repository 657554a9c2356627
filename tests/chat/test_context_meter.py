"""The context meter: how near its estimate comes, what it says, and what it offers where a message is too long."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import ApiKey, User
from accounts.secret import Secret
from chat.context_meter import Meter, estimate, oldest_to_leave_out
from chat.models import Conversation, Message
from chat.settings import Settings
from providers.models import LanguageModel, Provider
from runs.models import Run
from tests.chat.panel_page import PanelPage

HTMX = {"HX-Request": "true"}
# Texts of our own, each with the tokens that o200k makes of it.
SAMPLES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "token_counts.json").read_text())
# What is written most here: it has to come out within a tenth.
MOST_WRITTEN = {"English", "English, a task", "Markdown", "Python", "JavaScript", "JSON", "HTML"}


# The estimate


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["kind"]))
def test_an_estimate_is_near_the_count(sample: dict[str, Any]) -> None:
    off = abs(estimate(sample["text"]) / sample["tokens"] - 1)
    assert off < (0.1 if sample["kind"] in MOST_WRITTEN else 0.2)


def test_over_all_samples_it_is_nearer_still() -> None:
    counted = sum(sample["tokens"] for sample in SAMPLES)
    assert abs(sum(estimate(sample["text"]) for sample in SAMPLES) / counted - 1) < 0.05


@given(st.text(max_size=300))
def test_no_text_has_fewer_than_no_tokens_or_more_than_it_has_bytes(text: str) -> None:
    assert 0 <= estimate(text) <= len(text.encode("utf-8", "surrogatepass")) + 1


@given(st.text(min_size=1, max_size=50))
def test_more_of_the_same_has_more_tokens(text: str) -> None:
    assert estimate(text * 40) >= estimate(text)


def test_a_long_text_is_measured_in_time() -> None:
    assert estimate("word " * 200_000) == 200_000


# What is said


@pytest.mark.parametrize(
    ("meter", "level", "words"),
    [
        (Meter(1234), "unknown", "About 1,234 tokens; how many this model takes is not known."),
        (Meter(1000, 500, 8192), "fits", "About 1,000 tokens and 500 for the answer, of 8,192."),
        (Meter(7000, 500, 8192), "tight", "About 7,000 tokens and 500 for the answer, of 8,192."),
        (Meter(8000, 500, 8192), "over", "About 8,000 tokens and 500 for the answer, of 8,192."),
    ],
)
def test_a_meter_says_what_it_measured(meter: Meter, level: str, words: str) -> None:
    assert (meter.level, meter.words) == (level, words)


def test_what_is_too_much_and_what_is_left_for_the_answer() -> None:
    meter = Meter(8000, 500, 8192)
    assert (meter.over, meter.room_for_answer, meter.percent) == (308, 192, 100)


def test_the_fewest_messages_that_help_are_left_out_and_a_person_speaks_first() -> None:
    roles = ["user", "assistant", "user", "assistant", "user"]
    assert oldest_to_leave_out(roles, [10, 10, 10, 10, 0], 5) == 2
    assert oldest_to_leave_out(roles, [10, 10, 10, 10, 0], 21) == 4
    assert oldest_to_leave_out(roles, [10, 10, 10, 10, 0], 41) is None


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.integers(0, 100)), min_size=1), st.integers(1, 300)
)
def test_what_is_left_out_frees_enough(messages: list[tuple[str, int]], over: int) -> None:
    roles, sizes = [role for role, _ in messages], [size for _, size in messages]
    count = oldest_to_leave_out(roles, sizes, over)
    if count is not None:
        assert sum(sizes[:count]) >= over
        assert roles[count] == "user"


# The page

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(model: LanguageModel) -> LanguageModel:
    LanguageModel.objects.filter(pk=model.pk).update(context_length=1000)
    model.refresh_from_db()
    return model


def asked(client: Client, model: LanguageModel, path: str = "/context/", **fields: str) -> Any:
    named = {"model": model.model_id, "language_model": str(model.pk), "parameters_of": str(model.pk)}
    return client.post(path, {**named, "max_tokens": "100", **fields}, headers=HTMX)


def talk(user: User, model: LanguageModel, *questions: str) -> Conversation:
    reply: Message | None = None
    for number, question in enumerate(questions):
        conversation = reply.conversation if reply else None
        reply = Conversation.say(user, conversation, question, Settings(model, "Be brief"), f"token-{number}")
        assert reply.run
        Run.objects.filter(pk=reply.run.pk).update(
            state="done", text=f"Answer {number}", prompt_tokens=700 + number, output_tokens=60, reasoning_tokens=20
        )
    assert reply
    return Conversation.objects.get(pk=reply.conversation_id)


def test_a_new_message_is_measured_with_its_system_prompt(as_alice: Client, small: LanguageModel) -> None:
    page = asked(as_alice, small, text="Hello there", system_prompt="Be brief").content.decode()
    # Two words and two words, what is around messages, and what is around a request.
    assert "About 15 tokens and 100 for the answer, of 1,000." in page
    assert "notice" not in page


def test_what_was_said_is_taken_from_the_providers_count(as_alice: Client, alice: User, small: LanguageModel) -> None:
    conversation = talk(alice, small, "First")
    page = asked(as_alice, small, text="Hello there", system_prompt="Be brief", of=str(conversation.pk))
    # 700 in, 40 of the answer that are no reasoning, and 6 for the new message.
    assert "About 746 tokens and 100 for the answer" in page.content.decode()


def test_for_another_model_it_is_estimated_anew(as_alice: Client, alice: User, small: LanguageModel) -> None:
    conversation = talk(alice, small, "First")
    other = LanguageModel.objects.create(provider=small.provider, model_id="fake/other", context_length=1000)
    page = asked(as_alice, other, text="Hello there", system_prompt="", of=str(conversation.pk)).content.decode()
    assert "About 20 tokens" in page


def test_a_changed_system_prompt_is_added_to_the_count(as_alice: Client, alice: User, small: LanguageModel) -> None:
    conversation = talk(alice, small, "First")
    page = asked(as_alice, small, text="", system_prompt="Be brief and kind", of=str(conversation.pk))
    assert "About 742 tokens" in page.content.decode()


def test_too_much_is_said_with_what_helps(as_alice: Client, alice: User, small: LanguageModel) -> None:
    conversation = talk(alice, small, "First " * 200, "Second <b>", "Third")
    large = LanguageModel.objects.create(provider=small.provider, model_id="fake/large", context_length=128_000)
    keyless = Provider.objects.create(name="Closed", base_url="https://closed.example/v1")
    LanguageModel.objects.create(provider=keyless, model_id="closed/large", context_length=2_000_000)
    page = asked(as_alice, small, text="word " * 300, system_prompt="Be brief", of=str(conversation.pk))
    words = " ".join(page.content.decode().split())
    assert "This may be too long for fake/one" in words
    assert "Go on without the 2 oldest messages" in words
    assert "User: First First" in words
    assert "Assistant: Answer 0" in words
    assert "or the system prompt" in words
    assert "Use fake/large" in words
    assert "takes 128,000 tokens" in words
    assert "closed/large" not in words
    ApiKey.objects.store(alice, keyless.origin, Secret("sk-key-for-closed"))
    again = asked(as_alice, small, text="word " * 300, of=str(conversation.pk)).content.decode()
    assert "closed/large" in again
    assert large.model_id in again


def test_another_model_is_chosen_with_what_fits(as_alice: Client, small: LanguageModel) -> None:
    large = LanguageModel.objects.create(provider=small.provider, model_id="fake/large", context_length=128_000)
    answer = asked(as_alice, small, "/context/model/", text="word " * 2000, choose=str(large.pk), temperature="0.5")
    page = answer.content.decode()
    shown = PanelPage(page).fields
    assert (shown["model"], shown["language_model"], shown["temperature"]) == ("fake/large", str(large.pk), "0.5")
    assert "of 128,000." in page
    assert "may be too long" not in page


def test_going_on_keeps_the_rest_and_what_was_typed(as_alice: Client, alice: User, small: LanguageModel) -> None:
    conversation = talk(alice, small, "First", "Second")
    answer = asked(as_alice, small, f"/conversations/{conversation.pk}/go-on/", text="My draft", without="2")
    newest = Conversation.objects.latest("pk")
    assert answer["HX-Redirect"] == f"/conversations/{newest.pk}/"
    assert [(turn.role, turn.text) for turn in newest.turns(newest.leaf_id)] == [
        ("user", "Second"),
        ("assistant", "Answer 1"),
    ]
    assert (newest.draft, newest.parameters, newest.language_model) == ("My draft", {"max_tokens": "100"}, small)
    assert len(conversation.turns(conversation.leaf_id)) == 4


@pytest.mark.parametrize("without", ["", "0", "-1", "5", "many", "9" * 30])
def test_nonsense_is_not_gone_on_without(as_alice: Client, alice: User, small: LanguageModel, without: str) -> None:
    conversation = talk(alice, small, "First", "Second")
    path = f"/conversations/{conversation.pk}/go-on/"
    assert asked(as_alice, small, path, text="My draft", without=without).status_code == 404
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_nobody_measures_the_conversation_of_another(
    request: pytest.FixtureRequest, who: str, alice: User, small: LanguageModel
) -> None:
    client: Client = request.getfixturevalue(who)
    conversation = talk(alice, small, "First")
    page = asked(client, small, text="Hello there", of=str(conversation.pk)).content.decode()
    assert "About 9 tokens" in page
    assert asked(client, small, f"/conversations/{conversation.pk}/go-on/", without="1").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(as_nobody: Client, small: LanguageModel) -> None:
    for path in ("/context/", "/context/model/", "/conversations/1/go-on/"):
        assert asked(as_nobody, small, path)["Location"].startswith("/accounts/login/")
