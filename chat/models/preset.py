from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone

from accounts.models import Team, User
from providers.models import LanguageModel

# How long a deleted preset can be brought back.
UNDO_PERIOD = timedelta(days=7)


class PresetQuerySet(models.QuerySet["Preset"]):
    def visible_to(self, user: User) -> Self:
        """The person's own, and those that are shared with their teams."""
        shared = Team.objects.filter(memberships__user=user)
        return self.filter(models.Q(user=user) | models.Q(team__in=shared), deleted_at=None)

    def kept_by(self, user: User) -> Self:
        """Those the person may change: their own, and those of teams whose things they keep."""
        return self._of_keeper(user).filter(deleted_at=None)

    def deleted_by(self, user: User) -> Self:
        """Those the person can still bring back."""
        return self._of_keeper(user).filter(deleted_at__gt=timezone.now() - UNDO_PERIOD)

    def by_name(self) -> Self:
        return self.order_by(Lower("name"), "pk")

    def _of_keeper(self, user: User) -> Self:
        return self.filter(models.Q(user=user) | models.Q(team__in=Team.objects.kept_by(user)))


class Preset(models.Model):
    """A model, a system prompt and parameters as typed, under a name. A person's own, and their team's where shared."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets")
    # None: nobody else sees it.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="presets")
    name = models.CharField(max_length=100)
    language_model = models.ForeignKey(
        LanguageModel, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Stays readable when the model is gone.
    model_id = models.CharField(max_length=200)
    system_prompt = models.TextField(blank=True)
    parameters: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict, blank=True)
    # What the last change replaced, for the way back.
    previous: "models.JSONField[dict[str, Any] | None]" = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "name"], name="presets_of_a_person")]

    # The columns that a change replaces.
    CHANGEABLE = ("name", "team_id", "language_model_id", "model_id", "system_prompt", "parameters")

    def __str__(self) -> str:
        return self.name

    @property
    def team_field_id(self) -> str:
        """The id of the field on the page that says who sees it."""
        return f"preset-{self.pk}-team"

    def hold(self, model: LanguageModel, system_prompt: str, parameters: dict[str, str]) -> None:
        """Take these settings; `change` or `save` keeps them."""
        self.language_model = model
        self.model_id = model.model_id
        self.system_prompt = system_prompt
        self.parameters = parameters

    def change(self, before: "Preset") -> None:
        """Keep what was set, and what it was before."""
        self.previous = {column: getattr(before, column) for column in self.CHANGEABLE}
        self.save()

    def delete_softly(self) -> None:
        """Out of sight at once; `undo` brings it back for as long as the undo period lasts."""
        Preset.objects.filter(pk=self.pk).update(deleted_at=Now())

    def undo(self) -> None:
        """Take back that it was deleted, or else its last change."""
        if self.deleted_at:
            self.deleted_at = None
        elif self.previous:
            for column, value in self.previous.items():
                setattr(self, column, value)
            # Either may be gone by now.
            self.team = Team.objects.filter(pk__in=[self.team_id]).first()
            self.language_model = LanguageModel.objects.filter(pk__in=[self.language_model_id]).first()
            self.previous = None
        self.save()
