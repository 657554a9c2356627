"""Two questions that a supervisor, a proxy or a load balancer asks. The answers name parts, never details."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from playground.broker import broker
from runs.storage import storage

logger = logging.getLogger(__name__)

# Seconds that one part may take to answer.
PATIENCE = 3.0

# Set when this process finishes what it has begun: it should get nothing new.
draining = threading.Event()


async def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Not even the database is asked: a restart of this process would not mend it."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """Whether this process can do its work, part by part; 503 when one of them fails."""
    checks = {
        "database": _database,
        "storage": _storage,
        "broker": broker.check,
        "channel_layer": _channel_layer,
        "accepting": _accepting,
    }
    works = await asyncio.gather(*(_works(name, check) for name, check in checks.items()))
    parts = {name: "ok" if ok else "failed" for name, ok in zip(checks, works, strict=True)}
    return JsonResponse(parts, status=200 if all(works) else 503)


async def _works(name: str, check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await asyncio.wait_for(check(), PATIENCE)
    except Exception as error:
        # Whatever it is, the part does not work. The reason is for the log alone.
        logger.warning("readyz: %s failed: %s", name, type(error).__name__)
        return False


@sync_to_async
def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


@sync_to_async
def _storage() -> bool:
    """Something can be stored. Whoever asks each second is not to wear out the disk by it."""
    return storage.is_well or storage.check()


async def _channel_layer() -> bool:
    """A wake-up that nobody waits for can be sent."""
    layer = get_channel_layer()
    if layer:
        await layer.group_send("readyz", {"type": "readyz"})
    return layer is not None


async def _accepting() -> bool:
    return not draining.is_set()
