"""What a reply shows of its run: the facts, and what went wrong."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message
from chat.settings import Settings
from providers.errors import KINDS
from providers.models import LanguageModel
from runs.models import Run, RunEvent

pytestmark = pytest.mark.django_db


def shown(client: Client, user: User, model: LanguageModel, **record: Any) -> str:
    """The reply of a run with this record, as a page fetches it."""
    reply = Conversation.say(user, None, "Hello", Settings(model), "token")
    Run.objects.filter(reply=reply).update(**{"state": "done", **record})
    return client.get(f"/messages/{reply.pk}/").content.decode()


def test_the_facts_are_shown(as_alice: Client, alice: User, model: LanguageModel) -> None:
    facts = {"prompt_tokens": 12, "output_tokens": 340, "reasoning_tokens": 40, "first_token_ms": 210}
    page = shown(as_alice, alice, model, text="Hi", duration_ms=3610, cost_usd=Decimal("0.00012"), **facts)
    for fact in ["12 tokens in", "340 out", "40 reasoning", "first token after 210 ms", "100 tokens/s", "$0.00012"]:
        assert fact in page


def test_an_unknown_cost_is_said_with_its_reason_and_never_as_zero(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    page = shown(as_alice, alice, model, text="Hi", cost_note="Streams do not report it.")
    assert "cost unknown" in page
    assert "Streams do not report it." in page
    assert "$0" not in page


def test_who_really_answered_is_shown(as_alice: Client, alice: User, model: LanguageModel) -> None:
    assert "fake/one-2026-01" in shown(as_alice, alice, model, text="Hi", served_model="fake/one-2026-01")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_error_says_what_happened_what_to_do_and_whether_it_was_charged(
    as_alice: Client, alice: User, model: LanguageModel, kind: str
) -> None:
    page = shown(as_alice, alice, model, state="failed", error_kind=kind, error_detail="upstream <b>says</b>")
    words = KINDS[kind]
    assert words.title.replace("'", "&#x27;") in page
    assert words.next_step.replace("'", "&#x27;") in page
    assert ("This was not charged." in page) == (words.charge == "no")
    assert "upstream &lt;b&gt;says&lt;/b&gt;" in page
    assert "Try again" in page


def test_an_answer_that_broke_off_shows_what_had_arrived(as_alice: Client, alice: User, model: LanguageModel) -> None:
    page = shown(as_alice, alice, model, state="interrupted", text="Half an ans", error_kind="incomplete")
    assert "Half an ans" in page
    assert "This may have been charged." in page


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"finish_reason": "length", "text": "Half"}, "cut at max_tokens"),
        ({"finish_reason": "stop", "text": ""}, "ended without an answer"),
        ({"finish_reason": "content_filter", "text": ""}, "content filter"),
        ({"state": "cancelled", "text": "Half", "duration_ms": 900}, "so it may have been charged"),
        ({"refusal": "I would rather not"}, "I would rather not"),
    ],
)
def test_an_unusual_end_is_explained(
    as_alice: Client, alice: User, model: LanguageModel, record: dict[str, Any], sentence: str
) -> None:
    assert sentence in shown(as_alice, alice, model, **record)


def test_a_reply_in_the_middle_shows_what_is_stored_and_where_to_go_on(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    reply = Conversation.say(alice, None, "Hello", Settings(model), "token")
    assert reply.run is not None
    Run.objects.update(state="running")
    pieces = [("reasoning", "Hm. "), ("text", "Done.\n\n"), ("html", "<p>Done.</p>"), ("text", "And <open>")]
    for seq, (kind, payload) in enumerate(pieces, start=1):
        RunEvent.objects.create(run=reply.run, seq=seq, type=kind, payload=payload)
    page = as_alice.get(f"/conversations/{reply.conversation_id}/").content.decode()
    assert f'data-run="{reply.run_id}"' in page
    assert 'data-after="4"' in page
    assert "<p>Done.</p>" in page
    assert "And &lt;open&gt;" in page
    assert page.count("Done.") == 1
    assert 'data-state="running"' in page


def test_calls_that_have_begun_are_shown_as_far_as_they_are_stored(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    reply = Conversation.say(alice, None, "Hello", Settings(model), "token")
    assert reply.run is not None
    Run.objects.update(state="running")
    pieces = [(0, "weather", '{"ci'), (1, "<b>", ""), (0, "", 'ty": "Z')]
    for seq, (position, name, arguments) in enumerate(pieces, start=1):
        payload = json.dumps({"position": position, "id": "", "name": name, "arguments": arguments})
        RunEvent.objects.create(run=reply.run, seq=seq, type="tool_call", payload=payload)

    page = as_alice.get(f"/conversations/{reply.conversation_id}/").content.decode()

    assert "<code>weather</code>" in page
    assert ">{&quot;city&quot;: &quot;Z</pre>" in page
    assert "<code>&lt;b&gt;</code>" in page
    assert 'data-after="3"' in page


def test_only_replies_have_runs(alice: User, model: LanguageModel) -> None:
    reply = Conversation.say(alice, None, "Hello", Settings(model), "token")
    with pytest.raises(Exception, match="only_replies_have_runs"):
        Message.objects.filter(pk=reply.pk).update(role="user")
