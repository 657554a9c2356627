"""Pasting code: it becomes a conversation that is ready to be sent, and its key goes nowhere."""

import json
import logging
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Team, User
from chat.models import Conversation, Message
from chat.parts import Part
from providers.models import LanguageModel, Provider
from runs.code import LANGUAGES
from runs.models import Attachment, Run
from runs.pasted import read
from tests.attached import MP3, MP4, PDF, PNG, SVG, data_url

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
SECRET = "sk-CANARY-0123456789"
BODY: dict[str, Any] = {
    "model": "fake/one",
    "messages": [
        {"role": "system", "content": "Be 'brief'"},
        {"role": "user", "content": 'My name is "Alice"\n$HOME'},
        {"role": "assistant", "content": "Hello **Alice**"},
        {"role": "user", "content": "Who am I?\n`é`"},
    ],
    "temperature": 0.5,
    "max_tokens": 77,
}
CURL = f"""curl https://fake.example/v1/chat/completions -H "Authorization: Bearer {SECRET}" -d @- <<'END'
{json.dumps(BODY)}
END"""


def paste(client: Client, text: str, **options: Any) -> Any:
    return client.post("/paste/", {"text": text}, **options)


def page_after(client: Client, answer: Any) -> str:
    return unescape(client.get(answer.headers.get("Location") or answer.headers["HX-Redirect"]).content.decode())


