"""The page of one model: what is known of it, what it takes, what it costs, and what became different."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import PersonRequest
from providers import entering, successors
from providers.forms import PriceForm
from providers.model_rules import rules_of
from providers.models import LanguageModel, Price
from providers.models.change import page_of
from providers.models.finding import LanguageModelQuerySet
from providers.parameters import Moved, shown
from providers.views.models import keyed_origins

# Changes on the page of a model at once.
PAGE = 20


@login_required
@require_safe
def model(request: PersonRequest, model_pk: int) -> HttpResponse:
    return _show(request, get_object_or_404(_visible(request), pk=model_pk), PriceForm())


@login_required
@require_POST
def store_price(request: PersonRequest, model_pk: int) -> HttpResponse:
    """Enter what the model costs from a day on, or put it in the place of what was entered for that day."""
    model = get_object_or_404(_kept(request), pk=model_pk)
    form = PriceForm(request.POST)
    if not form.is_valid():
        return _show(request, model, form, status=422)
    price = form.store(model, request.user)
    messages.success(request, f"The price was entered: {price}.")
    return redirect("providers:model", model.pk)


@login_required
@require_POST
def delete_price(request: PersonRequest, model_pk: int, price_pk: int) -> HttpResponse:
    """Runs keep the cost that was computed with it."""
    model = get_object_or_404(_kept(request), pk=model_pk)
    price = get_object_or_404(Price.objects.filter(language_model=model), pk=price_pk)
    price.delete()
    messages.success(request, f"The price was removed: {price}. Enter it again to have it back.")
    return redirect("providers:model", model.pk)


@login_required
@require_POST
def remove(request: PersonRequest, model_pk: int) -> HttpResponse:
    """Out of the catalogue with a model that a person entered; what it answered stays."""
    model = get_object_or_404(entering.removable_by(request.user), pk=model_pk)
    model.delete()
    messages.success(request, f"{model} was removed. To have it back, write its id into the Model field and send.")
    return redirect("providers:models")


def _visible(request: PersonRequest) -> LanguageModelQuerySet:
    return LanguageModel.objects.visible_to(request.user).known_to(request.user).select_related("provider")


def _kept(request: PersonRequest) -> LanguageModelQuerySet:
    return _visible(request).kept_by(request.user)


def _show(request: PersonRequest, model: LanguageModel, form: PriceForm, status: int = 200) -> HttpResponse:
    changes, older = page_of(model.changes.all(), request.GET.get("before", ""), PAGE)
    page = {
        "model": model,
        "parameters": shown(model.panel, Moved()).controls,
        "rules": rules_of(model.panel),
        "successor": successors.successor_of(request.user, model),
        "prices": model.prices.order_by("-valid_from"),
        "form": form,
        "may_enter": _kept(request).filter(pk=model.pk).exists(),
        "may_remove": entering.removable_by(request.user).filter(pk=model.pk).exists(),
        "changes": changes,
        "older_url": f"{reverse('providers:model', args=[model.pk])}?before={older}#changes" if older else "",
        "keyed_origins": keyed_origins(request),
    }
    return render(request, "providers/model.html", page, status=status)
