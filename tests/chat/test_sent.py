"""The answer to a sent message is filled into what was rendered once: as if it had been rendered for this message."""

import re

import pytest
from django.http import HttpRequest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.requests import PersonRequest
from chat import sent
from chat.composer import Composer
from chat.models import Conversation, Message
from chat.mould import Mould
from chat.settings import Settings
from providers.models import LanguageModel

# A token is another one each time it is asked for.
TOKEN = re.compile(r'value="\w{32,64}"')
HOSTILE = '<script>alert("{{ 1 }}")</script> & \'"\n\n  {% csrf_token %} &amp; \u202e\x00 \\1 %s {0}'


def replied(user: User, model: LanguageModel, text: str, conversation: Conversation | None = None) -> Message:
    settings = Settings(model, "", {}, {}, {})
    return Conversation.say(user, conversation, text, settings, f"token {text}"[:64])


def composed(user: User, model: LanguageModel) -> Composer:
    return Composer(user, model_written=model.model_id, language_model=model, system_prompt="Be brief.")


def asked_by(user: User) -> PersonRequest:
    request = HttpRequest()
    request.user = user
    return request  # type: ignore[return-value]


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("text", ["Hello", HOSTILE, " ".join(sent.MARKS)], ids=["plain", "hostile", "marks"])
def test_it_is_what_the_template_renders(
    alice: User, model: LanguageModel, monkeypatch: pytest.MonkeyPatch, text: str, is_new: bool
) -> None:
    model.model_id = f"fake/{text}"[:100].replace("\x00", "")
    first = replied(alice, model, "First")
    reply = replied(alice, model, text.replace("\x00", ""), None if is_new else first.conversation)
    request, composer = asked_by(alice), composed(alice, model)
    assert sent._is_usual(reply, composer)
    filled = sent.sent_html(request, reply, composer, is_new=is_new)
    monkeypatch.setattr(sent, "_is_usual", lambda *_: False)
    rendered = sent.sent_html(request, reply, composer, is_new=is_new)
    assert TOKEN.sub("", filled) == TOKEN.sub("", rendered)
    assert len(TOKEN.findall(filled)) == len(TOKEN.findall(rendered)) > 1


def test_nothing_of_one_person_reaches_another(alice: User, bob: User, model: LanguageModel) -> None:
    for user, own, other in [(alice, "Hers", "His"), (bob, "His", "Hers")]:
        html = sent.sent_html(asked_by(user), replied(user, model, own), composed(user, model), is_new=True)
        assert own in html
        assert other not in html


def test_what_has_more_to_show_is_rendered_as_ever(alice: User, model: LanguageModel) -> None:
    composer, reply = composed(alice, model), replied(alice, model, "Hello")
    composer.in_background = True
    assert reply.run
    reply.run.in_background = True
    html = sent.sent_html(asked_by(alice), reply, composer, is_new=True)
    assert "You may close this page" in html


@given(st.lists(st.sampled_from(["<one>", "<two>", "between", "<"])), st.text(), st.text())
def test_a_mould_is_filled_once_whatever_stands_in_the_values(pieces: list[str], one: str, two: str) -> None:
    mould = Mould("".join(pieces), {"<one>": "one", "<two>": "two"})
    assert mould.fill({"one": one, "two": two}) == "".join({"<one>": one, "<two>": two}.get(p, p) for p in pieces)
