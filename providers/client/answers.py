"""Reading what a provider answers: bytes in, events out, bounded.

What the bytes are is read from the bytes. Content types are often wrong: streams that call themselves text/plain,
errors that call themselves a stream, sign-in pages of a network in the way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from providers.client.body import Body
from providers.dialects import Dialect
from providers.errors import Broken, ProviderError
from providers.events import Event
from providers.sse import EventStream

# Bytes that are read at once, where nobody says how many.
AT_ONCE = 16 * 1024
# Bytes that may be blank before the first that is not.
BLANK_BYTES = 4096
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read at once: the events, and the data of the server-sent events they were read from."""

    events: list[Event]
    raw: list[str]


class Answer:
    """An answer while it comes, in three steps: it flows, it is read meanwhile, and at the end the rest is.

    Reading never waits. So whoever stores what was said reads it when it is about to, of all answers one after the
    other: a task that wakes up for each token, and passes it on, took more time than the token itself.
    """

    def __init__(self, body: Body, dialect: Dialect, served: list[Event]) -> None:
        """`served` is what the headers said; it stands before all else in the first batch."""
        self._body = body
        self._dialect = dialect
        self._stream, self._reader = EventStream(), dialect.stream_reader()
        self._served = served
        # It is a stream, as far as anybody can tell.
        self._streams = False
        # The answer, where it came in one piece although a stream was asked for.
        self._whole = b""
        # Nothing that comes now counts: the end mark was read, or an error in its place.
        self._is_told = False
        self._said_error: ProviderError | None = None
        self._broke: ProviderError | None = None

    async def flow(self, on_news: Callable[[], None]) -> None:
        """Until nothing comes any more; `on_news` is called each time when there is something to `read`.

        Raises nothing of the provider's: how it ended is told at its place, by `rest`.
        """
        try:
            beginning = await self._beginning()
            refuse_web_page(beginning)
            if _first_byte(beginning) in (b"{", b"["):
                self._whole = await self._body.gather(beginning)
            elif beginning:
                self._streams = True
                self._body.put_back(beginning)
                on_news()
                await self._body.flow(on_news)
                if self._is_told and not self._said_error:
                    await self._body.linger()
        except ProviderError as error:
            self._broke = error

    @property
    def has_more(self) -> bool:
        """There is something to `read`."""
        return self._streams and not self._is_told and self._body.has_more

    def read(self, most: int = AT_ONCE) -> Batch | None:
        """What so many bytes say of what has come, or None if that is nothing."""
        data = self._body.read(most) if self._streams and not self._is_told else b""
        if not data:
            return None
        try:
            return self._understood(self._stream.feed(data))
        except Broken as error:
            self._tell(error)
            return None

    def leave(self) -> None:
        """No more of it is wanted."""
        self._tell()

    def rest(self) -> Iterator[Batch]:
        """What is left to be read when nothing flows any more.

        Raises a `ProviderError` where the answer broke off, after everything before that was given.
        """
        if self._whole:
            yield read_whole(self._whole, self._dialect, self._served)
            return
        while self.has_more:
            if batch := self.read():
                yield batch
        if self._said_error:
            raise self._said_error
        # Once the answer is whole, a broken connection is only another end.
        if self._broke and not (isinstance(self._broke, Broken) and self._reader.saw_end):
            raise self._broke
        if not self._is_told:
            yield from self._closing()

    def _closing(self) -> Iterator[Batch]:
        """What is still to be said when a stream has ended. Raises `Broken` where it ended too early."""
        if batch := self._understood(self._stream.close()):
            yield batch
        error = self._said_error
        if error and not (isinstance(error, Broken) and error.kind.name == "protocol_error"):
            raise error
        if rest := self._reader.close():
            yield Batch(rest, [])
        if not self._reader.saw_end:
            # The last data may be half an event, which nobody can read.
            raise Broken("incomplete") from error

    def _understood(self, data: list[str]) -> Batch | None:
        """What the data says, up to an error in it, which is told in its place."""
        if not data:
            return None
        events, self._served = self._served, []
        try:
            for text in data:
                events += self._reader.feed(text)
        except ProviderError as error:
            self._tell(error)
        if self._reader.is_over:
            self._tell()
        return Batch(events, data)

    def _tell(self, error: ProviderError | None = None) -> None:
        """Nothing after this counts."""
        self._is_told = True
        if error and not self._said_error:
            # Tracebacks lead to whoever reads, and that is the journal with all that it has in hand just now.
            error.__cause__ = error.__context__ = None
            self._said_error = error.with_traceback(None)
        self._body.end()

    async def _beginning(self) -> bytes:
        """As much of the body as tells what it is."""
        read = b""
        while piece := await self._body.piece():
            read += piece
            if (_first_byte(read) and len(read) >= len(BYTE_ORDER_MARK)) or len(read) > BLANK_BYTES:
                break
        return read


def read_whole(body: bytes, dialect: Dialect, served: list[Event]) -> Batch:
    """The one batch of an answer that came in one piece."""
    return Batch(served + dialect.read_answer(body), [body.decode(errors="replace")])


def refuse_web_page(body: bytes) -> None:
    """JSON and event streams never begin with an angle bracket; pages do, whatever status they come with."""
    if _first_byte(body) == b"<":
        raise Broken("not_an_api")


def _first_byte(body: bytes) -> bytes:
    return body.removeprefix(BYTE_ORDER_MARK).lstrip()[:1]
