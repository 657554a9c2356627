from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest

from accounts.client_address import client_network
from accounts.models import SignInAttempt, User


class SignInForm(AuthenticationForm):
    """E-mail and password. It says the same about a wrong password and about a person there is not."""

    request: HttpRequest
    error_messages: dict[str, Any] = {
        "invalid_login": "This e-mail and password do not belong together. Check both, then try again.",
        "too_many": "Too many wrong passwords. Wait 15 minutes, then try again, or use a sign-in link.",
        "inactive": "This e-mail and password do not belong together. Check both, then try again.",
    }

    username = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )

    @property
    def is_throttled(self) -> bool:
        return self.has_error("__all__", "too_many")

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not email or not password:
            return super().clean()
        network = client_network(self.request)
        if not SignInAttempt.objects.admit(email, network):
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        cleaned = super().clean()
        SignInAttempt.objects.forgive(email, network)
        return cleaned


class SignUpForm(SetPasswordMixin, forms.Form):  # type: ignore[type-arg]
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    name = forms.CharField(
        max_length=150,
        required=False,
        help_text="How others see you.",
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password1, password2 = SetPasswordMixin.create_password_fields()

    def clean(self) -> dict[str, Any]:
        self.validate_passwords()
        person = User(email=self.cleaned_data.get("email", ""), name=self.cleaned_data.get("name", ""))
        self.validate_password_for_user(person, "password1")
        return self.cleaned_data

    def save(self) -> User | None:
        """The new person; None, with an error on the form, when the address is taken. The database decides."""
        try:
            return User.objects.create_user(
                self.cleaned_data["email"], self.cleaned_data["password1"], name=self.cleaned_data["name"]
            )
        except IntegrityError:
            self.add_error("email", "Somebody with this e-mail is here already. Sign in instead.")
            return None
