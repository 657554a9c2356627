import json
import zlib
from collections.abc import Callable
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from database.statements import Values, insert
from providers.errors import KINDS, Kind
from providers.models import Familiar, LanguageModel, Provider
from runs.attachments import files, holes
from runs.models.attempt import Attempt

# Columns that only the record of one run needs; lists leave them on the disk. The keys are among them because SQLite
# keeps them behind the record: to read one is to walk through all that was sent, which a long conversation makes long.
HEAVY = ("body", "holes", "raw", "timeline", "usage_raw", "extras", "provider", "language_model", "user")

# Written as an "or", in the index and in the queries alike: of an "in" SQLite cannot tell that it means those of the
# index, and reads every run there is.
UNDER_WAY = models.Q(state="queued") | models.Q(state="running")
# Background runs that wait for their turn; written alike in the index and in the queries.
WAITING = models.Q(state="queued", in_background=True)
# Runs that came to no good end, as an "or" for the same reason.
WENT_WRONG = models.Q(state="failed") | models.Q(state="interrupted")


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(user=user)

    def watched_by(self, user: User) -> Self:
        """What the person may see the state of, and end: their own, and as operator everybody's. Not what was said."""
        return self.all() if user.is_operator else self.visible_to(user)

    def went_wrong(self) -> Self:
        return self.filter(WENT_WRONG)

    def under_way(self) -> Self:
        """Queued or running: a handful among millions, found by an index of their own."""
        return self.filter(UNDER_WAY)

    def count_streaming(self, user: User) -> int:
        """How many of the person's runs stream right now. Asked before every message."""
        return sum(count for (count,) in _STREAMING.all(user=user.pk))

    def waiting(self) -> Self:
        """In the background, and not begun: found by an index of their own, the oldest of a person first."""
        return self.filter(WAITING)

    def news_for(self, user: User) -> Self:
        """The person's background runs that are under way, or have ended without having been looked at."""
        return self.filter(user=user, in_background=True, seen_at=None).order_by("-pk")

    def mark_seen(self) -> int:
        """Their person has looked at those that have ended: they are no news any more."""
        return self.filter(in_background=True, seen_at=None).exclude(UNDER_WAY).update(seen_at=Now())

    def light(self) -> Self:
        """Without the record's large columns."""
        return self.defer(*HEAVY)

    @transaction.atomic(savepoint=False)
    def queue(
        self,
        *,
        user: User,
        model: LanguageModel,
        messages: list[dict[str, Any]],
        to_send: dict[str, Any],
        as_set: dict[str, Any],
        client_token: str = "",
        in_background: bool = False,
    ) -> "Run":
        """A queued run with its first attempt prepared: what will be sent is fixed here, byte for byte.

        `to_send` are the parameters on the wire, `as_set` those among them that the person set, as typed.
        """
        whole = model.provider.dialect.body(
            model=model.model_id, messages=messages, parameters=to_send, stream=not in_background
        )
        body, missing = holes.cut(whole)
        run = Run(
            user=user,
            client_token=client_token or uuid4().hex,
            provider=model.provider,
            language_model=model,
            requested_model=model.model_id,
            endpoint=model.provider.dialect.completion_url(model.provider.base_url),
            parameters=as_set,
            in_background=in_background,
            body=zlib.compress(body),
            holes=missing or None,
        )
        insert(Attempt(run=insert(run), number=1))
        Familiar.objects.used(user, model)
        return run

    @transaction.atomic
    def repeat(self, earlier: "Run", client_token: str) -> "Run":
        """A queued run that sends the very bytes of an earlier one, to where its provider is now."""
        provider = earlier.provider
        assert provider is not None, "whoever asks has seen that it is still there"  # noqa: S101
        run = self.create(
            user=earlier.user,
            client_token=client_token,
            provider=provider,
            language_model=earlier.language_model,
            requested_model=earlier.requested_model,
            endpoint=provider.dialect.completion_url(provider.base_url),
            parameters=earlier.parameters,
            in_background=earlier.in_background,
            body=earlier.body,
            holes=earlier.holes,
        )
        Attempt.objects.create(run=run, number=1)
        return run


