"""Messages: sending, editing, asking again.

Who waits for the page, waits for the model too: a run is stored and begun in one step, and only then is anything
rendered.
"""

from collections.abc import Callable

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseLocation, trigger_client_event

from accounts.requests import PersonRequest
from chat import fitting
from chat.attached import Attached
from chat.composer import Composer, Problem
from chat.models import Conversation, Message
from chat.models.message import HEAVY_OF_REPLIES
from chat.sent import sent_html
from chat.settings import Settings
from chat.typed import as_typed
from chat.views.conversations import show
from database.statements import Select, Values
from runs.models import Run
from runs.starting import begin

# Made once: to make one takes as long as the way to the event loop.
begin_and_wait: Callable[[Callable[[], Message]], Message] = async_to_sync(begin)


@login_required
@require_POST
def start(request: PersonRequest) -> HttpResponse:
    """The first message of a new conversation."""
    return _send(request, None)


@login_required
@require_POST
def send(request: PersonRequest, conversation_id: int) -> HttpResponse:
    """The next message of a conversation."""
    return _send(request, get_object_or_404(Conversation.objects.of(request.user), pk=conversation_id))


def _send(request: PersonRequest, conversation: Conversation | None) -> HttpResponse:
    composer = Composer.sent(request.user, request.POST, request.FILES)
    composer.earlier = conversation.kinds(conversation.leaf_id) if conversation else ()
    if composer.attached.is_changing:
        return show(request, conversation, composer)
    if not composer.can_send() or composer.settings is None:
        return _refusal(request, conversation, composer)
    settings, parts = composer.settings, composer.attached.parts
    reply = _begun(
        lambda: Conversation.say(request.user, conversation, composer.text, settings, composer.client_token, parts)
    )
    if reply is None:
        return _already_sent(request, composer.client_token)
    return _sent(request, reply, composer, is_new=conversation is None)


def _begun(say: Callable[[], Message]) -> Message | None:
    """The reply that `say` stores, with its run begun; None when the same click has arrived before."""
    try:
        return begin_and_wait(say)
    except IntegrityError:
        return None


def _sent(request: PersonRequest, reply: Message, composer: Composer, *, is_new: bool) -> HttpResponse:
    """The message, the reply that is being written, and a fresh composer."""
    address = reverse("chat:conversation", args=[reply.conversation_id])
    if not request.htmx:
        return redirect(address)
    response = HttpResponse(sent_html(request, reply, composer, is_new=is_new))
    if is_new:
        response["HX-Push-Url"] = address
    if composer.in_background:
        trigger_client_event(response, "background-began")
    return response


def _refusal(request: PersonRequest, conversation: Conversation | None, composer: Composer) -> HttpResponse:
    """The composer again, with everything that was typed and why it was not sent."""
    if not request.htmx:
        return show(request, conversation, composer, status=422)
    context = {
        "conversation": conversation,
        "form": composer,
        "client_token": composer.client_token,
        "panel": composer.panel,
        "language_model": composer.language_model,
    }
    return render(request, "chat/_refused.html", context, status=422)


def _already_sent(request: PersonRequest, client_token: str) -> HttpResponse:
    """The same click arrived before: show what it became."""
    run = get_object_or_404(Run.objects.visible_to(request.user), client_token=client_token)
    return go(request, run.reply.conversation_id, whole_page=True)


@login_required
@require_POST
def regenerate(request: PersonRequest, message_id: int) -> HttpResponse:
    """Another reply beside this one, with the settings that stand in the panel now."""
    old = get_object_or_404(_messages_of(request), pk=message_id, role=Message.Role.ASSISTANT, parent__isnull=False)
    composer = settings_now(request, old.conversation)
    composer.earlier = old.conversation.kinds(old.parent_id)
    if not composer.can_ask() or composer.settings is None:
        return _refusal(request, old.conversation, composer)
    return _answered_anew(request, old, composer, composer.settings)


@login_required
@require_POST
def reply(request: PersonRequest, message_id: int) -> HttpResponse:
    """A reply to a message that was written without one, with the settings that stand in the panel now."""
    asked = get_object_or_404(_messages_of(request).exclude(role=Message.Role.ASSISTANT), pk=message_id)
    conversation, composer = asked.conversation, settings_now(request, asked.conversation)
    composer.earlier = conversation.kinds(asked.pk)
    if not composer.can_ask() or composer.settings is None:
        return _refusal(request, conversation, composer)
    settings = composer.settings
    begun = _begun(lambda: conversation.reply_to(asked, settings, composer.client_token))
    return go(request, conversation.pk) if begun else _already_sent(request, composer.client_token)


