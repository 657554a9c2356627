"""Daphne as we run it. Importing this makes the event loop, so the kind of loop has to be chosen before."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from daphne.server import Server  # type: ignore[import-untyped]
from daphne.ws_protocol import WebSocketProtocol  # type: ignore[import-untyped]
from django.conf import settings
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from playground import health
from playground.asgi import application
from providers import client
from runs import engine

# Bytes of one message from a browser: orders such as "follow" and "stop", never content.
MESSAGE_BYTES = 64 * 1024


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """Daphne's sockets without two limits that Autobahn puts on the server's own words.

    It raised for them, and a socket that was to be closed, or to be told much at once, stayed open and silent.
    """

    def sendMessage(self, payload: bytes, isBinary: bool = False, **options: Any) -> None:  # noqa: N802, N803
        """`MESSAGE_BYTES` are for what comes in; an answer that is caught up with goes out as one message."""
        self.maxMessagePayloadSize = 0
        try:
            super().sendMessage(payload, isBinary, **options)
        finally:
            self.maxMessagePayloadSize = MESSAGE_BYTES

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802
        """With any code, also one that the standard has named, such as 1013."""
        self.sendCloseFrame(code=code or 1000)


class PlaygroundServer(Server):  # type: ignore[misc]
    """Serves a socket that is listening already. Asked to end, it lets running answers finish first."""

    def __init__(self, listener: socket.socket, *, when_ready: Callable[[], None]) -> None:
        super().__init__(
            application,
            # Daphne insists on an address to open; ours is open, and adopted in `_begin`.
            endpoints=["none"],
            ready_callable=self._begin,
            websocket_max_message_size=MESSAGE_BYTES,
            websocket_max_frame_size=MESSAGE_BYTES,
            server_name="",
            # Daphne would believe the first entry of X-Forwarded-For, which is the client's own word. The header is
            # read where it is needed (accounts/client_address.py), by the operator's count of proxies.
            proxy_forwarded_address_header=None,
        )
        self.endpoints: list[str] = []
        self._listener = listener
        self._when_ready = when_ready

    def kill_all_applications(self) -> Deferred[None]:
        """Daphne's last step: here the answers that are being written come before it.

        A step of its own would not do: Twisted begins all that is to happen before the shutdown at the same moment.
        """
        return Deferred.fromFuture(asyncio.ensure_future(self._finish()))

    def _begin(self) -> None:
        """Daphne is built; the loop is about to run."""
        self.ws_factory.protocol = SocketProtocol
        reactor.adoptStreamPort(self._listener.fileno(), self._listener.family, self.http_factory)
        self._warming_up = asyncio.get_event_loop().create_task(self._warm_up())

    async def _warm_up(self) -> None:
        await client.warm_up()
        engine.engine().adopt()
        self._when_ready()

    async def _finish(self) -> None:
        # Pages stay reachable meanwhile: whoever watches an answer end fetches its final form.
        health.draining.set()
        await engine.drain(settings.DRAIN_SECONDS)
        await client.close()
        # A connection that is kept open between two requests has no application; Daphne's own step fails at it.
        running = [task for details in self.connections.values() if (task := details.get("application_instance"))]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
