"""Editing all messages at once: rearranging them, writing what the assistant said, and saving beside what was."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message
from chat.parts import Part
from chat.written import Written
from providers.models import LanguageModel
from runs.models import Attachment, Run
from tests.attached import PNG, SVG, upload

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
CALL = {"id": "call_1", "name": "now", "arguments": '{"zone": "UTC"}'}


@pytest.fixture
def conversation(as_alice: Client, alice: User, model: LanguageModel, started: list[int]) -> Conversation:
    """A question with an image, and the answer of a run; two tools calls and a system message came before."""
    image = Attachment.objects.keep(alice, "cat.png", [PNG], len(PNG))
    turns = [
        Written("system", "\nBe brief"),
        Written("user", "When?", name="ada"),
        Written("assistant", "", tool_calls=[CALL]),
        Written("tool", "12:00", tool_call_id="call_1"),
    ]
    conversation = Conversation.open(
        alice, language_model=model, system_prompt="", parameters={}, turns=turns, draft=""
    )
    form = {"text": "What is this?", "model": "fake/one", "part": f"image:{image.pk}", "client_token": "1"}
    as_alice.post(f"/conversations/{conversation.pk}/messages/", form)
    Run.objects.update(state="done", text="A cat.\n")
    conversation.refresh_from_db()
    return conversation


def form_of(conversation: Conversation, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form as it comes."""
    fields: dict[str, Any] = {"client_token": "2"}
    for place, message in enumerate(conversation.said()):
        calls = json.dumps(message.turn.tool_calls, indent=2) if message.turn.tool_calls else ""
        fields |= {
            f"{place}.role": message.role,
            f"{place}.text": message.text.replace("\n", "\r\n"),
            f"{place}.name": message.name,
            f"{place}.tool_calls": calls,
            f"{place}.tool_call_id": message.tool_call_id,
            f"{place}.part": [part.key for part in message.attached],
            "count": str(place + 1),
        }
    return fields | changes


def texts(conversation: Conversation) -> list[str]:
    conversation.refresh_from_db()
    return [message.text for message in conversation.said()]


def address(conversation: Conversation) -> str:
    return f"/conversations/{conversation.pk}/edit/"


def test_the_form_has_everything_that_was_said(as_alice: Client, conversation: Conversation) -> None:
    page = as_alice.get(address(conversation)).content.decode()

    assert page.count("<fieldset") == 6
    assert ">&#10;\nBe brief</textarea>" in page
    assert 'value="ada"' in page
    assert "&quot;call_1&quot;" in page
    assert 'value="call_1"' in page
    assert 'aria-label="Remove cat.png"' in page
    assert f'href="{address(conversation)}"' in as_alice.get(f"/conversations/{conversation.pk}/").content.decode()


def test_saving_what_was_not_changed_changes_nothing(as_alice: Client, conversation: Conversation) -> None:
    leaf, count = conversation.leaf_id, Message.objects.count()

    answer = as_alice.post(address(conversation), form_of(conversation, save="version"))

    conversation.refresh_from_db()
    assert answer.headers["Location"] == f"/conversations/{conversation.pk}/"
    assert (conversation.leaf_id, Message.objects.count()) == (leaf, count)


def test_a_change_makes_a_version_beside_what_was(as_alice: Client, conversation: Conversation) -> None:
    before, leaf = texts(conversation), conversation.leaf_id
    old = [message.pk for message in conversation.said()]

    changes = {"5.text": "A dog.", "5.name": "rex", "save": "version"}
    answer = as_alice.post(address(conversation), form_of(conversation, **changes))

    assert texts(conversation) == [*before[:5], "A dog."]
    new = conversation.said()
    assert [message.pk for message in new[:5]] == old[:5]
    assert (new[5].role, new[5].name, new[5].run) == ("assistant", "rex", None)
    # And the former one is one click away.
    page = as_alice.get(answer.headers["Location"]).content.decode()
    assert f'action="/messages/{leaf}/branch/"' in page
    as_alice.post(f"/messages/{leaf}/branch/")
    assert texts(conversation) == before


def test_everything_of_a_message_can_be_changed(as_alice: Client, conversation: Conversation) -> None:
    changes = {
        "0.role": "developer",
        "1.name": "",
        "2.tool_calls": json.dumps([CALL | {"arguments": {"zone": "CET"}}]),
        "4.part": ["image:https://x.y/a.png"],
        "4.files": upload("new.png", PNG),
        "save": "version",
    }

    as_alice.post(address(conversation), form_of(conversation, **changes))

    new = Conversation.objects.get().said()
    assert (new[0].role, new[1].name, new[2].tool_calls) == (
        "developer",
        "",
        [CALL | {"arguments": '{"zone": "CET"}'}],
    )
    assert [part.label for part in new[4].attached] == ["https://x.y/a.png", "new.png"]
    assert [message.run for message in new] == [None] * 6


