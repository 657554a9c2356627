"""The account behind an API key: what is left on it, and what the key may do."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.models import ApiKey
from accounts.requests import PersonRequest
from providers import keyring
from providers.account.reading import read_account
from providers.forms import KeyForm
from providers.keyring import Slot


@never_cache
@login_required
@require_safe
def account(request: PersonRequest, key_id: int) -> HttpResponse:
    """The page, and with `?read` what the provider says right now: asking may take seconds."""
    slot = slot_behind(request, key_id)
    context: dict[str, object] = {"slot": slot, "key_id": key_id, "form": KeyForm()}
    if "read" in request.GET and slot.key and slot.known_provider:
        context["account"] = read_account(slot.known_provider, slot.key)
    return render(request, "providers/_account.html" if request.htmx else "providers/account.html", context)


@sensitive_post_parameters()
@never_cache
@login_required
@require_POST
def store_management(request: PersonRequest, key_id: int) -> HttpResponse:
    """Add the person's management key for this origin, or put it in the place of the old one."""
    slot = slot_behind(request, key_id)
    form = KeyForm(request.POST)
    if not form.is_valid():
        context = {"slot": slot, "key_id": key_id, "form": form}
        return render(request, "providers/account.html", context, status=422)
    ApiKey.objects.store(request.user, slot.origin, form.cleaned_data["key"], ApiKey.Kind.MANAGEMENT)
    messages.success(request, "The management key was saved. It is used on this page alone.")
    return redirect("providers:account", key_id)


@never_cache
@login_required
@require_POST
def delete_management(request: PersonRequest, key_id: int) -> HttpResponse:
    slot = slot_behind(request, key_id)
    get_object_or_404(ApiKey.objects.managing(request.user), origin=slot.origin).delete()
    messages.success(request, "The management key was deleted from this server. At the provider it is still valid.")
    return redirect("providers:account", key_id) if slot.key else redirect("providers:keys")


def slot_behind(request: PersonRequest, key_id: int) -> Slot:
    """Where this key of the person's lies, with what lies beside it."""
    mine = ApiKey.objects.of(request.user) | ApiKey.objects.managing(request.user)
    return keyring.slot_at(request.user, get_object_or_404(mine, pk=key_id).origin)
