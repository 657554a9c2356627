"""What became different in the catalogue: models that are new, changed, or gone."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from providers.models import ModelChange
from providers.models.change import page_of

# Changes in the list at once.
PAGE = 50


@login_required
@require_safe
def changes(request: PersonRequest) -> HttpResponse:
    """The newest first; the list goes on before the change that the address names."""
    visible = ModelChange.objects.visible_to(request.user).select_related("language_model__provider")
    shown, older = page_of(visible, request.GET.get("before", ""), PAGE)
    older_url = f"{reverse('providers:changes')}?before={older}" if older else ""
    return render(request, "providers/changes.html", {"changes": shown, "older_url": older_url})
