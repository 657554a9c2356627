"""Django's part of a request, in one thread from the first middleware to the rendered page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponseBase
from django.urls import set_script_prefix

# Requests that are worked on at a time. More of them do not get done sooner, they only keep the event loop, and with it
# every running stream, from its turn: a hundred people who asked within a second held up one token in a hundred for
# 1.4 s without a limit, and for half a second with eight threads.
THREADS = 8

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class OneThreadHandler(ASGIHandler):
    """Goes to a thread once for each request, one of a few that live on and keep their connection to the database.

    Left to itself, Django's handler takes each step of each middleware, the session, the user, its signals and the
    closing of the answer to a thread and back, and makes a thread for each request: some twenty turns, which cost more
    than the page. An asynchronous view still runs in the event loop.
    """

    def __init__(self) -> None:
        super().__init__()
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        # Made once: to make one takes as long as the turn itself.
        self._in_thread = sync_to_async(_taken, thread_sensitive=False, executor=threads)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            response = await self._in_thread(self._answer, scope, body)
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)

    def _answer(self, scope: Scope, body: "SpooledTemporaryFile[bytes]") -> HttpResponseBase:
        """The whole of it, closed if it is all there; begin and end, too, are where the connection is looked after."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        response = self.get_response(request) if request else refusal
        assert response, "a request or the reason why there is none"  # noqa: S101
        response._handler_class = type(self)  # type: ignore[attr-defined]
        if not response.streaming:
            response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send until the end, or until the reader goes away."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait([sending, leaving])
            with suppress(asyncio.CancelledError, RequestAborted):
                leaving.result()
            await self._in_thread(response.close)
        with suppress(asyncio.CancelledError):
            sending.result()


def _taken(step: Callable[..., Any], *arguments: Any) -> Any:
    return step(*arguments)
