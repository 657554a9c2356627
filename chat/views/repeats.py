"""Runs that are made again: exactly as they were, or after a change."""

import json
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.requests import PersonRequest
from chat.composer import problem_with_load
from chat.models import Message
from chat.opening import Opening
from chat.views.paste import show_opened
from providers.models import Provider
from runs.models import Run
from runs.sent import body_of
from runs.starting import begin


@login_required
@require_POST
def repeat(request: PersonRequest, run_id: int) -> HttpResponse:
    """Another reply beside this run's, by a run that sends the same bytes."""
    mine = Message.objects.of(request.user).select_related("conversation", "run__provider", "run__language_model")
    reply = get_object_or_404(mine, run=run_id)
    if problem := _problem(request, reply.run):
        messages.error(request, problem)
        return redirect("runs:details", run_id)
    token = request.POST.get("client_token", "")[:64] or uuid4().hex
    # The same click may have arrived before.
    with suppress(IntegrityError):
        async_to_sync(begin)(lambda: reply.conversation.repeat(reply, token))
    return redirect("chat:conversation", reply.conversation_id)


def _problem(request: PersonRequest, run: Run | None) -> str:
    provider = run.provider if run else None
    if provider is None or not Provider.objects.visible_to(request.user).contains(provider):
        return "This run cannot be made again: its provider is no longer there."
    problem = problem_with_load(request.user, in_background=bool(run and run.in_background))
    return f"{problem.title} {problem.sentence}" if problem else ""


@login_required
@require_POST
def edit_run(request: PersonRequest, run_id: int) -> HttpResponse:
    """A new conversation with everything that this run sent in its place, to be changed and sent."""
    run = get_object_or_404(Run.objects.visible_to(request.user), pk=run_id)
    opening = Opening.of(json.loads(body_of(run)))
    # What the person had set, not what is always sent beside it.
    return show_opened(request, replace(opening, parameters=run.parameters), run.endpoint, [])
