"""Reads every provider's list of models once a day, unasked.

A thread of every worker looks each few minutes. Whoever moves a provider's date on reads its list, so one process does
it, however many there are. What goes wrong is written down with the provider and tried again sooner.
"""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, UnreadableKey
from accounts.secret import Secret
from providers import catalogue
from providers.errors import ProviderError
from providers.models import Provider

logger = logging.getLogger(__name__)

# Seconds between two looks. The first one comes after as many: a start has other things to do.
INTERVAL = 600.0
# After a failure.
AGAIN = timedelta(hours=1)
# Keys that are tried at one provider. Each is somebody's own; a list that two of them cannot open stays closed.
MOST_KEYS = 2
# What a provider says that wants a key for its list, or another one.
WANTS_KEY = frozenset({"key_rejected", "not_allowed", "no_key"})


def refresh_due() -> int:
    """Read the lists whose time has come; how many those were."""
    if not settings.REFRESH_HOURS:
        return 0
    now = timezone.now()
    # The demo's list comes with the product.
    due = Provider.objects.filter(Q(refresh_due_at=None) | Q(refresh_due_at__lte=now)).exclude(slug="demo")
    return sum(_refresh(provider) for provider in due.order_by("pk") if _claim(provider))


def _claim(provider: Provider) -> bool:
    """Move its date on, unless another process has."""
    unchanged = Provider.objects.filter(pk=provider.pk, refresh_due_at=provider.refresh_due_at)
    return bool(unchanged.update(refresh_due_at=timezone.now() + timedelta(hours=settings.REFRESH_HOURS)))


def _refresh(provider: Provider) -> int:
    try:
        refreshed = _read(provider)
    except ProviderError as error:
        logger.info("A model list could not be read", extra={"provider": provider.pk, "error_kind": error.kind.name})
        due_at = timezone.now() + min(AGAIN, timedelta(hours=settings.REFRESH_HOURS))
        Provider.objects.filter(pk=provider.pk).update(refresh_error=error.kind.name, refresh_due_at=due_at)
        return 0
    logger.info("A model list was read", extra={"provider": provider.pk, "found": refreshed.found})
    Provider.objects.filter(pk=provider.pk).update(refresh_error="")
    return 1


def _read(provider: Provider) -> catalogue.Refreshed:
    """Without a key where that is enough: nobody's is used for what anybody may read."""
    read = async_to_sync(catalogue.refresh)
    try:
        return read(provider, None)
    except ProviderError as error:
        if error.kind.name not in WANTS_KEY or not provider.needs_key:
            raise
        failure = error
    for secret in _keys(provider):
        try:
            return read(provider, secret)
        except ProviderError as error:
            if error.kind.name not in WANTS_KEY:
                raise
            failure = error
    raise failure


def _keys(provider: Provider) -> Iterator[Secret]:
    """Keys for its origin, of people who may use it: the most recently entered first, none that was rejected."""
    keys = ApiKey.objects.filter(origin=provider.origin, user__is_active=True).exclude(
        check_state=ApiKey.Check.REJECTED
    )
    if provider.team_id:
        keys = keys.filter(user__memberships__team=provider.team_id)
    for key in keys.order_by("-updated_at", "pk")[:MOST_KEYS]:
        try:
            yield key.open()
        except UnreadableKey:
            continue


def refresh_forever(stopped: threading.Event) -> None:
    """The refreshing thread of a worker."""
    while not stopped.wait(INTERVAL):
        try:
            refresh_due()
        except Exception:
            logger.exception("The model lists could not be looked after; the next look tries again")
        finally:
            connection.close()
