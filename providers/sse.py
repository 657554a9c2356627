"""Server-sent events, from bytes as they come off the network. Pure: no Django, no I/O.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, with one change: a last event
that lacks its blank line still counts, because whether an answer is whole is for its dialect to say.
"""

from providers.errors import Broken

# Bytes of one event, or of one line. A long piece of base64 audio fits; a line that never ends does not.
MAX_EVENT = 1024 * 1024
# Bytes of one run, with all framing.
MAX_RUN = 10 * 1024 * 1024

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventStream:
    """Turns reads of any size into the `data` of each completed event. Work is linear in the bytes fed.

    Lines are cut as bytes and decoded whole: no line end can be part of a longer UTF-8 sequence, so a character that
    was cut between two reads is whole again by then. Invalid bytes become U+FFFD.

    Raises `Broken("too_large")` at the bounds above, after the events before them have been given.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_size = 0
        self._read = 0
        self._at_start = True
        self._after_cr = False
        self._too_large = False

    def feed(self, data: bytes) -> list[str]:
        """The events that these bytes complete."""
        left = MAX_RUN - self._read
        self._read += len(data)
        if self._is_one_event(data) and len(data) <= left:
            self._at_start = False
            return [data[6:-2].decode("utf-8", "replace")]
        if len(data) <= left:
            return self._given(self._events_in(data))
        events = self._events_in(data[: max(left, 0)])
        self._too_large = True
        return self._given(events)

    def _is_one_event(self, data: bytes) -> bool:
        """One event of one line with nothing left over before it, as nearly each read of a stream of tokens is."""
        return (
            data.startswith(b"data: ")
            and data.endswith(b"\n\n")
            and data.find(b"\n") == len(data) - 2
            and len(data) <= MAX_EVENT
            and b"\r" not in data
            and not (self._line or self._data or self._after_cr or self._too_large)
        )

    def close(self) -> list[str]:
        """The last event, where the stream ended without a blank line."""
        return self._given(self._events_in(b"\n\n"))

    def _given(self, events: list[str]) -> list[str]:
        if self._too_large and not events:
            raise Broken("too_large")
        return events

    def _events_in(self, data: bytes) -> list[str]:
        if self._too_large:
            return []
        if self._after_cr or b"\r" in data:
            data = self._with_line_feeds(data)
        end = data.rfind(b"\n")
        if end < 0:
            events = []
            self._line += data
        else:
            block = bytes(self._line) + data[:end] if self._line else data[:end]
            self._line = bytearray(data[end + 1 :])
            events = self._events_of(block.split(b"\n"))
        if len(self._line) > MAX_EVENT:
            self._too_large = True
        return events

    def _with_line_feeds(self, data: bytes) -> bytes:
        """The same lines, each ended by LF. CR ends a line at once, so an LF that opens the next read belongs to it."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if data.endswith(b"\r"):
            self._after_cr = True
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events_of(self, lines: list[bytes]) -> list[str]:
        events = []
        if self._at_start:
            lines[0] = lines[0].removeprefix(BYTE_ORDER_MARK)
            self._at_start = False
        for line in lines:
            if line.startswith(b"data:") or line == b"data":
                self._data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
                self._data_size += len(line)
                if self._data_size > MAX_EVENT:
                    self._too_large = True
                    break
            elif not line:
                if self._data:
                    events.append(b"\n".join(self._data).decode("utf-8", "replace"))
                    self._data.clear()
                    self._data_size = 0
            elif len(line) > MAX_EVENT:
                self._too_large = True
                break
        return events
