"""The keys of an account, listed, made, changed and deleted at the provider with the person's management key."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import ApiKey
from accounts.requests import PersonRequest
from providers.account.answers import PREFIX, KeyFacts
from providers.account.forms import KNOWN_RETENTIONS, KNOWN_SCOPES, KeyChangeForm, NewKeyForm
from providers.account.managing import Managed
from providers.account.words import why
from providers.errors import ProviderError
from providers.views.account import slot_behind

# Tokens of forms that were sent, kept in the session: a page that is loaded again must not make the key again.
KEPT_TOKENS = 20


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def managed_keys(request: PersonRequest, key_id: int) -> HttpResponse:
    """The list; by POST one key more, which is shown this once."""
    managed = _managed(request, key_id)
    if request.method != "POST":
        return _list(request, key_id, managed, NewKeyForm())
    form = NewKeyForm(request.POST)
    if not form.is_valid():
        return _list(request, key_id, managed, form, status=422)
    if not _is_first(request):
        messages.info(request, "That key was made already, and was shown then. It is in the list.")
        return redirect("providers:managed_keys", key_id)
    try:
        made, secret = managed.create(form.wanted)
    except ProviderError as error:
        return _list(request, key_id, managed, form, problem=why(error, change="made"), status=422)
    context = {"key_id": key_id, "made": made, "secret": secret.reveal(), "provider": managed.provider}
    return render(request, "providers/key_made.html", context)


@never_cache
@login_required
@require_POST
def managed_key(request: PersonRequest, key_id: int, prefix: str) -> HttpResponse:
    """Change one of them."""
    managed, prefix = _managed(request, key_id), _checked(prefix)
    form = KeyChangeForm(request.POST, prefix=prefix)
    if not form.is_valid():
        return _one(request, key_id, KeyFacts(prefix), form, status=422)
    try:
        changed = managed.update(prefix, form.wanted)
    except ProviderError as error:
        return _one(request, key_id, KeyFacts(prefix), form, problem=why(error, change="changed"), status=422)
    messages.success(request, f"{changed.label} was changed.")
    if not request.htmx:
        return redirect("providers:managed_keys", key_id)
    return _one(request, key_id, changed, KeyChangeForm.showing(changed))


@never_cache
@login_required
@require_POST
def delete_managed_key(request: PersonRequest, key_id: int, prefix: str) -> HttpResponse:
    """Delete one of them at the provider, for good."""
    managed, prefix = _managed(request, key_id), _checked(prefix)
    try:
        if managed.delete(prefix):
            messages.success(request, f"{prefix}… was deleted at the provider. Nothing can use it any more.")
        else:
            messages.warning(request, f"The provider did not say that {prefix}… is gone. Look at the list.")
    except ProviderError as error:
        messages.error(request, f"{prefix}… was not deleted. {why(error, change='deleted')}")
    return redirect("providers:managed_keys", key_id)


def _managed(request: PersonRequest, key_id: int) -> Managed:
    slot = slot_behind(request, key_id)
    if slot.known_provider is None:
        raise Http404
    return Managed(slot.known_provider, get_object_or_404(ApiKey.objects.managing(request.user), origin=slot.origin))


def _checked(prefix: str) -> str:
    """It becomes part of an address."""
    if not PREFIX.fullmatch(prefix):
        raise Http404
    return prefix


def _is_first(request: PersonRequest) -> bool:
    """Whether this form has not been sent before. A form that carries no token counts as new."""
    token = request.POST.get("client_token", "")[:64]
    sent: list[str] = request.session.get("made_keys", [])
    if token:
        request.session["made_keys"] = [*sent[-KEPT_TOKENS:], token]
    return token not in sent


def _list(
    request: PersonRequest, key_id: int, managed: Managed, form: NewKeyForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, object] = {"key_id": key_id, "form": form, "problem": problem, "provider": managed.provider}
    context |= {"known_scopes": KNOWN_SCOPES, "known_retentions": KNOWN_RETENTIONS}
    try:
        keys, count = managed.listed()
    except ProviderError as error:
        context["list_problem"] = why(error)
    else:
        context |= {"rows": [(key, KeyChangeForm.showing(key)) for key in keys], "count": count}
    return render(request, "providers/managed_keys.html", context, status=status)


def _one(
    request: PersonRequest, key_id: int, key: KeyFacts, form: KeyChangeForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {"key_id": key_id, "key": key, "form": form, "problem": problem, "is_open": status != 200}
    template = "providers/_managed_key.html" if request.htmx else "providers/managed_key.html"
    return render(request, template, context, status=status)
