"""The page of all models, and the options of the model picker."""

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import ApiKey, UnreadableKey
from accounts.requests import PersonRequest
from accounts.secret import Secret
from providers import catalogue, successors
from providers.errors import ProviderError
from providers.filters import SORTS, STATUSES, Filters
from providers.models import LanguageModel, Provider

PAGE = 50


@login_required
@require_safe
def models(request: PersonRequest) -> HttpResponse:
    """The models that the person may see and that fit what they look for."""
    visible = LanguageModel.objects.visible_to(request.user)
    filters = Filters.read(request.GET)
    fitting = filters.over(visible.known_to(request.user))
    found = fitting if filters.sort != "price" and filters.most_price is None else fitting.with_mixed_price()
    unpriced = 0
    if filters.most_price is not None:
        unpriced = found.unpriced().count()
        found = found.up_to(filters.most_price)
    rows = filters.sorted(found).select_related("provider").with_prices()
    page = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "unpriced": unpriced,
        "filters": filters,
        "sorts": SORTS,
        "statuses": STATUSES,
        "developers": visible.developers(),
        "types": [kind for kind in visible.types() if kind != "chat"],
        "providers": Provider.objects.visible_to(request.user),
        "keyed_origins": keyed_origins(request),
        "refresh_hours": settings.REFRESH_HOURS,
    }
    response = render(request, "providers/models.html", page)
    if request.htmx:
        # Without the fields that were left empty.
        response["HX-Replace-Url"] = f"{request.path}?{filters.address}" if filters.address else request.path
    return response


@login_required
@require_safe
def options(request: PersonRequest) -> HttpResponse:
    """The picker's options for the words in `q`; `selected` is the id of the row chosen now."""
    query = request.GET.get("q", "")
    found = catalogue.find(request.user, query)
    page = {
        "options": successors.beside(request.user, found),
        "query": query,
        "selected": request.GET.get("selected", ""),
        "keyed_origins": keyed_origins(request),
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


def keyed_origins(request: PersonRequest) -> set[str]:
    """Where the person has a key."""
    return set(ApiKey.objects.of(request.user).values_list("origin", flat=True))
