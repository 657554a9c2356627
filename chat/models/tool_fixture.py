from collections.abc import Mapping, Sequence
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now

from accounts.models import User
from chat.tools.answers import ANY, SAME, Answering
from chat.tools.arguments import canonical, key_of
from chat.tools.results import Result
from chat.tools.verdicts import Judged

# The key of a fixture that answers a call with whatever arguments.
FOR_ANY = ""


class ToolFixtureQuerySet(models.QuerySet["ToolFixture"]):
    def of(self, user: User) -> Self:
        """The person's own, without the deleted ones."""
        return self.filter(user=user, deleted_at=None)

    def deleted_by(self, user: User) -> Self:
        """Those the person can still bring back."""
        return self.filter(user=user).exclude(deleted_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-pk")

    def keep_all(self, user: User, answering: Answering) -> None:
        """Keep the results that are to be given again, in the place of what was kept for such calls before."""
        for answer in answering.answers:
            if answer.keep in (SAME, ANY):
                self.keep(user, answer.call, answer.result, for_any=answer.keep == ANY)

    def keep(self, user: User, call: Judged, result: Result, *, for_any: bool) -> "ToolFixture":
        fixture, _ = self.update_or_create(
            user=user,
            tool_name=call.name,
            arguments_key=FOR_ANY if for_any else key_of(call.arguments),
            deleted_at=None,
            defaults={
                "arguments": "" if for_any else canonical(call.arguments),
                "result": result.text,
                "is_error": result.is_error,
            },
        )
        return fixture

    def results(self, user_id: int, calls: Sequence[Mapping[str, Any]]) -> list[Result | None]:
        """What is kept for each of these calls: for its arguments, or else for whatever they are."""
        keys = [key_of(call["arguments"]) for call in calls]
        kept = self.filter(user=user_id, deleted_at=None, tool_name__in={call["name"] for call in calls})
        found = {(each.tool_name, each.arguments_key): each for each in kept.filter(arguments_key__in=[FOR_ANY, *keys])}
        fixtures = [
            found.get((call["name"], key)) or found.get((call["name"], FOR_ANY))
            for call, key in zip(calls, keys, strict=True)
        ]
        return [
            Result(call["id"], call["name"], fixture.result, fixture.is_error) if fixture else None
            for call, fixture in zip(calls, fixtures, strict=True)
        ]


class ToolFixture(models.Model):
    """What a person wants a call to come to whenever a model makes it, so that nobody has to type it again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tool_fixtures", db_index=False
    )
    tool_name = models.CharField(max_length=200)
    # As JSON in one order, or as the model wrote them where they are none; empty where any will do.
    arguments = models.TextField(blank=True)
    arguments_key = models.CharField(max_length=64, blank=True)
    result = models.TextField(blank=True)
    is_error = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ToolFixtureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "tool_name", "arguments_key"],
                condition=models.Q(deleted_at=None),
                name="one_fixture_per_call",
            )
        ]
        indexes = [models.Index(fields=["user", "-id"], name="tool_fixtures_of_a_person")]

    def __str__(self) -> str:
        return f"fixture of {self.tool_name}"

    @property
    def is_for_any(self) -> bool:
        return self.arguments_key == FOR_ANY

    # Deleting, with a way back

    def delete_softly(self) -> None:
        ToolFixture.objects.filter(pk=self.pk).update(deleted_at=Now())

    def restore(self) -> None:
        """Back in its place."""
        self.deleted_at = None
        self.put()

    @transaction.atomic
    def put(self) -> None:
        """Save it. What was kept for such a call meanwhile makes room, and can be brought back in its turn."""
        self.arguments_key = key_of(self.arguments) if self.arguments.strip() else FOR_ANY
        self.arguments = canonical(self.arguments) if self.arguments_key else ""
        of_such_calls = ToolFixture.objects.filter(
            user=self.user_id, tool_name=self.tool_name, arguments_key=self.arguments_key, deleted_at=None
        )
        of_such_calls.exclude(pk=self.pk).update(deleted_at=Now())
        self.save()
