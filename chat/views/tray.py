"""What a person has in the background, across conversations."""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from chat.models import Message
from runs.models import Run

# Runs that are listed; of the others only the number is told.
MOST = 12


@login_required
@require_safe
def tray(request: PersonRequest) -> HttpResponse:
    """Those under way, and those that ended and were not looked at."""
    return _tray(request)


@login_required
@require_POST
def seen(request: PersonRequest) -> HttpResponse:
    """Take everything that has ended out of the tray."""
    Run.objects.news_for(request.user).mark_seen()
    return _tray(request) if request.htmx else redirect("chat:playground")


def _tray(request: PersonRequest) -> HttpResponse:
    news = Run.objects.news_for(request.user).filter(reply__conversation__deleted_at=None)
    replies = Message.objects.filter(run__in=news.values("pk")).select_related("conversation", "run")
    columns = ("conversation__title", "run__state", "run__requested_model", "run__queued_at")
    shown = list(replies.only("id", *columns).order_by("-run_id")[: MOST + 1])
    running = [reply for reply in shown[:MOST] if reply.is_running]
    ended = [reply for reply in shown[:MOST] if not reply.is_running]
    context = {
        "running": running,
        "ended": ended,
        "has_mail": settings.HAS_MAIL,
        "are_more": len(shown) > MOST,
        "told": json.dumps([_told(reply) for reply in ended]),
    }
    return render(request, "chat/_tray.html", context)


def _told(reply: Message) -> dict[str, object]:
    """What the browser tells a person who looks elsewhere."""
    assert reply.run is not None, "the tray lists runs"  # noqa: S101
    return {
        "run": reply.run_id,
        "title": f"{reply.run.requested_model}: {reply.conversation}",
        "state": reply.run.state,
        "url": reverse("chat:conversation", args=[reply.conversation_id]),
    }