def code_in(answer: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", "", re.findall(r"(?s)<pre.*?</pre>", answer.content.decode())[-1]))


def test_what_was_pasted_stands_in_its_places(as_alice: Client, model: LanguageModel) -> None:
    answer = paste(as_alice, CURL)

    conversation = Conversation.objects.get()
    assert answer.headers["Location"] == f"/conversations/{conversation.pk}/"
    assert (conversation.language_model, conversation.system_prompt) == (model, "Be 'brief'")
    assert conversation.parameters == {"temperature": "0.5", "max_tokens": "77"}
    assert conversation.title == 'My name is "Alice"'
    page = page_after(as_alice, answer)
    assert "Who am I?\n`é`</textarea>" in page
    assert 'My name is "Alice"\n$HOME</div>' in page
    assert "Hello <strong>Alice</strong>" in page
    assert 'value="0.5"' in page
    assert "The key in it was ignored" in page
    assert not Run.objects.exists()


def test_what_is_then_sent_is_what_was_pasted(as_alice: Client, model: LanguageModel, started: list[int]) -> None:
    paste(as_alice, CURL)
    conversation = Conversation.objects.get()

    form = {"model": "fake/one", "system_prompt": "Be 'brief'", "temperature": "0.5", "max_tokens": "77"}
    as_alice.post(f"/conversations/{conversation.pk}/messages/", {**form, "text": conversation.draft})

    body = json.loads(Run.objects.get().request_body)
    assert body == BODY | {"stream": True}
    conversation.refresh_from_db()
    assert conversation.draft == ""
    assert "Who am I?\n`é`</textarea>" not in as_alice.get(f"/conversations/{conversation.pk}/").content.decode()


@pytest.mark.parametrize("name", LANGUAGES)
def test_from_code_to_panel_to_code_it_stays_the_same(as_alice: Client, model: LanguageModel, name: str) -> None:
    """Paste, take the code of what stands in the panel, paste that, and take its code again."""

    def code_of_the_panel() -> str:
        conversation = Conversation.objects.latest("pk")
        assert conversation.language_model
        form = {
            "model": conversation.language_model.model_id,
            "system_prompt": conversation.system_prompt,
            "text": conversation.draft,
            "conversation": str(conversation.pk),
            "language": name,
            **conversation.parameters,
        }
        return code_in(as_alice.post("/code/", form))

    paste(as_alice, CURL)
    first = code_of_the_panel()
    paste(as_alice, first)
    second = code_of_the_panel()

    assert first == second
    assert "Who am I?" in first
    assert Conversation.objects.count() == 2


def test_to_htmx_the_way_to_the_conversation_is_told(as_alice: Client, model: LanguageModel) -> None:
    answer = paste(as_alice, CURL, headers=HTMX)

    assert answer.headers["HX-Redirect"] == f"/conversations/{Conversation.objects.get().pk}/"


@pytest.mark.parametrize(
    "text", ["", "Hello there", f"curl https://x.example -H 'Authorization: Bearer {SECRET}'", "{"]
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_no_request_is_said_and_nothing_is_made(as_alice: Client, text: str, headers: dict[str, str]) -> None:
    answer = paste(as_alice, text, headers=headers)

    assert answer.status_code == 422
    assert 'id="paste-problem"' in answer.content.decode()
    assert SECRET not in answer.content.decode()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("text", [CURL, CURL[:-30], json.dumps(BODY | {"api_key": SECRET})])
def test_a_pasted_key_is_not_stored_shown_or_logged(
    as_alice: Client, model: LanguageModel, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = paste(as_alice, text, follow=True)

    assert SECRET not in answer.content.decode()
    # The log of a database is not on; its parameters are what would be stored.
    stored = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not [message for message in stored if SECRET in message]
    with connection.cursor() as cursor:
        for table in ("chat_conversation", "chat_message", "django_session"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            assert SECRET not in repr(cursor.fetchall())


def test_a_model_at_the_address_it_went_to_comes_before_another_of_that_name(
    as_alice: Client, model: LanguageModel, team: Team
) -> None:
    provider = Provider.objects.create(name="Acme", team=team, base_url="https://acme.example/v1", needs_key=False)
    LanguageModel.objects.create(provider=provider, model_id="fake/one")

    answer = paste(as_alice, CURL)

    assert Conversation.objects.get().language_model == model
    assert "here it goes to" not in page_after(as_alice, answer)


def test_where_it_goes_instead_is_said(as_alice: Client, model: LanguageModel) -> None:
    answer = paste(as_alice, CURL.replace("fake.example", "elsewhere.example"))

    assert Conversation.objects.get().language_model == model
    assert "It went to elsewhere.example; here it goes to Fake." in page_after(as_alice, answer)


def test_a_model_that_nobody_has_is_replaced_in_words(as_alice: Client, alice: User, model: LanguageModel) -> None:
    Conversation.objects.create(user=alice, language_model=model)

    answer = paste(as_alice, CURL.replace("fake/one", "no/such"))

    assert Conversation.objects.latest("pk").language_model == model
    assert "No provider here has a model called “no/such”. fake/one stands in its place" in page_after(as_alice, answer)


def test_a_strangers_model_is_not_found(as_charlie: Client, model: LanguageModel, team: Team) -> None:
    Provider.objects.update(team=team)

    answer = paste(as_charlie, CURL)

    assert Conversation.objects.get().language_model is None
    assert "No provider here has a model called “fake/one”. Choose one above." in page_after(as_charlie, answer)


def test_what_the_model_does_not_take_is_said(as_alice: Client, model: LanguageModel) -> None:
    LanguageModel.objects.update(parameters={"max_tokens": {"type": "integer", "min": 1}})
    body = BODY | {
        "hologram_depth": 3,
        "messages": [{"role": "user", "content": ["Hi", {"type": "file"}], "name": "Bob"}],
    }

    page = page_after(as_alice, paste(as_alice, json.dumps(body)))

    assert "hologram_depth was left out: this model does not have it" in page
    assert "temperature was left out" in page
    assert "A file in message 1 was left out." in page
    assert "Its last message stands in the conversation. Ask for a reply" in page


def test_what_may_be_meant_for_an_unknown_model_is_sent_as_it_was(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    """Such a model has a field for whatever else is to be sent."""
    body = BODY | {"hologram_depth": 3, "stop": ["a", "é\n"], "metadata": {"n": [1, None]}, "top_p": 0.5}
    paste(as_alice, json.dumps(body))
    conversation = Conversation.objects.get()

    form = {"model": "fake/one", "text": conversation.draft, "system_prompt": conversation.system_prompt}
    as_alice.post(f"/conversations/{conversation.pk}/messages/", {**form, **conversation.parameters})

    assert json.loads(Run.objects.get().request_body) == body | {"stream": True}


RICH: dict[str, Any] = {
    "model": "fake/one",
    "messages": [
        {"role": "developer", "content": "Be brief"},
        {"role": "system", "name": "rules", "content": "Be kind"},
        {"role": "user", "name": "ada", "content": [{"type": "text", "text": "What time is it?"}]},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": '{"zone": "UTC"}'}}
            ],
        },
        {"role": "tool", "content": "12:00", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "Noon."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "And here?"},
                {"type": "image_url", "image_url": {"url": data_url("image/png", PNG), "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": data_url("application/pdf", PDF)}},
                {"type": "input_audio", "input_audio": {"data": data_url("", MP3).partition(",")[2], "format": "mp3"}},
                {"type": "video_url", "video_url": {"url": data_url("video/mp4", MP4)}},
            ],
        },
    ],
    "max_tokens": 77,
    "stream": True,
}


@pytest.mark.parametrize("name", LANGUAGES)
def test_messages_of_every_kind_stay_the_same_from_paste_to_code_to_paste(
    as_alice: Client, model: LanguageModel, name: str
) -> None:
    def code_of_the_panel() -> str:
        conversation = Conversation.objects.latest("pk")
        form = {
            "model": "fake/one",
            "system_prompt": conversation.system_prompt,
            "system_role": conversation.system_role,
            "text": conversation.draft,
            "part": [Part.read(part).key for part in conversation.draft_parts],
            "detail.0": "low",
            "conversation": str(conversation.pk),
            "language": name,
            **conversation.parameters,
        }
        return code_in(as_alice.post("/code/", form))

    page = page_after(as_alice, paste(as_alice, json.dumps(RICH)))
    first = code_of_the_panel()
    paste(as_alice, first)
    second = code_of_the_panel()

    assert "left out" not in page
    assert first == second
    # A text alone is said without parts.
    expected = json.loads(
        json.dumps(RICH).replace('[{"type": "text", "text": "What time is it?"}]', '"What time is it?"')
    )
    assert read(first).body == expected
    assert Attachment.objects.count() == 4


def test_a_part_that_nobody_can_keep_is_left_out_in_words(as_alice: Client, model: LanguageModel) -> None:
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": data_url("image/svg+xml", SVG)}},
        {"type": "image_url", "image_url": {"url": "ftp://x.y/a.png"}},
        {"type": "file", "file": {"file_data": "", "filename": "a.pdf"}},
    ]

    page = page_after(as_alice, paste(as_alice, json.dumps({"messages": [{"role": "user", "content": parts}]})))

    assert "is an SVG drawing, which models do not take. Save it as PNG. It was left out." in page
    assert "The image has neither data in base64 nor an address that begins with https://. It was left out." in page
    assert "a.pdf is empty. Choose the file again. It was left out." in page
    assert not Attachment.objects.exists()


