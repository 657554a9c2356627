"""All messages of a conversation at once, as a tester writes them."""

from uuid import uuid4

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import PersonRequest
from chat.composer import Composer
from chat.models import Conversation, Message
from chat.rewriting import MOST_CHARACTERS, MOST_ROWS, Rewriting
from chat.written import Written
from runs.starting import begin


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rewrite(request: PersonRequest, conversation_id: int) -> HttpResponse:
    """A form with the branch in view. It is saved beside that branch, or as a conversation of its own."""
    mine = Conversation.objects.of(request.user).select_related("language_model__provider", "leaf")
    conversation = get_object_or_404(mine, pk=conversation_id)
    if request.method != "POST":
        return _opened(request, conversation)
    rewriting = Rewriting.in_form(request.user, request.POST, request.FILES)
    if rewriting.rearrange(request.POST):
        return _form(request, conversation, rewriting)
    written = rewriting.checked()
    if not written:
        return _form(request, conversation, rewriting, status=422)
    return _saved(request, conversation, written)


def _opened(request: PersonRequest, conversation: Conversation) -> HttpResponse:
    said = conversation.said()
    if any(message.is_running for message in said):
        return _back(request, conversation, "An answer is still being written. Edit the messages when it has ended.")
    if len(said) > MOST_ROWS or sum(len(message.text) for message in said) > MOST_CHARACTERS:
        return _back(request, conversation, "This conversation is too long to edit all of it at once. Edit a message.")
    return _form(request, conversation, Rewriting.of(said))


def _back(request: PersonRequest, conversation: Conversation, problem: str) -> HttpResponse:
    messages.warning(request, problem)
    return redirect("chat:conversation", conversation.pk)


def _form(request: PersonRequest, conversation: Conversation, rewriting: Rewriting, status: int = 200) -> HttpResponse:
    context = {
        "conversation": conversation,
        "rewriting": rewriting,
        "roles": Message.Role.values,
        "client_token": request.POST.get("client_token", "")[:64] or uuid4().hex,
        "has_problems": status != 200,
    }
    template = "chat/_rewriting.html" if request.htmx else "chat/rewriting.html"
    return render(request, template, context, status=status)


def _saved(request: PersonRequest, conversation: Conversation, written: list[Written]) -> HttpResponse:
    how, address = request.POST.get("save", ""), ""
    if how == "conversation":
        conversation = conversation.copy_with(written)
    elif former := conversation.rewrite(written):
        address = f"?former={former}"
    if how == "run":
        _ask(request, conversation)
    address = reverse("chat:conversation", args=[conversation.pk]) + address
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _ask(request: PersonRequest, conversation: Conversation) -> None:
    """A reply to the last message, where it is one that can have a reply; else why there is none."""
    composer = Composer.of(request.user, conversation).again(request.POST.get("client_token", ""))
    composer.earlier = conversation.kinds(conversation.leaf_id)
    last, settings = conversation.leaf, None
    if composer.can_ask():
        settings = composer.settings
    if last is None or last.is_reply:
        messages.info(request, "It ends with an answer, so there is none to ask for. Write the next message.")
    elif settings is None:
        problem = composer.problem
        messages.error(request, f"{problem.title} {problem.sentence}" if problem else "Choose a model.")
    else:
        chosen = settings
        try:
            async_to_sync(begin)(lambda: conversation.reply_to(last, chosen, composer.client_token))
        except IntegrityError:
            # The same click arrived before.
            conversation.refresh_from_db()
