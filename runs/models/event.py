from django.db import models


class RunEvent(models.Model):
    """A numbered, stored piece of a run's output. It is in the database before anybody sees it.

    Written and deleted by `runs.journal` in plain SQL, many at a time; read by whoever follows a run.
    """

    class Type(models.TextChoices):
        TEXT = "text"
        REASONING = "reasoning"
        TOOL_CALL = "tool_call"
        HTML = "html"
        CHOICE = "choice"

    pk = models.CompositePrimaryKey("run_id", "seq")
    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=10, choices=Type)
    payload = models.TextField()
    # Milliseconds since the attempt was sent.
    ms = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"event {self.seq} of run {self.run_id}"