@pytest.mark.parametrize(
    ("move", "order", "focus"),
    [
        ("up.1", ["Second", "First", "Third"], "Move message 1 down"),
        ("up.2", ["First", "Third", "Second"], "Move message 2 up"),
        ("down.0", ["Second", "First", "Third"], "Move message 2 down"),
        ("down.1", ["First", "Third", "Second"], "Move message 3 up"),
        ("up.0", ["First", "Second", "Third"], "Move message 1 down"),
        ("drop.1", ["First", "Third"], "Remove message 2"),
        ("drop.2", ["First", "Second"], "Remove message 2"),
        ("add.-1", ["", "First", "Second", "Third"], ""),
        ("add.2", ["First", "Second", "Third", ""], ""),
        ("add.9999", ["First", "Second", "Third"], ""),
        ("drop.7", ["First", "Second", "Third"], ""),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_messages_are_rearranged_before_anything_is_saved(
    as_alice: Client, alice: User, move: str, order: list[str], focus: str, headers: dict[str, str]
) -> None:
    turns = [Written("user", "First"), Written("assistant", "Second"), Written("user", "Third")]
    conversation = Conversation.open(alice, language_model=None, system_prompt="", parameters={}, turns=turns, draft="")

    page = as_alice.post(address(conversation), form_of(conversation, move=move), headers=headers).content.decode()

    assert re.findall(r'(?s)name="\d+\.text".*?>&#10;(.*?)</textarea>', page) == order
    if focus:
        button = page[page.index(f'aria-label="{focus}"') :]
        assert "autofocus" in button[: button.index(">")]
    assert Message.objects.count() == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"0.role": "narrator"}, "Choose a role."),
        ({"1.text": "  "}, "It is empty."),
        ({"2.tool_calls": "{"}, "The tool calls are no JSON list"),
        ({"2.tool_calls": '["call"]'}, "The tool calls are no JSON list"),
        ({"2.tool_calls": '[{"id": 1, "name": "x", "arguments": ""}]'}, "The tool calls are no JSON list"),
        ({"2.tool_calls": "[" * 100_000}, "The tool calls are no JSON list"),
        ({"2.role": "user"}, "Only the assistant calls tools"),
        ({"3.tool_call_id": ""}, "A result names the call that it answers"),
        ({"1.tool_call_id": "x"}, "Only a message of the role tool answers a call"),
        ({"4.files": upload("a.svg", SVG)}, "a.svg is an SVG drawing"),
        ({"1.text": "x" * 600_000}, "at most 500,000 can be sent"),
        ({"count": "0"}, "A conversation has at least one message."),
        ({"count": "many"}, "A conversation has at least one message."),
    ],
)
def test_what_cannot_be_saved_is_said_and_kept(
    as_alice: Client, conversation: Conversation, changes: dict[str, Any], sentence: str
) -> None:
    before = Message.objects.count()

    fields = form_of(conversation, save="version", **{"5.text": "Changed"}) | changes
    answer = as_alice.post(address(conversation), fields, headers=HTMX)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Message.objects.count() == before
    if "count" not in changes:
        assert "Changed</textarea>" in answer.content.decode()


def test_a_file_is_attached_and_taken_off_without_saving(as_alice: Client, conversation: Conversation) -> None:
    fields = form_of(conversation)

    page = as_alice.post(address(conversation), fields | {"1.attach": "1", "1.files": upload("a.png", PNG)})
    assert 'aria-label="Remove a.png"' in page.content.decode()
    page = as_alice.post(address(conversation), fields | {"4.detach": "0"})
    assert "cat.png" not in page.content.decode()
    assert conversation.said()[4].parts


def test_it_can_be_saved_as_a_conversation_of_its_own(as_alice: Client, conversation: Conversation) -> None:
    before = texts(conversation)

    fields = form_of(conversation, save="conversation", **{"5.text": "A dog."})
    answer = as_alice.post(address(conversation), fields, headers=HTMX)

    copy = Conversation.objects.latest("pk")
    assert answer.headers["HX-Redirect"] == f"/conversations/{copy.pk}/"
    assert texts(copy) == [*before[:5], "A dog."]
    assert (copy.language_model, copy.has_parts) == (conversation.language_model, True)
    assert texts(conversation) == before


def test_a_reply_can_be_asked_for_at_once(as_alice: Client, conversation: Conversation, started: list[int]) -> None:
    fields = form_of(conversation, save="run", count="5", **{"4.text": "And this?"})

    as_alice.post(address(conversation), fields)

    run = Run.objects.latest("pk")
    assert started[-1] == run.pk
    messages = json.loads(run.request_body)["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool", "user"]
    assert messages[1]["name"] == "ada"
    assert messages[2]["tool_calls"][0]["function"] == {"name": "now", "arguments": '{"zone": "UTC"}'}
    assert messages[4]["content"][0] == {"type": "text", "text": "And this?"}
    assert messages[4]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


def test_there_is_no_reply_to_an_answer(as_alice: Client, conversation: Conversation, started: list[int]) -> None:
    fields = form_of(conversation, save="run", **{"5.text": "A dog."})

    page = as_alice.post(address(conversation), fields, follow=True).content.decode()

    assert "It ends with an answer, so there is none to ask for." in page
    assert "A dog." in page
    assert len(started) == 1


