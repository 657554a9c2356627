"""Whose turn it is in the background: nobody waits for all of another person's work."""

from collections import Counter
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from runs.models import Attempt, Run

# Any number that nothing else locks by.
LOCK = 7_204_516
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def next_run() -> Run | None:
    """The waiting run that is to begin now; None where nobody waits who may begin.

    To be called in the transaction that claims it. People take turns: first whoever has the fewest runs under way, of
    those whoever was served longest ago. Within one person's runs the oldest comes first.
    """
    _one_at_a_time()
    under_way = Run.objects.under_way().filter(state=Run.State.RUNNING, in_background=True)
    pairs = list(under_way.values_list("user_id", "provider_id"))
    performed = Counter(person for person, _ in pairs)
    busy = Counter(provider for _, provider in pairs)
    full = [provider for provider, runs in busy.items() if runs >= settings.BACKGROUND_PER_PROVIDER]
    told_to_wait = Attempt.objects.filter(state=Attempt.State.PREPARED, not_before__gt=Now()).values("run_id")
    waiting = Run.objects.waiting().exclude(provider__in=full).exclude(pk__in=told_to_wait)
    people = [
        person
        for person in waiting.order_by("user_id").values_list("user_id", flat=True).distinct()
        if performed[person] < settings.BACKGROUND_PER_PERSON
    ]
    if not people:
        return None
    person = min(people, key=lambda person: (performed[person], _last_served(person)))
    whole = waiting.filter(user=person).select_related("provider", "user")
    return whole.only("body", "in_background", "provider", "user").order_by("pk").first()


def is_anybody_waiting() -> bool:
    return Run.objects.waiting().exists()


def _last_served(person: int) -> datetime:
    begun = Run.objects.filter(user=person, in_background=True, begun_at__isnull=False)
    return begun.order_by("-begun_at").values_list("begun_at", flat=True).first() or LONG_AGO


def _one_at_a_time() -> None:
    """Two who choose at once would both find the limits kept. SQLite has only one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
