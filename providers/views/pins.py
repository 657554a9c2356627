"""Pins: models that a person wants to find first."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.requests import PersonRequest
from providers.models import Familiar, LanguageModel


@login_required
@require_POST
def pin(request: PersonRequest, model_pk: int) -> HttpResponse:
    """Pin this model, or take the pin away: as `pinned` says, so that a second click does not undo the first."""
    model = get_object_or_404(LanguageModel.objects.visible_to(request.user), pk=model_pk)
    if request.POST.get("pinned") == "1":
        Familiar.objects.pin(request.user, model)
    else:
        Familiar.objects.unpin(request.user, model)
    back = request.POST.get("next", "")
    if not request.htmx:
        return redirect(back if url_has_allowed_host_and_scheme(back, None) else "providers:models")
    shown = LanguageModel.objects.known_to(request.user).get(pk=model.pk)
    template = "providers/_pin_mark.html" if "mark" in request.POST else "providers/_pin.html"
    return render(request, template, {"model": shown, "next": back})
