"""The context meter: how much a message would take before it is sent, and what to do where that is too much."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import PersonRequest
from chat.composer import Composer
from chat.measuring import choices, measure
from chat.models import Conversation
from providers.models import LanguageModel


@login_required
@require_POST
def context(request: PersonRequest) -> HttpResponse:
    """The meter for the composer as it stands. Nothing is stored by it."""
    return _meter(request, Composer.sent(request.user, request.POST), "chat/_context_meter.html")


@login_required
@require_POST
def choose(request: PersonRequest) -> HttpResponse:
    """Another model in the place of the chosen one, with what fits of its settings, and the meter for it."""
    number = request.POST.get("choose", "")
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    model = get_object_or_404(LanguageModel.objects.visible_to(request.user), pk=number)
    data = request.POST.copy()
    data["model"], data["language_model"] = model.model_id, str(model.pk)
    return _meter(request, Composer.sent(request.user, data), "chat/_context_chosen.html")


@login_required
@require_POST
def go_on(request: PersonRequest, conversation_id: int) -> HttpResponse:
    """A new conversation with all but the oldest messages, with what was typed and set; the old one stays."""
    conversation = get_object_or_404(Conversation.objects.of(request.user), pk=conversation_id)
    said = conversation.said()
    number = request.POST.get("without", "")
    without = int(number) if number.isdecimal() and len(number) < 10 else 0
    if not 0 < without <= len(said):
        raise Http404
    composer = Composer.sent(request.user, request.POST)
    opened = Conversation.open(
        request.user,
        language_model=composer.language_model,
        system_prompt=composer.system_prompt,
        parameters=composer.written,
        turns=[message.as_written for message in said[without:]],
        draft=composer.text,
        draft_parts=composer.attached.parts,
        system_role=composer.system_role,
    )
    address = reverse("chat:conversation", args=[opened.pk])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _meter(request: PersonRequest, composer: Composer, template: str) -> HttpResponse:
    number = request.POST.get("of", "")
    mine = Conversation.objects.of(request.user).select_related("language_model")
    conversation = mine.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    meter = measure(composer, conversation)
    shown = {
        "meter": meter,
        "choices": choices(composer, conversation, meter) if meter.over else None,
        "conversation": conversation,
        "form": composer,
        "language_model": composer.language_model,
        "panel": composer.panel,
    }
    return render(request, template, shown)
