"""The page of all models, and the options of the model picker."""

from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import ApiKey, UnreadableKey
from accounts.requests import PersonRequest
from accounts.secret import Secret
from providers import catalogue
from providers.errors import ProviderError
from providers.models import LanguageModel, Provider

PAGE = 50


@login_required
@require_safe
def models(request: PersonRequest) -> HttpResponse:
    """All models the person may see, those that can be run here first."""
    visible = LanguageModel.objects.visible_to(request.user)
    query, kind, developer = (request.GET.get(name, "").replace("\x00", "") for name in ("q", "type", "developer"))
    found = visible.containing(query).best_first(query).select_related("provider")
    if kind != "all":
        found = found.filter(type="chat")
    if developer:
        found = found.filter(developer=developer)
    filters = {"q": query, "type": kind, "developer": developer}
    page = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "filters": filters,
        "address": urlencode({name: value for name, value in filters.items() if value}),
        "developers": visible.developers(),
        "providers": Provider.objects.visible_to(request.user),
        "keyed_origins": _keyed_origins(request),
    }
    return render(request, "providers/models.html", page)


@login_required
@require_safe
def options(request: PersonRequest) -> HttpResponse:
    """The picker's options for the words in `q`; `selected` is the id of the row chosen now."""
    query = request.GET.get("q", "")
    page = {
        "options": catalogue.find(request.user, query),
        "query": query,
        "selected": request.GET.get("selected", ""),
        "keyed_origins": _keyed_origins(request),
    }
    return render(request, "providers/_model_options.html", page)


@login_required
@require_POST
async def refresh(request: PersonRequest, provider_id: int) -> HttpResponse:
    """Ask the provider for its list, with the person's own key, and say what came of it."""
    try:
        provider, key = await sync_to_async(_provider_with_key)(request, provider_id)
        refreshed = await catalogue.refresh(provider, key)
    except ProviderError as error:
        messages.error(request, f"The models could not be refreshed. {error.kind.title} {error.kind.next_step}")
    else:
        known = f"{refreshed.new} new, {refreshed.gone} no longer there"
        messages.success(request, f"{provider} lists {refreshed.found} models: {known}.")
    return redirect("providers:models")


def _provider_with_key(request: PersonRequest, provider_id: int) -> tuple[Provider, Secret | None]:
    provider = get_object_or_404(Provider.objects.visible_to(request.user), pk=provider_id)
    key = provider.key_of(request.user)
    try:
        return provider, key.open() if key else None
    except UnreadableKey:
        raise ProviderError("key_unreadable") from None


def _keyed_origins(request: PersonRequest) -> set[str]:
    """Where the person has a key."""
    return set(ApiKey.objects.of(request.user).values_list("origin", flat=True))
