import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Team, User
from accounts.secret import Secret
from providers import egress
from providers.errors import ProviderError
from providers.models import LanguageModel, Price, Provider
from providers.models.finding import today


class KeyForm(forms.Form):
    """An API key on its way in. What was typed is never written into a page again, nor into an error."""

    key = forms.CharField(
        label="API key",
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Enter the API key.", "max_length": "This is too long for an API key."},
    )

    def clean_key(self) -> Secret:
        """Keys look different at every provider; but what cannot stand in a header is a slip of the clipboard."""
        key: str = self.cleaned_data["key"]
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValidationError("An API key has no spaces, line breaks or special characters. Copy it once more.")
        return Secret(key)


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """What may be changed about an endpoint."""

    class Meta:
        model = Provider
        fields: ClassVar[list[str]] = ["name", "base_url", "dialect_name", "needs_key"]
        labels: ClassVar[dict[str, str]] = {
            "base_url": "Base URL",
            "dialect_name": "How it is spoken to",
            "needs_key": "Needs an API key",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "base_url": (
                "The address before /chat/completions, /messages or /responses, such as https://api.example.com/v1."
            ),
            "dialect_name": "Most servers are OpenAI-compatible. Claude's own API is spoken to by Anthropic Messages.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "name": forms.TextInput({"autocomplete": "off"}),
            "base_url": forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A form that does not ask, a script's say, leaves it as it is.
        self.fields["dialect_name"].required = False

    def clean_dialect_name(self) -> str:
        chosen: str = self.cleaned_data["dialect_name"]
        return chosen or self.instance.dialect_name

    def clean_base_url(self) -> str:
        """In one spelling, and an address that this server connects to."""
        url: str = self.cleaned_data["base_url"].rstrip("/")
        if "?" in url or "#" in url:
            raise ValidationError("A base URL has no “?” and no “#”.")
        try:
            egress.check_base_url(url)
        except ProviderError as error:
            raise ValidationError([error.kind.title, error.detail or error.kind.next_step]) from error
        return url


class TeamField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, team: Team) -> str:
        return "only me" if team.personal_owner_id else str(team)


class NewProviderForm(ProviderForm):
    """A new endpoint, for one of the teams whose things the person keeps; their own unless they say otherwise."""

    team = TeamField(
        queryset=Team.objects.none(), required=False, empty_label=None, label="For", help_text="Who will see it."
    )

    class Meta(ProviderForm.Meta):
        fields: ClassVar[list[str]] = [*ProviderForm.Meta.fields, "team"]

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, initial={"team": user.personal_team})
        self.personal_team: Team = user.personal_team
        self.fields["team"].queryset = Team.objects.kept_by(user)  # type: ignore[attr-defined]

    def clean_team(self) -> Team:
        return self.cleaned_data["team"] or self.personal_team


# No language model was for sale before.
FIRST_DAY = dt.date(2020, 1, 1)


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a model costs from a day on, in US dollars for a million tokens."""

    class Meta:
        model = Price
        fields: ClassVar[list[str]] = ["input", "output", "cached_input", "reasoning", "valid_from"]
        labels: ClassVar[dict[str, str]] = {
            "input": "Input, $ per million tokens",
            "output": "Output, $ per million tokens",
            "cached_input": "Cached input, where it differs",
            "reasoning": "Reasoning, where it differs",
            "valid_from": "From this day on",
        }

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"valid_from": today()})
        for name in ("input", "output", "cached_input", "reasoning"):
            self.fields[name].widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        self.fields["valid_from"].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("input", "output", "cached_input", "reasoning"):
            if (amount := cleaned.get(name)) is not None and amount < 0:
                self.add_error(name, "A price is not below 0.")
        return cleaned

    def clean_valid_from(self) -> dt.date:
        day: dt.date = self.cleaned_data["valid_from"]
        if day < FIRST_DAY or day.year > today().year + 1:
            raise ValidationError("Write a day from 2020 on, and at most one year ahead.")
        return day

    def store(self, model: LanguageModel, user: User) -> Price:
        """A price entered twice for one day is a correction."""
        values = {name: self.cleaned_data[name] for name in ("input", "output", "cached_input", "reasoning")}
        mixed = self.instance.rates.mixed
        price, _ = Price.objects.update_or_create(
            language_model=model,
            valid_from=self.cleaned_data["valid_from"],
            defaults={**values, "mixed": mixed, "entered_by": user},
        )
        return price
