"""The socket of a page: it tells and follows, and takes no orders but follow, acknowledge and stop."""

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.utils import await_many_dispatch
from django.conf import settings

from accounts.sessions import is_signed_in, person_of, session_key_in
from runs import metrics, wakeups
from runs.engine import engine
from runs.following import error_frame
from runs.models import Run
from runs.relay import MOST_FOLLOWED, NO_SUCH_RUN, Frame, Relay
from runs.stopping import stop

logger = logging.getLogger(__name__)

# Close codes: https://www.rfc-editor.org/rfc/rfc6455#section-7.4 and, from 4000 on, our own.
TRY_AGAIN_LATER = 1013
POLICY_VIOLATION = 1008
SERVER_ERROR = 1011
SIGNED_OUT = 4401
# Messages that one socket may send in a second. A page that has broken off asks for all its runs at once, acknowledges
# each of them every second, and one of them with every 32 frames: 200 runs with 50 frames a second take half of it.
MOST_OPERATIONS = 5 * MOST_FOLLOWED
# No database has a larger one.
LARGEST_NUMBER = 2**63 - 1
# Seconds between two looks whether the person is still signed in.
SESSION_CHECK = 30.0
# The extension of a server, in the sense of ASGI, by which a socket needs no queue and no task that wakes. Ours has it:
# `say` takes texts without being waited for, in order with what is sent otherwise; `hear` takes a function that gets
# each text of the page first, and says whether it is done with it.
AT_ONCE = "playground.at_once"
# Seconds after which a run of another process is read again, in case a wake-up was lost; there are none without Redis.
RE_READ = 5.0 if settings.REDIS_URL else 1.0
# Seconds that Redis may take to begin or to end our wake-ups for a run, while the page waits to be heard again.
REDIS_PATIENCE = 2.0

find_person = database_sync_to_async(person_of)