def _answered_anew(request: PersonRequest, old: Message, composer: Composer, settings: Settings) -> HttpResponse:
    asked, conversation = old.parent, old.conversation
    assert asked is not None, "a reply answers something"  # noqa: S101
    reply = _begun(lambda: conversation.reply_to(asked, settings, composer.client_token))
    return go(request, conversation.pk) if reply else _already_sent(request, composer.client_token)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PersonRequest, message_id: int) -> HttpResponse:
    """Another version of one's own message, with a reply of its own; the old one stays beside it."""
    old = get_object_or_404(_messages_of(request), pk=message_id, role=Message.Role.USER)
    if request.method != "POST":
        return _edit_form(request, old, old.written, Attached(old.attached))
    composer = settings_now(request, old.conversation)
    composer.text = as_typed(request.POST, "text")
    composer.attached = Attached.in_form(request.user, request.POST, request.FILES)
    composer.earlier = old.conversation.kinds(old.parent_id)
    if composer.attached.is_changing:
        return _edit_form(request, old, composer.text, composer.attached)
    if not composer.can_send() or composer.settings is None:
        return _edit_form(request, old, composer.text, composer.attached, composer.problem)
    conversation, settings, parts = old.conversation, composer.settings, composer.attached.parts
    reply = _begun(
        lambda: conversation.send(composer.text, settings, composer.client_token, parts, after=old.parent_id)
    )
    return go(request, conversation.pk) if reply else _already_sent(request, composer.client_token)


def _edit_form(
    request: PersonRequest, message: Message, text: str, attached: Attached, problem: Problem | None = None
) -> HttpResponse:
    """The message in a field of its own; with the problem, where there is one."""
    context = {
        "message": message,
        "text": text,
        "attached": attached,
        "note": fitting.note(message.conversation.language_model, attached.kinds),
        "problem": problem,
        "conversation": message.conversation,
    }
    form = "chat/_edit.html" if request.htmx else "chat/edit.html"
    return render(request, form, context, status=422 if problem else 200)


def settings_now(request: PersonRequest, conversation: Conversation) -> Composer:
    """What the panel says, where the form brought it along, else what the conversation was left with."""
    if "model" in request.POST:
        return Composer.sent(request.user, request.POST)
    return Composer.of(request.user, conversation).again(request.POST.get("client_token", ""))


@login_required
@require_POST
def branch(request: PersonRequest, message_id: int) -> HttpResponse:
    """Show the branch that goes through this message."""
    message = get_object_or_404(_messages_of(request), pk=message_id)
    message.conversation.show_branch_of(message)
    return go(request, message.conversation_id)


@login_required
@require_POST
def go_on_with(request: PersonRequest, message_id: int, choice: int) -> HttpResponse:
    """Take another choice of this reply to go on with; it stands beside the reply, which stays as it is."""
    reply = get_object_or_404(_messages_of(request), pk=message_id, run__isnull=False)
    if choice not in reply.other_choices:
        raise Http404
    reply.conversation.go_on_with(reply, choice)
    return go(request, reply.conversation_id)


@login_required
@require_safe
def message(request: PersonRequest, message_id: int) -> HttpResponse:
    """One message as it is now: what a page fetches when a reply has ended."""
    shown = _SHOWN.first(user=request.user.pk, number=message_id)
    if shown is None:
        raise Http404
    if shown.is_unseen:
        Run.objects.filter(reply=shown).mark_seen()
    _find_its_place(shown)
    return render(request, "chat/_message.html", {"message": shown, "conversation": shown.conversation})


def _find_its_place(message: Message) -> None:
    """Its number among its alternatives, and whether others answer it."""
    around = _AROUND if message.parent_id else _AROUND_A_FIRST
    found = around.all(conversation=message.conversation_id, parent=message.parent_id, number=message.pk)
    message.stand_among([number for number, parent in found if parent == message.parent_id])
    message.is_followed = any(parent == message.pk for _, parent in found)


def _messages_of(request: PersonRequest) -> QuerySet[Message]:
    mine = Message.objects.of(request.user)
    return _light(mine.select_related("conversation__language_model__provider", "run__supplement", "parent"))


def _light(messages: QuerySet[Message]) -> QuerySet[Message]:
    return messages.defer(*HEAVY_OF_REPLIES)


# Each reply is fetched once more when it has ended.
_SHOWN = Select(
    lambda user, number: _light(
        Message.objects.of(user).filter(pk=number).select_related("conversation", "run__supplement")
    )
)


def _family(conversation: int, parents: Q) -> QuerySet[Message, tuple[int, int | None]]:
    messages = Message.objects.filter(parents, conversation=conversation)
    return messages.order_by("pk").values_list("pk", "parent_id")


_AROUND = Values(lambda conversation, parent, number: _family(conversation, Q(parent=parent) | Q(parent=number)))
_AROUND_A_FIRST = Values(lambda conversation, number: _family(conversation, Q(parent=None) | Q(parent=number)))


def go(request: PersonRequest, conversation_id: int, *, whole_page: bool = False) -> HttpResponse:
    """To the conversation. Where only its messages changed, the panel keeps what was typed into it."""
    address = reverse("chat:conversation", args=[conversation_id])
    if not request.htmx:
        return redirect(address)
    if whole_page:
        return HttpResponseLocation(address)
    return HttpResponseLocation(address, target="#messages", swap="innerHTML", select="#messages > *")
