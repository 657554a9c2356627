from collections.abc import Mapping
from typing import Any

from django.db import models

from runs.choices import EMPTY
from runs.supplements import Brought


class Supplement(models.Model):
    """What a run brought beside its text. Few runs bring anything, and those that do not have no row here.

    A table of its own: SQLite keeps a column that is added to runs behind the record of what was sent, and a page that
    shows forty replies would walk through all of that to find out that there is nothing.
    """

    # Larger than all the rest, and read only by the page that shows it.
    HEAVY = ("for_next_turn", "logprobs")

    run = models.OneToOneField("runs.Run", primary_key=True, on_delete=models.CASCADE, related_name="supplement")
    # The answers after the first, where several were asked for: {"number", "text", "reasoning", "tool_calls", …} each.
    choices: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    # What `Brought.shown` says of it.
    shown: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    # What the provider wants back with the next turn, by the name that a message has it under; nobody reads it.
    for_next_turn: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    # A line a token, see `runs/logprobs.py`.
    logprobs = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"supplement of run {self.run_id}"

    @classmethod
    def keep(cls, run_id: int, choices: Mapping[int, Mapping[str, Any]], brought: Brought) -> None:
        """Store what a run that ends has brought, if it has. `choices` is what the others said, by their number."""
        others = [
            {"number": number, **EMPTY, **choices.get(number, {}), **brought.endings.get(number, {})}
            for number in sorted(choices.keys() | brought.endings.keys())
        ]
        if others or brought.shown or brought.for_next_turn:
            cls.objects.create(
                run_id=run_id,
                choices=others,
                shown=brought.shown,
                for_next_turn=brought.for_next_turn,
                logprobs=brought.logprobs,
            )
        if brought.media:
            Medium.objects.bulk_create(
                Medium(run_id=run_id, number=number, kind=one.kind, content_type=one.content_type, content=one.content)
                for number, one in enumerate(brought.media)
            )


class Medium(models.Model):
    """A sound or a picture that a model made. Its bytes are read only by its own address."""

    class Kind(models.TextChoices):
        AUDIO = "audio"
        IMAGE = "image"

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="media", db_index=False)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=5, choices=Kind)
    content_type = models.CharField(max_length=40)
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="media_are_numbered")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} of run {self.run_id}"