def test_an_answer_from_elsewhere_is_shown_as_one(as_alice: Client, model: LanguageModel) -> None:
    paste(as_alice, CURL)
    given = Message.objects.get(role="assistant")

    page = as_alice.get(f"/messages/{given.pk}/").content.decode()

    assert 'aria-label="Reply from elsewhere"' in page
    assert "Hello <strong>Alice</strong>" in page
    assert "run-stream" not in page


def test_the_page_has_a_field_and_a_link_that_leads_to_it(as_alice: Client) -> None:
    assert '<textarea id="pasted"' in as_alice.get("/paste/").content.decode()
    assert 'href="/paste/"' in as_alice.get("/").content.decode()


def test_nobody_in_particular_is_asked_to_sign_in(as_nobody: Client) -> None:
    assert as_nobody.get("/paste/").status_code == 302
    assert paste(as_nobody, CURL).status_code == 302
    assert as_nobody.post("/code/").status_code == 302
    assert not Conversation.objects.exists()


def test_only_whose_conversation_it_is_opens_what_was_pasted(
    as_alice: Client, as_bob: Client, as_charlie: Client, model: LanguageModel
) -> None:
    paste(as_alice, CURL)
    conversation = Conversation.objects.get()

    for other in (as_bob, as_charlie):
        assert other.get(f"/conversations/{conversation.pk}/").status_code == 404
        form = {"model": "fake/one", "text": "Hi", "conversation": str(conversation.pk)}
        assert other.post("/code/", form).status_code == 404


# Get code, of what stands in the composer


def test_code_of_the_composer_sends_what_send_would_send(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    paste(as_alice, CURL)
    conversation = Conversation.objects.get()
    form = {"model": "fake/one", "text": "And now?", "system_prompt": "Be brief", "temperature": "0.7"}

    code = code_in(as_alice.post("/code/", {**form, "conversation": str(conversation.pk)}, headers=HTMX))
    as_alice.post(f"/conversations/{conversation.pk}/messages/", form)

    written = code.split("-d '", 1)[1].rsplit("'", 1)[0].replace("'\\''", "'")
    assert json.loads(written) == json.loads(Run.objects.get().request_body)


def test_an_empty_message_is_an_example(as_alice: Client, model: LanguageModel) -> None:
    answer = as_alice.post("/code/", {"model": "fake/one", "text": "  "})

    assert "The message is empty, so “Hello!” stands in its place." in answer.content.decode()
    assert '"content": "Hello!"' in code_in(answer)


def test_code_needs_no_key_here(as_alice: Client, model: LanguageModel) -> None:
    Provider.objects.update(needs_key=True)

    answer = as_alice.post("/code/", {"model": "fake/one", "text": "Hi"})

    assert answer.status_code == 200
    assert "Authorization: Bearer $FAKE_API_KEY" in code_in(answer)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"model": ""}, "No model is chosen."),
        ({"model": "no/such"}, "There is no such model."),
        ({"temperature": "hot"}, "A parameter cannot be sent."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_cannot_be_sent_has_no_code(
    as_alice: Client, model: LanguageModel, fields: dict[str, str], sentence: str, headers: dict[str, str]
) -> None:
    answer = as_alice.post("/code/", {"model": "fake/one", "text": "Hi", **fields}, headers=headers)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_another_language_is_chosen_with_the_same_composer(as_alice: Client, model: LanguageModel) -> None:
    """The form of the code page carries the composer along."""
    page = as_alice.post("/code/", {"model": "fake/one", "text": 'Say "Hi"', "temperature": "0.7"}).content.decode()
    carried = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}

    code = code_in(as_alice.post("/code/", {**carried, "language": "javascript-fetch", "answer": "whole"}))

    assert 'content: "Say \\"Hi\\""' in code
    assert "temperature: 0.7" in code
    assert "stream" not in code
