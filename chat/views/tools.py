"""Tools: what a model's calls came to, as a person says it. Nothing is executed."""

from collections.abc import Callable
from contextlib import suppress

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from accounts.requests import PersonRequest
from chat.answering import problem_with, read
from chat.composer import Composer, Problem
from chat.models import Message, ToolFixture
from chat.tools.answers import Answering
from chat.tools.results import Result
from chat.typed import as_typed
from chat.views.messages import go, settings_now
from runs.models.run import HEAVY
from runs.starting import begin


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def results(request: PersonRequest, message_id: int) -> HttpResponse:
    """What the calls of this reply came to; when all is said, the model goes on."""
    reply = get_object_or_404(_messages_of(request), pk=message_id, role=Message.Role.ASSISTANT)
    if not reply.can_be_answered:
        raise Http404
    if request.method != "POST":
        return _results_form(request, reply, reply.answering)
    answering, composer = read(reply.calls, request.POST), settings_now(request, reply.conversation)
    settings = composer.settings
    if not answering.is_complete or not composer.can_ask() or settings is None:
        return _results_form(request, reply, answering, composer)
    ToolFixture.objects.keep_all(request.user, answering)
    return _begun(
        request, reply, lambda: reply.conversation.answer(reply, answering.results, settings, composer.client_token)
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def result(request: PersonRequest, message_id: int) -> HttpResponse:
    """Another version of a result, with a reply of its own; the old one stays beside it."""
    old = get_object_or_404(_messages_of(request), pk=message_id, role=Message.Role.TOOL)
    if request.method != "POST":
        return _result_form(request, old, old.result)
    new = Result(old.tool_call_id, old.name, as_typed(request.POST, "text"), "error" in request.POST)
    composer = settings_now(request, old.conversation)
    settings = composer.settings
    if (wrong := problem_with(new.text)) or not composer.can_ask() or settings is None:
        return _result_form(request, old, new, Problem("", wrong) if wrong else composer.problem)
    return _begun(request, old, lambda: old.conversation.answer_anew(old, new, settings, composer.client_token))


def _messages_of(request: PersonRequest) -> QuerySet[Message]:
    mine = Message.objects.of(request.user).select_related("conversation__language_model__provider", "run")
    return mine.defer(*(f"run__{column}" for column in HEAVY))


def _begun(request: PersonRequest, message: Message, say: Callable[[], Message]) -> HttpResponse:
    """To the conversation, with the reply begun that `say` stores."""
    # The same click may have arrived before.
    with suppress(IntegrityError):
        async_to_sync(begin)(say)
    return go(request, message.conversation_id)


def _results_form(
    request: PersonRequest, reply: Message, answering: Answering, composer: Composer | None = None
) -> HttpResponse:
    """A field for each call; with what is wrong in it, where it was sent."""
    context = {
        "message": reply,
        "conversation": reply.conversation,
        "answering": answering,
        "problem": composer.problem if composer else None,
    }
    form = "chat/_tool_results.html" if request.htmx else "chat/tool_results.html"
    return render(request, form, context, status=422 if composer else 200)


def _result_form(
    request: PersonRequest, message: Message, written: Result, problem: Problem | None = None
) -> HttpResponse:
    context = {"message": message, "conversation": message.conversation, "written": written, "problem": problem}
    form = "chat/_tool_result_edit.html" if request.htmx else "chat/tool_result_edit.html"
    return render(request, form, context, status=422 if problem else 200)