class Run(models.Model):
    """One call to one model, from request to record. Immutable once it has ended."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        INTERRUPTED = "interrupted"

    FINAL = frozenset({State.DONE, State.FAILED, State.CANCELLED, State.INTERRUPTED})

    class CostSource(models.TextChoices):
        REPORTED = "reported"
        COMPUTED = "computed"
        UNKNOWN = "unknown"

    # Who, and once: the same token from the same person is the same run, however often the form arrives.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs", db_index=False)
    client_token = models.CharField(max_length=64)

    # What was asked for. Names stay readable when the provider or the model is gone.
    provider = models.ForeignKey(Provider, null=True, on_delete=models.SET_NULL, related_name="runs")
    language_model = models.ForeignKey(LanguageModel, null=True, on_delete=models.SET_NULL, related_name="runs")
    requested_model = models.CharField(max_length=200)
    endpoint = models.CharField(max_length=600)
    parameters: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)

    # Where it stands. `owner` is the process that writes it, until `lease_until` by the database's clock.
    state = models.CharField(max_length=11, choices=State, default=State.QUEUED)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    # A worker performs it, without streaming; the others live in the web process that accepted the message.
    in_background = models.BooleanField(default=False)
    # When a process last took it on.
    begun_at = models.DateTimeField(null=True)
    # When its person looked at the end of a background run; until then it is news.
    seen_at = models.DateTimeField(null=True)
    # The number of its last event; events are folded into the columns below when it ends.
    last_seq = models.PositiveIntegerField(default=0)

    # What came back
    text = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    refusal = models.TextField(blank=True)
    tool_calls: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    extras: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    served_model = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    finish_reason_raw = models.CharField(max_length=100, blank=True)

    # The facts
    prompt_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    reasoning_tokens = models.PositiveIntegerField(null=True)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=9, null=True)
    cost_source = models.CharField(max_length=10, choices=CostSource, default=CostSource.UNKNOWN)
    # Where the figure comes from, or why there is none.
    cost_note = models.CharField(max_length=100, blank=True)
    # By the database's clock, as leases are: whether a run is overdue is asked there.
    queued_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    # Milliseconds since the attempt was sent, by a monotonic clock.
    first_byte_ms = models.PositiveIntegerField(null=True)
    first_token_ms = models.PositiveIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)

    # Why it did not go well
    error_kind = models.CharField(max_length=30, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    error_status = models.PositiveSmallIntegerField(null=True)

    # The record, last because it is large: compressed, and read only by the page that shows it.
    usage_raw: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    # The exact bytes that are sent, without the data of attachments; and where that belongs: [place, SHA-256] each.
    body = models.BinaryField()
    holes: "models.JSONField[list[holes.Hole] | None]" = models.JSONField(null=True)
    # One line for each piece the provider sent: milliseconds, a tab, the piece.
    raw = models.BinaryField(default=b"")
    # The events it was shown as: [type, length, milliseconds] each, so that a late reader can go on from any number.
    timeline = models.BinaryField(default=b"")

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client_token"], name="one_run_per_click")]
        indexes = [
            models.Index(fields=["user", "-id"], name="runs_of_a_person"),
            # What the sweeper, the heartbeat and the limit of runs for each person ask for.
            models.Index(fields=["state", "user"], condition=UNDER_WAY, name="runs_under_way"),
            # Whose turn it is in the background: who waits, and when each was last served.
            models.Index(fields=["user", "id"], condition=WAITING, name="runs_that_wait"),
            models.Index(
                fields=["user", "-begun_at"], condition=models.Q(in_background=True), name="runs_in_background"
            ),
            # What runs in the background, or has ended unseen.
            models.Index(
                fields=["user", "-id"],
                condition=models.Q(in_background=True, seen_at=None),
                name="runs_that_are_news",
            ),
            models.Index(fields=["-id"], condition=WENT_WRONG, name="runs_that_went_wrong"),
            # How long this model usually takes.
            models.Index(fields=["language_model", "-id"], condition=models.Q(state="done"), name="runs_of_a_model"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.requested_model}"

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL

    @property
    def seconds_so_far(self) -> int:
        """Since it was asked for, while it is under way."""
        return max(0, int((timezone.now() - self.queued_at).total_seconds()))

    @property
    def request_body(self) -> bytes:
        """The exact bytes that are sent. Raises `files.LostError`."""
        return self.body_with(files.base64_of)

    def body_with(self, data_of: Callable[[str], bytes]) -> bytes:
        """The body with what this says of each attachment, by its SHA-256, in the place of its data."""
        return holes.fill(zlib.decompress(self.body), self.holes or [], data_of)

    @property
    def error(self) -> Kind | None:
        """The words for what went wrong, if something did."""
        return KINDS.get(self.error_kind)

    @property
    def cost_text(self) -> str:
        """The cost in US dollars with as many places as it has: a cheap call costs far less than a cent."""
        return f"${self.cost_usd.normalize():f}" if self.cost_usd is not None else ""

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens by the time from the first token to the end; None where either is not known.

        An answer that comes whole has no first token.
        """
        if not self.output_tokens or self.duration_ms is None or self.first_token_ms is None or self.in_background:
            return None
        milliseconds = self.duration_ms - self.first_token_ms
        return self.output_tokens * 1000 / milliseconds if milliseconds > 0 else None

    @property
    def predicted(self) -> dict[str, int | None]:
        """How many tokens of a predicted answer were used and how many were not; nothing where none was predicted."""
        details = self.usage_raw.get("completion_tokens_details")
        details = details if isinstance(details, dict) else {}
        names = {"accepted": "accepted_prediction_tokens", "rejected": "rejected_prediction_tokens"}
        counts = {ours: details.get(theirs) for ours, theirs in names.items()}
        return counts if any(counts.values()) or "prediction" in self.parameters else {}

    def request_cancel(self) -> bool:
        """Ask whoever runs it to stop; one that nobody has begun ends at once. True if there was something to stop."""
        unbegun = Run.objects.filter(pk=self.pk, state=self.State.QUEUED)
        if unbegun.update(state=self.State.CANCELLED, cancel_requested=True, ended_at=Now()):
            return True
        return bool(Run.objects.filter(pk=self.pk, state=self.State.RUNNING).update(cancel_requested=True))

    def raw_pieces(self) -> list[tuple[int, str]]:
        """(milliseconds since it was sent, what the provider sent), in order."""
        if not self.raw:
            return []
        lines = zlib.decompress(self.raw).decode().splitlines()
        return [(int(ms), json.loads(piece)) for ms, piece in (line.split("\t", 1) for line in lines)]


_STREAMING = Values(
    lambda user: (
        Run.objects.under_way()
        .filter(user=user, in_background=False)
        .values("user")
        .annotate(count=models.Count("pk"))
        .values_list("count")
    )
)
