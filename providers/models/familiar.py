from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from database.statements import Update
from providers.models.language_model import LanguageModel


class FamiliarQuerySet(models.QuerySet["Familiar"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def pin(self, user: User, model: LanguageModel) -> None:
        self._note(user, model, "pinned_at")

    def unpin(self, user: User, model: LanguageModel) -> None:
        self.filter(user=user, language_model=model).update(pinned_at=None)

    def used(self, user: User, model: LanguageModel) -> None:
        """The person has just asked this model. It stands on the way of every message, so it is one statement."""
        if not _USED.run(user=user.pk, model=model.pk):
            self._note(user, model, "used_at")

    def _note(self, user: User, model: LanguageModel, column: str) -> None:
        now = timezone.now()
        if not self.filter(user=user, language_model=model).update(**{column: now}):
            # Two windows may do it at the same moment: either one is right.
            self.bulk_create([Familiar(user=user, language_model=model, **{column: now})], ignore_conflicts=True)


class Familiar(models.Model):
    """A model that a person has pinned or used: their picker offers it first."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="familiars")
    language_model = models.ForeignKey(LanguageModel, on_delete=models.CASCADE, related_name="familiars")
    pinned_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = FamiliarQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "language_model"], name="one_familiar_per_model")]

    def __str__(self) -> str:
        return f"{self.language_model} of {self.user}"


_USED = Update(lambda user, model: (Familiar.objects.filter(user=user, language_model=model), {"used_at": Now()}))
