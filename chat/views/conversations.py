"""Conversations: opening, listing, renaming, deleting with a way back."""

import re

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import PersonRequest
from chat.composer import Composer
from chat.models import Conversation, Place
from chat.panel import shown
from chat.structured import with_advice
from chat.typed import TypedPanel, as_typed
from chat.views.presets import applied, asked_for
from providers.catalogue import resolve
from runs.models import Run

# Conversations in the list at once.
PAGE = 40
# The number of a row, no longer than a database takes.
NUMBER = re.compile(r"[0-9]{1,18}")
# Characters of a title that a person gives.
LONGEST_TITLE = 200


@login_required
@require_safe
def playground(request: PersonRequest, model_id: str = "") -> HttpResponse:
    """A new conversation; `?model=` or the address choose its model, `?prompt=` fills the composer.

    Where several providers have a model of that id, `?language_model=` says which row is meant.
    """
    user = request.user
    latest = Conversation.objects.of(user).newest_first().select_related("language_model__provider").first()
    composer = Composer.of(user, latest)
    composer.system_prompt, composer.written, composer.in_background = "", {}, False
    composer.text = request.GET.get("prompt", "")
    wanted = model_id or request.GET.get("model", "") or composer.model_written or "demo/markdown"
    composer.model_written = wanted
    row = request.GET.get("language_model", "")
    composer.language_model = resolve(user, wanted, int(row[:18]) if row.isdecimal() else None)
    return show(request, None, composer)


@login_required
@require_safe
def conversation(request: PersonRequest, conversation_id: int) -> HttpResponse:
    """A conversation with the branch in view."""
    user = request.user
    mine = Conversation.objects.of(user).select_related("language_model__provider")
    shown = get_object_or_404(mine, pk=conversation_id)
    return show(request, shown, Composer.of(user, shown))


@login_required
@require_safe
def conversations(request: PersonRequest) -> HttpResponse:
    """The next page of the list."""
    return render(request, "chat/_conversations.html", listed(request))


@login_required
@require_POST
def rename(request: PersonRequest, conversation_id: int) -> HttpResponse:
    renamed = get_object_or_404(Conversation.objects.of(request.user), pk=conversation_id)
    title = " ".join(request.POST.get("title", "").split())[:LONGEST_TITLE]
    if title:
        renamed.title = title
        renamed.save(update_fields=["title"])
    if request.htmx:
        return render(request, "chat/_conversation_item.html", {"conversation": renamed})
    return redirect("chat:conversation", renamed.pk)


@login_required
@require_POST
def delete(request: PersonRequest, conversation_id: int) -> HttpResponse:
    """Out of sight, with a notice that brings it back."""
    deleted = get_object_or_404(Conversation.objects.of(request.user), pk=conversation_id)
    deleted.delete_softly()
    if request.htmx:
        return render(request, "chat/_deleted.html", {"deleted": deleted})
    return redirect(f"{reverse('chat:playground')}?deleted={deleted.pk}")


@login_required
@require_POST
def restore(request: PersonRequest, conversation_id: int) -> HttpResponse:
    restored = get_object_or_404(Conversation.objects.deleted_by(request.user), pk=conversation_id)
    restored.restore()
    if request.htmx:
        return render(request, "chat/_restored.html", {"conversation": restored})
    return redirect("chat:conversation", restored.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def parameters(request: PersonRequest) -> HttpResponse:
    """The parameter panel of another model, holding what was typed as far as that model takes it.

    Nothing is changed by it; it comes by POST because what was typed may be longer than an address.
    """
    composer = Composer.sent(request.user, request.POST or request.GET, may_enter=False)
    return render(
        request, "chat/_parameters.html", {"panel": composer.panel, "language_model": composer.language_model}
    )


@login_required
@require_POST
def system_role(request: PersonRequest) -> HttpResponse:
    """Who says the system prompt to another model."""
    composer = Composer.sent(request.user, request.POST)
    context = {"language_model": composer.language_model, "system_role": composer.system_role}
    return render(request, "chat/_system_role.html", context)


@login_required
@require_POST
def parameter_notes(request: PersonRequest) -> HttpResponse:
    """What is wrong or unwise about the panel as it stands, each at its control, and how much of it is set."""
    typed = TypedPanel.in_form(request.user, request.POST, None)
    if typed.of is None:
        raise Http404
    said = [as_typed(request.POST, name) for name in ("text", "system_prompt")]
    panel = with_advice(shown(typed.of.panel, typed.moved_to(typed.of)), said)
    return render(request, "chat/_parameter_notes.html", {"panel": panel})


def show(request: PersonRequest, shown: Conversation | None, composer: Composer, status: int = 200) -> HttpResponse:
    """The playground with this conversation, or with none yet."""
    before = request.GET.get("before", "")
    branch = shown.branch(before=int(before) if before.isdecimal() else None) if shown else None
    if branch and any(message.is_unseen for message in branch.messages):
        Run.objects.filter(reply__in=branch.messages).mark_seen()
    deleted = request.GET.get("deleted", "")
    composer = applied(request, composer)
    former = request.GET.get("former", "")
    context = {
        "conversation": shown,
        "branch": branch.messages if branch else [],
        "earlier_url": f"?before={branch.earlier_before}" if branch and branch.earlier_before else "",
        "form": composer,
        "language_model": composer.language_model,
        "panel": composer.panel,
        "client_token": composer.client_token,
        "deleted": Conversation.objects.deleted_by(request.user).filter(pk=deleted).first()
        if deleted.isdecimal()
        else None,
        "former": shown.messages.filter(pk=former).first() if shown and NUMBER.fullmatch(former) else None,
        **listed(request),
        **asked_for(request),
    }
    return render(request, "chat/playground.html", context, status=status)


def listed(request: PersonRequest) -> dict[str, object]:
    """A page of the person's conversations, newest first, after the place named in `after`."""
    mine = Conversation.objects.of(request.user).newest_first().only("title", "updated_at", "user")
    if last := Place.read(request.GET.get("after", "")):
        mine = mine.older_than(last)
    page = list(mine[: PAGE + 1])
    more = f"{reverse('chat:conversations')}?after={page[PAGE - 1].place}" if len(page) > PAGE else ""
    return {"conversations": page[:PAGE], "conversations_next": more}
