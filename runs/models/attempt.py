from django.db import models


class Attempt(models.Model):
    """One actual request to the provider within a run.

    `sent` is committed before the first byte leaves. A `prepared` attempt may be made by anybody; a `sent` one never
    again without a person, because it may have been paid for.
    """

    class State(models.TextChoices):
        PREPARED = "prepared"
        SENT = "sent"
        FIRST_BYTE = "first_byte"
        FINISHED = "finished"
        FAILED = "failed"
        UNKNOWN = "unknown"

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PREPARED)
    # Not before this: a provider that limits us said when to come back.
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error_kind = models.CharField(max_length=30, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="attempts_are_numbered")]
        indexes = [
            # Those that a provider told to wait, so that nobody takes their runs for forgotten: hardly ever any.
            models.Index(
                fields=["not_before", "run"],
                condition=models.Q(state="prepared", not_before__isnull=False),
                name="attempts_told_to_wait",
            )
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of run {self.run_id}"
