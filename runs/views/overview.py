"""What runs, waits and has ended: one's own, and for an operator everybody's."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from runs.models import Run, Worker

# Runs on a page.
PAGE = 50
# What the list may be of, and how it is called.
KINDS = {"under-way": "Under way", "wrong": "Went wrong", "all": "All"}
# Seconds that a run waits without anything being wrong.
SHORT = 15
COLUMNS = (
    "state",
    "requested_model",
    "in_background",
    "queued_at",
    "duration_ms",
    "cost_usd",
    "cost_source",
    "error_kind",
    "user__email",
    "user__name",
)


@dataclass(frozen=True)
class Queue:
    """How those fare who wait for a worker."""

    waiting: int
    # Seconds that the first of them has waited.
    longest: int
    performed: int
    workers: list[Worker]

    @classmethod
    def now(cls) -> "Queue":
        waiting = Run.objects.waiting()
        first = waiting.order_by("pk").only("queued_at").first()
        return cls(
            waiting=waiting.count(),
            longest=first.seconds_so_far if first else 0,
            performed=Run.objects.under_way().filter(state=Run.State.RUNNING, in_background=True).count(),
            workers=list(Worker.objects.alive().order_by("name")),
        )

    @property
    def trouble(self) -> str:
        """Why nothing begins, and what to do; empty where all is well."""
        if not self.workers:
            return "No worker has given a sign of life. What waits begins as soon as one is there: start it again."
        if self.waiting and not self.performed and self.longest > SHORT:
            return "A worker is there, and yet nothing begins. Look into its log; a provider may ask everybody to wait."
        return ""

    @property
    def limits(self) -> str:
        """Why a run may wait although workers are there."""
        person, provider = settings.BACKGROUND_PER_PERSON, settings.BACKGROUND_PER_PROVIDER
        return f"At most {person} at once for one person, and {provider} with one provider; people take turns."


@login_required
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else "under-way"
    whose = "mine" if request.GET.get("whose") == "mine" or not request.user.is_operator else "all"
    rows = _rows(request, kind, whose)
    address = {"kind": kind, "whose": whose}
    older = f"?{urlencode({**address, 'before': rows[PAGE - 1].pk})}" if len(rows) > PAGE else ""
    context = {
        "runs": rows[:PAGE],
        "older_url": older,
        "kind": kind,
        "kinds": KINDS,
        "whose": whose,
        "queue": Queue.now(),
        # Only while something may change, and only where it is seen.
        "is_moving": kind == "under-way" and "before" not in request.GET,
    }
    return render(request, "runs/runs.html", context)


def _rows(request: PersonRequest, kind: str, whose: str) -> list[Run]:
    seen = Run.objects.visible_to(request.user) if whose == "mine" else Run.objects.watched_by(request.user)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        seen = seen.filter(pk__lt=int(before))
    return list(_of_kind(seen, kind).select_related("user").only(*COLUMNS).order_by("-pk")[: PAGE + 1])


def _of_kind(runs: QuerySet[Run], kind: str) -> QuerySet[Run]:
    match kind:
        case "under-way":
            return Run.objects.under_way() & runs
        case "wrong":
            return Run.objects.went_wrong() & runs
        case _:
            return runs
