"""The settings page of a person's API keys: entered here, tried here, shown nowhere."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.models import ApiKey
from accounts.requests import PersonRequest
from providers import key_check, keyring
from providers.forms import KeyForm
from providers.keyring import Slot
from providers.models import Provider


@never_cache
@login_required
@require_safe
def keys(request: PersonRequest) -> HttpResponse:
    return render(request, "providers/keys.html", {"slots": keyring.slots_of(request.user), "form": KeyForm()})


@sensitive_post_parameters()
@never_cache
@login_required
@require_POST
def store(request: PersonRequest, provider_id: int) -> HttpResponse:
    """Add the person's key for this provider's origin, or put it in the place of the old one."""
    provider = _provider(request, provider_id)
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _refuse(request, keyring.slot_of(request.user, provider), form)
    ApiKey.objects.store(request.user, provider.origin, form.cleaned_data["key"])
    messages.success(request, "The key was saved. Test it to see whether the provider accepts it.")
    return _answer(request, keyring.slot_of(request.user, provider))


@never_cache
@login_required
@require_POST
def check(request: PersonRequest, provider_id: int) -> HttpResponse:
    provider = _provider(request, provider_id)
    key = get_object_or_404(ApiKey.objects.of(request.user), origin=provider.origin)
    error = key_check.check(key, provider)
    if error:
        messages.error(request, f"{error.kind.title} {error.kind.next_step}")
    else:
        messages.success(request, f"{provider} accepts the key.")
    return _answer(request, keyring.slot_of(request.user, provider))


@never_cache
@login_required
@require_POST
def delete(request: PersonRequest, key_id: int) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.of(request.user), pk=key_id)
    key.delete()
    messages.success(request, "The key was deleted from this server. At the provider it is still valid.")
    return _answer(request, keyring.slot_at(request.user, key.origin))


def _provider(request: PersonRequest, provider_id: int) -> Provider:
    return get_object_or_404(Provider.objects.visible_to(request.user).filter(needs_key=True), pk=provider_id)


def _answer(request: PersonRequest, slot: Slot) -> HttpResponse:
    if request.htmx:
        return render(request, "providers/_key.html", {"slot": slot, "form": KeyForm()})
    return redirect("providers:keys")


def _refuse(request: PersonRequest, slot: Slot, form: KeyForm) -> HttpResponse:
    """The same again with what is wrong, and without the key: a typed key is never sent back."""
    if request.htmx:
        return render(request, "providers/_key.html", {"slot": slot, "form": form}, status=422)
    page = {"slots": keyring.slots_of(request.user), "form": KeyForm(), "refused": form, "refused_at": slot.origin}
    return render(request, "providers/keys.html", page, status=422)