class RunConsumer(AsyncWebsocketConsumer):
    """Follows any number of runs for one page. One task owns the sending, so frames keep their order."""

    # While the socket is open.
    sender: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hear the page, and other processes where there is Redis to hear them by.

        To listen to both takes two more tasks and a wait for either, for each message. Channels' own way would need
        Redis before it hears the page at all.
        """
        self.scope, self.base_send = scope, send
        try:
            with suppress(StopConsumer):
                if settings.REDIS_URL:
                    layer: Any = get_channel_layer(self.channel_layer_alias)
                    self.channel_layer = layer
                    self.channel_name = f"page.{uuid4().hex}"
                    heard: list[Any] = [receive, self._next_wakeup]
                    await await_many_dispatch(heard, self.dispatch)
                while True:
                    await self.dispatch(await receive())
        finally:
            # Also where something broke: a page that is gone is not to be followed for, and told, for ever.
            await self._leave()

    # Connecting

    async def connect(self) -> None:
        self.session_key = session_key_in(self.scope["headers"])
        user = await find_person(self.session_key)
        if user is None:
            await self.close(SIGNED_OUT)
            return
        self.user = user
        # When the session was last found to be this person's.
        self.looked_at = time.monotonic()
        extensions: dict[str, Any] = dict(self.scope.get("extensions") or {})
        at_once = extensions.get(AT_ONCE, {})
        say = at_once.get("say")
        self.relay = Relay(
            re_read=RE_READ, say=(lambda frames: say([frame.content for frame in frames])) if say else None
        )
        # Messages of the page since this moment of the monotonic clock, which is at most a second ago when one comes.
        self.operations, self.counted_from = 0, time.monotonic()
        if hear := at_once.get("hear"):
            hear(self._hear_acknowledgement)
        await self.accept()
        metrics.socket_opened()
        self.sender = asyncio.create_task(self._send_until_closed(), name="socket sender")

    async def disconnect(self, code: int) -> None:
        await self._leave()

    async def _leave(self) -> None:
        """Follow nothing any more."""
        if sender := self.sender:
            self.sender = None
            sender.cancel()
            metrics.socket_closed()
            followed = self.relay.run_ids
            # First of all: what follows may wait for Redis until whoever calls has lost patience.
            self.relay.close()
            for run_id in followed:
                await self._woken_by(run_id, begins=False)

    async def websocket_disconnect(self, message: Any) -> None:
        """It is over. There are no groups to be left here, and no connection to a database to be given back."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without a look at the database's connections, which Channels takes in a thread before each message.

        Most messages are acknowledgements; what does ask the database cares for its own connection.
        """
        await getattr(self, get_handler_name(message))(message)

    # Receiving

    def _hear_acknowledgement(self, text: str) -> bool:
        """Whether it was one, as nearly each message is: there is nothing in it that has to be waited for."""
        order = order_in(text)
        if order is None or order.operation != "ack" or not self._is_calm():
            return False
        self.relay.acknowledge(order.run_id, order.number)
        return True

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self._is_calm():
            await self.close(POLICY_VIOLATION, "too many messages")
            return
        order = order_in(text_data or "")
        if order is None:
            await self.close(POLICY_VIOLATION, "not a message of this protocol")
            return
        operation, run_id, number = order
        if operation == "ack":
            self.relay.acknowledge(run_id, number)
        elif operation == "unfollow":
            await self._unfollow(run_id)
        elif operation == "follow" and self._is_known_as_mine(run_id):
            await self._follow(run_id, number)
        elif operation in {"follow", "stop"}:
            await self._ask(operation, run_id, number)
        else:
            self.relay.tell(error_frame(run_id, "This operation is not known."))

    async def _ask(self, operation: str, run_id: int, after: int) -> None:
        """What needs a right to the run. A stranger's run is answered as one that does not exist."""
        run = await self._visible_run(run_id)
        if run is None:
            self.relay.tell(error_frame(run_id, NO_SUCH_RUN))
        elif operation == "stop":
            await stop(run)
        else:
            await self._follow(run_id, after)

    def _is_known_as_mine(self, run_id: int) -> bool:
        """Whether nothing needs to be asked: whoever has just sent a message waits for its first word.

        Such a run would be sent on anyway until the session is looked at again.
        """
        is_fresh = time.monotonic() - self.looked_at < SESSION_CHECK
        return is_fresh and engine().performs_for(run_id, self.user.pk)

    def _is_calm(self) -> bool:
        now = time.monotonic()
        if now - self.counted_from > 1:
            self.operations, self.counted_from = 0, now
        self.operations += 1
        return self.operations <= MOST_OPERATIONS

    @database_sync_to_async
    def _visible_run(self, run_id: int) -> Run | None:
        if not self._is_signed_in():
            return None
        return Run.objects.visible_to(self.user).only("state", "user").filter(pk=run_id).first()

    def _is_signed_in(self) -> bool:
        """Whether the session that opened this socket still is one, of a person who may sign in."""
        now = time.monotonic()
        is_mine = is_signed_in(self.user.pk, self.session_key)
        if is_mine:
            self.looked_at = now
        return is_mine

    async def _follow(self, run_id: int, after: int) -> None:
        if len(self.relay.run_ids) < MOST_FOLLOWED:
            await self._woken_by(run_id, begins=True)
            await self.relay.follow(run_id, after)

    async def _unfollow(self, run_id: int) -> None:
        if self.relay.unfollow(run_id):
            await self._woken_by(run_id, begins=False)

    async def _woken_by(self, run_id: int, *, begins: bool) -> None:
        """Begin or end to be woken by other processes. While Redis is away nobody is: then the database is re-read."""
        if settings.REDIS_URL:
            layer = self.channel_layer
            change = layer.group_add if begins else layer.group_discard
            try:
                async with asyncio.timeout(REDIS_PATIENCE):
                    await change(wakeups.group(run_id), self.channel_name)
            except Exception as error:
                logger.warning("The wake-ups for run %d were not changed: %s", run_id, error)

    # Relaying

    async def _next_wakeup(self) -> dict[str, Any]:
        """The next message from another process."""
        while True:
            try:
                return await self.channel_layer.receive(self.channel_name)
            except Exception as error:
                # Our name is known to the layer all the same: what it hears again later reaches us.
                logger.warning("Nothing is heard of other processes: %s", error)
                await asyncio.sleep(RE_READ)

    async def run_advanced(self, message: dict[str, Any]) -> None:
        """A wake-up from another process."""
        self.relay.catch_up(message["run"])

    async def _send_until_closed(self) -> None:
        try:
            await self._send_all()
        except Exception:
            # A socket that stays open and silent would be worse: the page comes back and goes on from its number.
            logger.exception("A socket of user %d failed", self.user.pk)
            await self.close(SERVER_ERROR)

    async def _send_all(self) -> None:
        check_session = time.monotonic() + SESSION_CHECK
        # To be cancelled is not enough: until Python 3.12 `asyncio.wait_for`, by which Redis is asked to wake us no
        # more, forgets about it where its answer comes at the same moment.
        while self.sender:
            is_time_to_look = await self.relay.wait()
            if is_time_to_look and time.monotonic() > check_session:
                check_session = time.monotonic() + SESSION_CHECK
                if not await database_sync_to_async(self._is_signed_in)():
                    await self.close(SIGNED_OUT)
                    return
            await self._send_frames(self.relay.ready())
            if self.relay.has_missed:
                async for frames in self.relay.missed():
                    await self._send_frames(frames)
                    if not self.sender:
                        return
            if is_time_to_look and self.relay.is_given_up:
                await self.close(TRY_AGAIN_LATER, "nothing was acknowledged for too long")
                return

    async def _send_frames(self, frames: list[Frame]) -> None:
        left = len(frames)
        for frame in frames:
            left -= 1
            # `has_more` is a word of our server's, which lets frames leave together; others pass it over.
            message: Any = {"type": "websocket.send", "text": frame.content, "has_more": left > 0}
            # As `send` does it, in one step instead of three.
            await self.base_send(message)
            if frame.is_last:
                await self._unfollow(frame.run_id)


class Order(NamedTuple):
    """What a page asks for."""

    operation: str
    run_id: int
    # Of an event: the last that was seen, or that arrived.
    number: int


def order_in(text: str) -> Order | None:
    """The order in this message; None where it is none of this protocol."""
    try:
        message = json.loads(text)
        number = int(message.get("after", message.get("seq", 0)))
        order = Order(str(message["op"]), int(message["run"]), number)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
    return order if max(abs(order.run_id), abs(order.number)) <= LARGEST_NUMBER else None
