"""Presets: settings under a name, to be applied, changed, shared and deleted with a way back."""

import json
from copy import copy
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Team, User
from accounts.requests import PersonRequest
from chat.composer import Composer
from chat.models import Conversation, Preset
from chat.presetting import apply as apply_preset

# Presets in the list at once.
PAGE = 30
# What of a composer's form is no setting.
NOT_SETTINGS = frozenset({"csrfmiddlewaretoken", "client_token", "text", "conversation"})


@dataclass(frozen=True)
class Notice:
    """What was done with a preset, and the way back: of the preset, or of the settings that it took the place of."""

    sentence: str
    undo: Preset | None = None
    before: str = ""
    is_problem: bool = False


@login_required
@require_safe
def presets(request: PersonRequest) -> HttpResponse:
    """The next page of the list."""
    return render(request, "chat/_preset_list.html", presets_of(request.user, request.GET.get("page", "")))


@login_required
@require_POST
def save(request: PersonRequest) -> HttpResponse:
    """The settings as they stand, under a new name."""
    composer, name = _composer(request), _name(request)
    model = composer.language_model
    if model is None or not name:
        return _refusal(request, "Choose a model first." if model is None else "Give the preset a name.")
    preset = Preset(user=request.user, name=name, team=_team(request, None))
    preset.hold(model, composer.system_prompt, composer.written)
    preset.save()
    return _answer(request, Notice(f"“{preset}” was saved."))


@login_required
@require_POST
def apply(request: PersonRequest, preset_id: int) -> HttpResponse:
    """The settings of a preset, in the place of those that stand there."""
    preset = get_object_or_404(_visible(request), pk=preset_id)
    typed = {name: text for name, text in request.POST.items() if name not in NOT_SETTINGS}
    composer = apply_preset(_composer(request), preset)
    return _settings(request, composer, Notice(f"“{preset}” was applied.", before=json.dumps(typed)))


@login_required
@require_POST
def unapply(request: PersonRequest) -> HttpResponse:
    """The settings that a preset has taken the place of."""
    data = QueryDict(mutable=True)
    try:
        before = json.loads(request.POST.get("before", ""))
        data.update({str(name): str(text) for name, text in before.items()})
    except (ValueError, AttributeError, RecursionError):
        return _refusal(request, "What was there before is not known any more.")
    return _settings(request, Composer.sent(request.user, data), Notice("The settings are as they were."))


@login_required
@require_POST
def change(request: PersonRequest, preset_id: int) -> HttpResponse:
    """Another name, another team, or the settings as they stand now."""
    preset = get_object_or_404(Preset.objects.kept_by(request.user), pk=preset_id)
    before, composer = copy(preset), _composer(request)
    if request.POST.get("take") == "settings":
        if composer.language_model is None:
            return _refusal(request, "Choose a model first.")
        preset.hold(composer.language_model, composer.system_prompt, composer.written)
    else:
        preset.name, preset.team = _name(request) or preset.name, _team(request, preset.team)
    preset.change(before)
    return _answer(request, Notice(f"“{preset}” was changed.", undo=preset))


@login_required
@require_POST
def delete(request: PersonRequest, preset_id: int) -> HttpResponse:
    preset = get_object_or_404(Preset.objects.kept_by(request.user), pk=preset_id)
    preset.delete_softly()
    return _answer(request, Notice(f"“{preset}” was deleted.", undo=preset))


@login_required
@require_POST
def undo(request: PersonRequest, preset_id: int) -> HttpResponse:
    kept = Preset.objects.kept_by(request.user) | Preset.objects.deleted_by(request.user)
    preset = get_object_or_404(kept, pk=preset_id)
    preset.undo()
    return _answer(request, Notice(f"“{preset}” is as it was."))


def presets_of(user: User, page: str = "") -> dict[str, object]:
    """A page of what the person sees, and what they may do with it."""
    visible = Preset.objects.visible_to(user).by_name().select_related("user", "team").defer("system_prompt")
    return {
        "presets": Paginator(visible, PAGE).get_page(page),
        "kept_teams": set(Team.objects.kept_by(user).values_list("pk", flat=True)),
        "sharing_teams": _teams(user),
    }


def asked_for(request: PersonRequest) -> dict[str, object]:
    """What the page of the playground shows of presets; with the way back of the one that its address names."""
    number = request.GET.get("preset_undo", "")
    context = presets_of(request.user)
    if number.isdecimal() and len(number) < 19:
        kept = Preset.objects.kept_by(request.user) | Preset.objects.deleted_by(request.user)
        changed = kept.filter(pk=number).first()
        if changed and (changed.deleted_at or changed.previous):
            what = "deleted" if changed.deleted_at else "changed"
            context["preset_notice"] = Notice(f"“{changed}” was {what}.", undo=changed)
    return context


def applied(request: PersonRequest, composer: Composer) -> Composer:
    """The composer with the preset that the page's address names, where it names one."""
    number = request.GET.get("preset", "")
    preset = _visible(request).filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    return apply_preset(composer, preset) if preset else composer


def _visible(request: PersonRequest) -> QuerySet[Preset]:
    return Preset.objects.visible_to(request.user).select_related("language_model__provider")


def _composer(request: PersonRequest) -> Composer:
    """What the panel says, where the form brought it along, else what the conversation was left with."""
    if "model" in request.POST:
        return Composer.sent(request.user, request.POST)
    return Composer.of(request.user, _conversation(request))


def _conversation(request: PersonRequest) -> Conversation | None:
    number = request.POST.get("conversation", "")
    mine = Conversation.objects.of(request.user).select_related("language_model__provider")
    return mine.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None


def _name(request: PersonRequest) -> str:
    return " ".join(request.POST.get("name", "").replace("\x00", "").split())[:100]


def _team(request: PersonRequest, otherwise: Team | None) -> Team | None:
    """The team it is to be shared with; a form that does not ask leaves it as it is."""
    number = request.POST.get("team")
    if number is None or (otherwise and number == str(otherwise.pk)):
        return otherwise
    return _teams(request.user).filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None


def _teams(user: User) -> QuerySet[Team]:
    """Those that a preset can be shared with: a personal one has nobody else in it."""
    return Team.objects.filter(memberships__user=user, personal_owner=None).order_by("name", "pk")


def _answer(request: PersonRequest, notice: Notice) -> HttpResponse:
    if request.htmx:
        context = {"preset_notice": notice, "presets_open": True, "conversation": _conversation(request)}
        return render(request, "chat/_presets.html", presets_of(request.user) | context)
    conversation = _conversation(request)
    address = reverse("chat:conversation", args=[conversation.pk]) if conversation else reverse("chat:playground")
    if notice.undo:
        return redirect(f"{address}?preset_undo={notice.undo.pk}")
    (messages.error if notice.is_problem else messages.success)(request, notice.sentence)
    return redirect(address)


def _refusal(request: PersonRequest, sentence: str) -> HttpResponse:
    answer = _answer(request, Notice(sentence, is_problem=True))
    answer.status_code = 422 if request.htmx else answer.status_code
    return answer


def _settings(request: PersonRequest, composer: Composer, notice: Notice) -> HttpResponse:
    """The settings column and the model, as they are now."""
    context = {
        "form": composer,
        "language_model": composer.language_model,
        "panel": composer.panel,
        "conversation": _conversation(request),
        "preset_notice": notice,
        "presets_open": True,
    }
    return render(request, "chat/_preset_applied.html", presets_of(request.user) | context)
