"""Django's part of a request, in one thread from the first middleware to the rendered page."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponseBase

# Requests that are worked on at a time. More of them do not get done sooner, they only keep the event loop, and with it
# every running stream, from its turn: a hundred people who asked within a second held up one token in a hundred for
# 1.4 s without a limit, and for half a second with eight threads.
THREADS = 8


class OneThreadHandler(ASGIHandler):
    """Goes to a thread once for each request, one of a few that live on and keep their connection to the database.

    Left to itself, Django's handler takes each step of each middleware, and the session, and the user, to a thread and
    back: some twenty turns, which cost more than the page. An asynchronous view still runs in the event loop.
    """

    def __init__(self) -> None:
        super().__init__()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> Any:
        return await sync_to_async(self._answer, thread_sensitive=False, executor=self._threads)(request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        # Django does this at the beginning and the end of a request too, but in another thread than this one.
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()
