"""All replies to a message side by side, and more of them."""

from contextlib import suppress

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from accounts.requests import PersonRequest
from chat.batch import Batch, compared
from chat.models import Message
from chat.models.message import HEAVY_OF_REPLIES
from runs.models import Run
from runs.starting import begin_all

# Replies on the page, the newest; one may have asked for hundreds over time.
MOST = 60


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def replies(request: PersonRequest, message_id: int) -> HttpResponse:
    """The replies to this message with what they have in common; sent, more of them in the background."""
    asked = get_object_or_404(_asked(request), pk=message_id)
    if request.method != "POST":
        return _page(request, asked, Batch.fresh(request.user, asked.conversation))
    batch = Batch.sent(request.user, asked.conversation, request.POST)
    settings = batch.settings()
    if not settings:
        return _page(request, asked, batch, status=422)
    # The same click may have arrived before.
    with suppress(IntegrityError):
        async_to_sync(begin_all)(lambda: asked.conversation.replies_to(asked, settings, batch.client_token))
    for note in batch.notes:
        messages.info(request, note)
    return redirect("chat:replies", asked.pk)


@login_required
@require_safe
def reply_card(request: PersonRequest, message_id: int) -> HttpResponse:
    """One of them as it is now; when it has ended, the figures are told to look again."""
    reply = get_object_or_404(_replies(request).exclude(run=None), pk=message_id)
    response = render(request, "chat/_reply_card.html", {"reply": reply, "run": reply.run})
    if not reply.is_running:
        trigger_client_event(response, "reply-ended", after="settle")
    return response


@login_required
@require_safe
def reply_figures(request: PersonRequest, message_id: int) -> HttpResponse:
    asked = get_object_or_404(_asked(request), pk=message_id)
    return render(request, "chat/_reply_figures.html", {"asked": asked, "models": compared(_newest(request, asked))})


def _page(request: PersonRequest, asked: Message, batch: Batch, status: int = 200) -> HttpResponse:
    shown = _newest(request, asked)
    if any(reply.is_unseen for reply in shown):
        Run.objects.filter(reply__in=shown).mark_seen()
    context = {
        "asked": asked,
        "replies": shown,
        "are_more": len(shown) == MOST,
        "models": compared(shown),
        "batch": batch,
    }
    return render(request, "chat/replies.html", context, status=status)


def _newest(request: PersonRequest, asked: Message) -> list[Message]:
    """Oldest first, as they were asked for."""
    newest = _replies(request).filter(parent=asked).exclude(run=None).order_by("-pk")[:MOST]
    return list(newest)[::-1]


def _asked(request: PersonRequest) -> QuerySet[Message]:
    mine = Message.objects.of(request.user).exclude(role=Message.Role.ASSISTANT)
    return mine.select_related("conversation__language_model__provider")


def _replies(request: PersonRequest) -> QuerySet[Message]:
    return Message.objects.of(request.user).select_related("run__supplement").defer(*HEAVY_OF_REPLIES)
