from typing import Self

from django.db import models

from accounts.models import User
from providers.differences import FIELDS
from providers.models.language_model import LanguageModel
from providers.models.provider import Provider


class ModelChangeQuerySet(models.QuerySet["ModelChange"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(language_model__provider__in=Provider.objects.visible_to(user))

    def newest_first(self) -> Self:
        return self.order_by("-pk")


class ModelChange(models.Model):
    """Something that became different about a model, as its provider's list or a newer package said it."""

    class Kind(models.TextChoices):
        APPEARED = "appeared", "new"
        CHANGED = "changed", "changed"
        GONE = "gone", "no longer offered"
        BACK = "back", "offered again"
        MERGED = "merged", "another id of"
        ENTERED = "entered", "entered by a person"

    language_model = models.ForeignKey(LanguageModel, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    # What of it changed, and from what to what; of lists and parameters, what was lost and what was gained.
    field = models.CharField(max_length=30, blank=True)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = ModelChangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["language_model", "-id"], name="changes_of_a_model")]

    def __str__(self) -> str:
        return f"{self.language_model}: {self.get_kind_display()} {self.field}".strip()

    @property
    def field_label(self) -> str:
        return FIELDS.get(self.field, self.field)


def page_of(changes: ModelChangeQuerySet, before: str, size: int) -> tuple[list[ModelChange], int | None]:
    """The newest of these, or those before that number; and the number that the next page goes on before."""
    if before.isdecimal():
        changes = changes.filter(pk__lt=int(before[:18]))
    found = list(changes.newest_first()[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None
