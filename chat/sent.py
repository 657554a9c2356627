"""The answer to a message that was sent, as HTML.

It is the same for every message but for a dozen values, and rendering it took a third of the time of its request. So
the template is rendered once with stand-ins, and a usual message is filled into that. Whatever has more to show is
rendered as ever.
"""

from collections.abc import Mapping
from functools import cache
from secrets import token_hex
from typing import Any

from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import escape

from accounts.models import User
from accounts.requests import PersonRequest
from chat.composer import Composer
from chat.models import Conversation, Message
from chat.mould import Mould
from runs.models import Run
from runs.reading import Snapshot

TEMPLATE = "chat/_sent.html"
# What stands for a number in a mould: nothing else on a page looks like these.
NUMBERS = {
    name: 10**17 + int(token_hex(6), 16) * 10 + place
    for place, name in enumerate(("conversation", "message", "reply", "run"))
}
# What stands for a word.
WORDS = {name: f"x{token_hex(12)}x" for name in ("text", "title", "model", "state", "client_token", "csrf")}
MARKS = {**{str(number): name for name, number in NUMBERS.items()}, **{word: name for name, word in WORDS.items()}}


def sent_html(request: PersonRequest, reply: Message, composer: Composer, *, is_new: bool) -> str:
    """The message, the reply that is being written, and a fresh composer."""
    # Of a run that was begun this moment nothing needs to be looked up: its page follows it from the first event on.
    reply.snapshot = Snapshot()
    if _is_usual(reply, composer):
        return _mould(is_new).fill(_values(request, reply, composer.emptied()))
    context = _context(reply, composer.emptied(), is_new=is_new)
    # A model's id may have been typed and sent at once, with the panel of another still on the page.
    context["panel"] = composer.panel if composer.was_of_another else None
    context["language_model"] = composer.language_model
    return render_to_string(TEMPLATE, context, request)


def _is_usual(reply: Message, composer: Composer) -> bool:
    """Whether nothing is to be shown but a person's words and a reply that streams."""
    asked, run = reply.parent, reply.run
    is_plain = asked is not None and asked.role == Message.Role.USER and bool(asked.text) and not asked.parts
    is_streaming = run is not None and not run.is_final and not run.in_background and not composer.in_background
    is_at_home = not composer.was_of_another and not composer.took_way_out
    return is_plain and is_streaming and is_at_home and bool(reply.conversation.title)


def _context(reply: Message, fresh: Composer, *, is_new: bool) -> dict[str, Any]:
    return {
        "messages": [reply.parent, reply],
        "conversation": reply.conversation,
        "form": fresh,
        "client_token": fresh.client_token,
        "is_new": is_new,
    }


def _values(request: PersonRequest, reply: Message, fresh: Composer) -> Mapping[str, str]:
    """What the marks stand for, escaped."""
    asked, run, conversation = reply.parent, reply.run, reply.conversation
    assert asked, "a reply answers something"  # noqa: S101
    assert run, "it is being written"  # noqa: S101
    return {
        "conversation": str(conversation.pk),
        "message": str(asked.pk),
        "reply": str(reply.pk),
        "run": str(run.pk),
        "text": escape(asked.text),
        "title": escape(conversation.title),
        "model": escape(run.requested_model),
        "state": escape(run.state),
        "client_token": escape(fresh.client_token),
        "csrf": escape(get_token(request)),
    }


@cache
def _mould(is_new: bool) -> Mould:
    """The answer with a mark in the place of each value."""
    run = Run(pk=NUMBERS["run"], requested_model=WORDS["model"], state=WORDS["state"])
    conversation = Conversation(pk=NUMBERS["conversation"], title=WORDS["title"], leaf_id=NUMBERS["reply"])
    asked = Message(pk=NUMBERS["message"], conversation=conversation, role=Message.Role.USER, written=WORDS["text"])
    reply = Message(pk=NUMBERS["reply"], conversation=conversation, parent=asked, role=Message.Role.ASSISTANT, run=run)
    reply.snapshot = Snapshot()
    context = _context(reply, Composer(User(), client_token=WORDS["client_token"]), is_new=is_new)
    return Mould(render_to_string(TEMPLATE, {**context, "csrf_token": WORDS["csrf"]}), MARKS)
