"""The settings pages of providers: those that come with the product, and those a team has added."""

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import UnreadableKey
from accounts.requests import PersonRequest
from providers import catalogue
from providers.errors import ProviderError
from providers.forms import NewProviderForm, ProviderForm
from providers.models import Provider


@login_required
@require_http_methods(["GET", "POST"])
def providers(request: PersonRequest) -> HttpResponse:
    """All that the person sees, and the form for one more."""
    form = NewProviderForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        provider = form.save()
        messages.success(request, f"{provider} was added.")
        _read_models(request, provider)
        return redirect("providers:providers")
    page = {
        "providers": Provider.objects.visible_to(request.user).select_related("team"),
        "kept": set(Provider.objects.kept_by(request.user).values_list("pk", flat=True)),
        "form": form,
    }
    return render(request, "providers/providers.html", page, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def provider(request: PersonRequest, provider_id: int) -> HttpResponse:
    provider = get_object_or_404(Provider.objects.kept_by(request.user), pk=provider_id)
    old_origin, asked_before = provider.origin, (provider.base_url, provider.dialect_name)
    form = ProviderForm(request.POST if request.method == "POST" else None, instance=provider)
    if form.is_valid():
        provider = form.save()
        messages.success(request, f"{provider} was saved.")
        if provider.origin != old_origin:
            messages.warning(request, f"Keys for {old_origin} are not sent to {provider.origin}.")
        if (provider.base_url, provider.dialect_name) != asked_before:
            _read_models(request, provider)
        return redirect("providers:providers")
    page = {"provider": provider, "form": form, "origin": old_origin}
    return render(request, "providers/provider.html", page, status=422 if form.is_bound else 200)


@login_required
@require_POST
def delete(request: PersonRequest, provider_id: int) -> HttpResponse:
    provider = get_object_or_404(Provider.objects.kept_by(request.user), pk=provider_id)
    provider.delete()
    messages.success(request, f"{provider} was deleted. What its models have answered is still there.")
    return redirect("providers:providers")


def _read_models(request: PersonRequest, provider: Provider) -> None:
    """Say how many models there are at a new address, or why that is not known. It is saved either way."""
    key = provider.key_of(request.user)
    if provider.needs_key and key is None:
        messages.info(request, "Enter your API key for it under Keys, then refresh its models under Models.")
        return
    try:
        refreshed = async_to_sync(catalogue.refresh)(provider, key.open() if key else None)
    except UnreadableKey:
        messages.error(request, "Its models could not be read: your stored API key cannot be read. Enter it again.")
    except ProviderError as error:
        messages.error(request, f"Its models could not be read. {error.kind.title} {error.kind.next_step}")
    else:
        messages.info(request, f"Models found: {refreshed.found}.")