def test_what_stands_at_the_end_without_an_answer_can_be_asked(
    as_alice: Client, conversation: Conversation, started: list[int]
) -> None:
    as_alice.post(address(conversation), form_of(conversation, save="version", count="5", **{"4.text": "Now?"}))
    conversation.refresh_from_db()
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()
    assert f'action="/messages/{conversation.leaf_id}/reply/"' in page

    as_alice.post(f"/messages/{conversation.leaf_id}/reply/", {"client_token": "3"})

    assert len(started) == 2
    assert Message.objects.latest("pk").parent_id == conversation.leaf_id


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_nobody_else_edits_or_asks(request: pytest.FixtureRequest, conversation: Conversation, who: str) -> None:
    client: Client = request.getfixturevalue(who)
    fields = form_of(conversation, save="version", **{"5.text": "Mine"})

    assert client.get(address(conversation)).status_code == 404
    assert client.post(address(conversation), fields).status_code == 404
    assert client.post(f"/messages/{conversation.said()[1].pk}/reply/").status_code == 404
    assert "Mine" not in texts(conversation)


def test_an_anonymous_visitor_is_asked_to_sign_in(as_nobody: Client, conversation: Conversation) -> None:
    assert as_nobody.get(address(conversation)).status_code == 302


def test_an_answer_that_is_being_written_is_waited_for(as_alice: Client, conversation: Conversation) -> None:
    Run.objects.update(state="running")

    answer = as_alice.get(address(conversation), follow=True)

    assert "Edit the messages when it has ended." in answer.content.decode()


def test_messages_of_every_role_are_shown_as_what_they_are(as_alice: Client, conversation: Conversation) -> None:
    page = as_alice.get(f"/conversations/{conversation.pk}/").content.decode()

    assert 'aria-label="Message of the role system"' in page
    assert 'aria-label="Result of now"' in page
    assert "as ada" in page
    assert "<code>now</code>" in page


# The system prompt


@pytest.mark.parametrize(
    ("facts", "words", "has_choice"),
    [
        ({}, "Role of the system prompt", True),
        ({"roles": ["user", "developer", "system", "assistant"]}, "Role of the system prompt", True),
        ({"roles": ["user", "system", "assistant"]}, 'id="system-role"', False),
        ({"roles": ["user", "assistant"]}, "put in front of your first message", False),
        ({"roles": ["user", "assistant"], "parameters": {"system": {"type": "string"}}}, "sent beside them", False),
    ],
)
def test_where_the_system_prompt_goes_is_said(
    as_alice: Client, model: LanguageModel, facts: dict[str, Any], words: str, has_choice: bool
) -> None:
    LanguageModel.objects.update(**facts)

    page = as_alice.post("/system-role/", {"model": "fake/one", "system_role": "developer"}).content.decode()

    assert words in page
    assert ("selected>developer" in page) == has_choice


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {"messages": [{"role": "developer", "content": "Be brief"}, {"role": "user", "content": "Hi"}]}),
        (
            {"roles": ["user", "system"]},
            {"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}]},
        ),
        ({"roles": ["user", "assistant"]}, {"messages": [{"role": "user", "content": "Be brief\n\nHi"}]}),
        (
            {"roles": ["user"], "parameters": {"system": {"type": "string"}}},
            {"system": "Be brief", "messages": [{"role": "user", "content": "Hi"}]},
        ),
    ],
)
def test_the_system_prompt_is_said_as_the_model_takes_it(
    as_alice: Client, model: LanguageModel, started: list[int], facts: dict[str, Any], expected: dict[str, Any]
) -> None:
    LanguageModel.objects.update(**facts)

    form = {"text": "Hi", "model": "fake/one", "system_prompt": "Be brief", "system_role": "developer"}
    as_alice.post("/conversations/", form)

    body = json.loads(Run.objects.get().request_body)
    assert {name: body.get(name) for name in expected} == expected
    assert Conversation.objects.get().system_role == "developer"


def test_an_instruction_further_on_is_said_by_the_user_where_nobody_else_may(
    as_alice: Client, conversation: Conversation
) -> None:
    LanguageModel.objects.update(roles=["user", "assistant", "tool"])

    form = {"text": "Hi", "model": "fake/one", "client_token": "9"}
    as_alice.post(f"/conversations/{conversation.pk}/messages/", form)

    messages = json.loads(Run.objects.latest("pk").request_body)["messages"]
    assert messages[0] == {"role": "user", "content": "\nBe brief"}


def test_what_is_kept_of_a_part_is_what_it_was() -> None:
    part = Part("image", attachment=7, sha256="a" * 64, media_type="image/png", name="x.png", size=5, detail="low")

    assert Part.read(json.loads(json.dumps(part.stored))) == part
    assert Part.read({"kind": "image", "url": "https://x.y", "hologram": 3}) == Part("image", url="https://x.y")
