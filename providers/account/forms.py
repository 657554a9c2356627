"""What is asked about a key that is made or changed at the provider."""

import re
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError

from providers.account.answers import MOST_SCOPES, KeyFacts

# Those that the gateway's documentation shows. There are others, so any word is taken.
KNOWN_SCOPES = ("model:chat", "model:responses")
KNOWN_RETENTIONS = ("no_reset", "week")
WORD = re.compile(r"[A-Za-z0-9_:.*-]{1,60}")


class NewKeyForm(forms.Form):
    """A key that is to be made. What is left empty is left to the provider."""

    name = forms.CharField(label="Name", max_length=100, required=False)
    threshold = forms.DecimalField(
        label="Limit in US dollars",
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        error_messages={"invalid": "Enter an amount, such as 25 or 2.50."},
    )
    retention = forms.CharField(label="The limit begins anew", max_length=60, required=False)
    scopes = forms.CharField(label="Scopes", max_length=1000, required=False)

    @property
    def client_token(self) -> str:
        """So that a form that arrives twice makes one key."""
        return uuid4().hex

    def clean_retention(self) -> str:
        retention: str = self.cleaned_data["retention"]
        if retention and not WORD.fullmatch(retention):
            raise ValidationError("Enter one word, such as week or no_reset.")
        return retention

    def clean_scopes(self) -> list[str]:
        scopes = re.split(r"[\s,]+", self.cleaned_data["scopes"].strip()) if self.cleaned_data["scopes"].strip() else []
        if len(scopes) > MOST_SCOPES or not all(WORD.fullmatch(scope) for scope in scopes):
            raise ValidationError("Enter scopes such as model:chat, with blanks between them.")
        return scopes

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and (cleaned["threshold"] is None) != (not cleaned["retention"]):
            missing = "threshold" if cleaned["threshold"] is None else "retention"
            self.add_error(missing, "A limit needs both: an amount, and when it begins anew.")
        return cleaned

    @property
    def wanted(self) -> dict[str, Any]:
        """As the provider takes it."""
        cleaned = self.cleaned_data
        wanted: dict[str, Any] = {name: cleaned[name] for name in ("name", "scopes") if cleaned[name]}
        if cleaned["retention"]:
            amount = cleaned["threshold"]
            threshold = int(amount) if amount == int(amount) else float(amount)
            wanted["limit"] = {"retention": cleaned["retention"], "threshold": threshold}
        return wanted


class KeyChangeForm(NewKeyForm):
    """A key that is to be changed. What is left empty stays as it is."""

    disabled = forms.BooleanField(label="Disabled", required=False)

    @classmethod
    def showing(cls, key: KeyFacts) -> "KeyChangeForm":
        """The form as it stands beside this key."""
        facts = {name: getattr(key, name) for name in ("name", "threshold", "retention")}
        return cls(initial={**facts, "scopes": key.scopes_text, "disabled": key.is_disabled}, prefix=key.prefix)

    @property
    def wanted(self) -> dict[str, Any]:
        return {**super().wanted, "disabled": self.cleaned_data["disabled"]}
