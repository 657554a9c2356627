"""What is out of order around this web process: looked after until it is over, and said on every page meanwhile."""

import asyncio
import logging

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.broker import broker
from runs.storage import Trouble, storage

logger = logging.getLogger(__name__)

# Seconds between two looks.
INTERVAL = 3.0

BROKER_WORDS = (
    "Jobs that run in the background have to wait: the server's queue takes nothing at the moment. What another "
    "process of it writes may show up late; answers are written and saved as ever."
)


def told(request: HttpRequest) -> dict[str, list[str]]:
    """For every page: what is out of order, in sentences. Known beforehand; nobody is asked for it."""
    storage_words = [_storage_words(storage.trouble)] if storage.trouble else []
    return {"troubles": storage_words + ([] if broker.takes_jobs else [BROKER_WORDS])}


@never_cache
@require_safe
def troubles(request: HttpRequest) -> HttpResponse:
    """For a page that tells of a trouble: nothing new, or that it is over. Needs no database and no session."""
    if told(request)["troubles"]:
        return HttpResponse(status=204)
    return render(request, "_troubles.html")


async def watch() -> None:
    """Find out what is over, and what has begun with nobody there to notice; never ends."""
    while True:
        await asyncio.sleep(INTERVAL)
        try:
            if storage.trouble:
                await asyncio.to_thread(_check_storage)
            await broker.check()
        except Exception:
            logger.exception("Looking after the server's troubles failed; the next look tries again")


def _check_storage() -> None:
    try:
        storage.check()
    finally:
        connection.close()


def _storage_words(trouble: Trouble) -> str:
    return (
        f"Nothing can be saved right now: {trouble.clause}. What is here can be read; what you type stays in this "
        f"browser. Send it {trouble.end}."
    )
