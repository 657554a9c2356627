import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.client_address import client_network
from accounts.forms import SignInForm, SignUpForm
from accounts.models import SignInLink
from accounts.models.sign_in_attempt import PERIOD
from accounts.requests import PersonRequest

logger = logging.getLogger(__name__)


class SignIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(signup_is_open=settings.SIGNUP == "open", **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        logger.info("Signed in with a password", extra={"user": form.get_user().pk})
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        throttled = isinstance(form, SignInForm) and form.is_throttled
        logger.warning("A sign-in was refused", extra={"network": client_network(self.request), "throttled": throttled})
        response = render(
            self.request, self.template_name, self.get_context_data(form=form), status=429 if throttled else 422
        )
        if throttled:
            response.headers["Retry-After"] = str(int(PERIOD.total_seconds()))
        return response


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    if settings.SIGNUP != "open":
        raise Http404
    form = SignUpForm(request.POST if request.method == "POST" else None)
    user = form.save() if form.is_valid() else None
    if user:
        login(request, user)
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/signup.html", {"form": form}, status=422 if form.is_bound else 200)


@never_cache
@require_GET  # and not HEAD: whoever only looks at a link must not use it up
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Signs in the person whom the link was made for, once."""
    user = SignInLink.objects.redeem(token)
    if user:
        login(request, user)
        logger.info("Signed in with a link", extra={"user": user.pk})
        response: HttpResponse = redirect(settings.LOGIN_REDIRECT_URL)
    else:
        response = render(request, "accounts/link_used.html", status=410)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def password(request: PersonRequest) -> HttpResponse:
    """Set a first password, or change it. Every other session of the person ends with the change."""
    form_class = PasswordChangeForm if request.user.has_usable_password() else SetPasswordForm
    form = form_class(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, "Your password was saved. Other browsers have been signed out.")
        return redirect("accounts:password")
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@require_POST
def email(request: PersonRequest) -> HttpResponse:
    """Wish for e-mails about what ended in the background, or for none."""
    request.user.wants_email = "wanted" in request.POST
    request.user.save(update_fields=["wants_email"])
    words = f"E-mails go to {request.user.email}." if request.user.wants_email else "You get no e-mails any more."
    messages.success(request, words)
    return redirect("/")
