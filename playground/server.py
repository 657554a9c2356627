"""Daphne as we run it. Importing this makes the event loop, so the kind of loop has to be chosen before."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from daphne.http_protocol import WebRequest  # type: ignore[import-untyped]
from daphne.server import Server  # type: ignore[import-untyped]
from django.conf import settings
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from playground import health, troubles, unread_lines
from playground.asgi import application
from playground.sockets import MESSAGE_BYTES, SocketProtocol
from providers import client
from runs import engine
from runs.consumers import AT_ONCE

# Seconds that requests get to be answered when everything else has ended.
LAST_ANSWERS = 3.0
# Seconds in which somebody who was just connected asks, and an answer that was just given leaves.
MOMENT = 0.1
# The close code of a server that will be back: https://www.iana.org/assignments/websocket/websocket.xhtml.
SERVICE_RESTART = 1012


class LimitedRequest(WebRequest):  # type: ignore[misc]
    """A request that is refused where it is larger than any of ours, before it fills the disk.

    Twisted gathers all of it before anybody is asked, Daphne reads all of that into memory, and Django looks last.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Twisted would take each form apart too, here in the loop, with all the files in it; Django does that."""
        super().__init__(*arguments, **options, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """The size that the headers say; None for one that is sent in pieces."""
        super().gotLength(min(length or 0, settings.REQUEST_BYTES) if length is not None else None)
        if length is not None and length > settings.REQUEST_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self.content.tell() + len(data) > settings.REQUEST_BYTES:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def _refuse(self) -> None:
        self.channel.transport.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.channel.transport.loseConnection()


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

    def create_application(self, protocol: object, scope: dict[str, Any]) -> Any:
        """For a socket, with the extension by which it is told at once what is stored, and heard at once."""
        if isinstance(protocol, SocketProtocol):
            scope["extensions"] = {AT_ONCE: {"say": protocol.say, "hear": protocol.heard_by}}
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """From the moment at which it is asked to end it has each connection closed, so that a proxy takes others."""
        if message["type"] == "websocket.send" and message.get("text") and protocol.state == protocol.STATE_OPEN:
            # The way of each token.
            protocol.sendMessage(message["text"].encode(), has_more=message.get("has_more", False))
            return
        if message["type"] == "http.response.start" and health.draining.is_set():
            message = {**message, "headers": [*message.get("headers", []), (b"Connection", b"close")]}
        await super().handle_reply(protocol, message)

    def _begin(self) -> None:
        """Daphne is built; the loop is about to run."""
        unread_lines.spare()
        self.ws_factory.protocol = SocketProtocol
        self.http_factory.buildProtocol = self._build_protocol
        self.http_factory.log = unread_lines.unwritten
        self._port = reactor.adoptStreamPort(self._listener.fileno(), self._listener.family, self.http_factory)
        # Twisted has made a copy. With a second one open here the kernel would go on taking connections for nobody.
        self._listener.close()
        self._warming_up = asyncio.get_event_loop().create_task(self._warm_up())

    def _build_protocol(self, address: object) -> object:
        protocol = type(self.http_factory).buildProtocol(self.http_factory, address)
        protocol.requestFactory = LimitedRequest
        return protocol

    async def _warm_up(self) -> None:
        await client.warm_up()
        engine.engine().adopt()
        self._watching = asyncio.get_running_loop().create_task(troubles.watch(), name="watch")
        self._when_ready()

    async def _finish(self) -> None:
        # Pages stay reachable meanwhile: whoever watches an answer end fetches its final form.
        health.draining.set()
        await engine.drain(settings.DRAIN_SECONDS, last=self._answer_the_last)
        await client.close()
        await self._close_sockets()
        running = self._running(lambda _: True)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _answer_the_last(self) -> None:
        """Nobody is taken in any more, so a proxy goes elsewhere; who has asked here gets an answer."""
        self._port.stopListening()
        await asyncio.sleep(MOMENT)
        requests = self._running(lambda protocol: not isinstance(protocol, SocketProtocol))
        if requests:
            # Streams of events have no end, and are taken up elsewhere.
            await asyncio.wait(requests, timeout=LAST_ANSWERS)
        await asyncio.sleep(MOMENT)

    async def _close_sockets(self) -> None:
        """Pages are told that this is no trouble of their network, and go on elsewhere."""
        for protocol in list(self.connections):
            if isinstance(protocol, SocketProtocol):
                protocol.serverClose(SERVICE_RESTART)
        await asyncio.sleep(MOMENT)

    def _running(self, is_meant: Callable[[object], bool]) -> list[asyncio.Task[None]]:
        """What works for such connections. One that is kept open between two requests has nothing that does."""
        tasks = [
            details.get("application_instance") for protocol, details in self.connections.items() if is_meant(protocol)
        ]
        return [task for task in tasks if task and not task.done()]
