"""Asking again with more room, where an answer was cut or came to nothing."""

from dataclasses import replace

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import reswap

from accounts.requests import PersonRequest
from chat.composer import Composer
from chat.models import Message
from chat.typed import TypedPanel
from chat.views.conversations import show
from providers.models import LanguageModel
from providers.parameters import Moved
from runs.starting import begin


@login_required
@require_POST
def retry(request: PersonRequest, message_id: int) -> HttpResponse:
    """Another reply beside this one, by the same model, with the panel's settings and room for so many tokens."""
    mine = Message.objects.of(request.user).select_related("conversation__language_model__provider", "run", "parent")
    old = get_object_or_404(mine, pk=message_id, run__isnull=False, parent__isnull=False)
    composer = _with_room(request, old)
    asked, settings = old.parent, composer.settings
    if not composer.can_ask() or settings is None or asked is None:
        return _refusal(request, old, composer)
    try:
        async_to_sync(begin)(lambda: old.conversation.reply_to(asked, settings, composer.client_token))
    except IntegrityError:
        # The same click has arrived before.
        return redirect("chat:conversation", old.conversation_id)
    return _answer(request, old, composer)


def _with_room(request: PersonRequest, old: Message) -> Composer:
    """The panel as it stands, or as the conversation was left, for the model of this reply and with more room."""
    token, tokens = request.POST.get("client_token", ""), request.POST.get("tokens", "")
    if "model" in request.POST:
        composer = Composer.sent(request.user, request.POST)
    else:
        composer = Composer.of(request.user, old.conversation)
    meant = LanguageModel.objects.visible_to(request.user).filter(runs=old.run_id).select_related("provider").first()
    model = meant or composer.language_model
    if model and model != composer.language_model:
        left_out = composer.moved.left_out if composer.moved else {}
        composer.moved = TypedPanel(composer.language_model, composer.written, left_out).moved_to(model)
        composer.written = composer.moved.written
        composer.language_model, composer.model_written = model, model.model_id
    if model and tokens.isdecimal() and len(tokens) < 10:
        composer.written = model.panel.with_limit(composer.written, int(tokens))
        composer.moved = replace(composer.moved or Moved(), written=composer.written)
    return composer.again(token)


def _answer(request: PersonRequest, old: Message, composer: Composer) -> HttpResponse:
    """The branch with the new reply, and the settings that it was asked with."""
    if not request.htmx:
        return redirect("chat:conversation", old.conversation_id)
    branch = old.conversation.branch()
    before = branch.earlier_before
    address = reverse("chat:conversation", args=[old.conversation_id])
    context = {
        "branch": branch.messages,
        "conversation": old.conversation,
        "earlier_url": f"{address}?before={before}" if before else "",
        "form": composer,
        "language_model": composer.language_model,
        "panel": composer.panel,
    }
    return reswap(render(request, "chat/_retried.html", context), "none")


def _refusal(request: PersonRequest, old: Message, composer: Composer) -> HttpResponse:
    """The composer with what stands in the way, and the settings as they would have been sent."""
    if not request.htmx:
        return show(request, old.conversation, composer, status=422)
    context = {
        "conversation": old.conversation,
        "form": composer,
        "client_token": composer.client_token,
        "language_model": composer.language_model,
        "panel": composer.panel,
    }
    return render(request, "chat/_retry_refused.html", context, status=422)
