"""What a provider said, byte for byte, kept compressed while it is still speaking. Pure: no Django, no I/O."""

import zlib
from json.encoder import encode_basestring_ascii

# Bytes that wait as they are: many a run holds less for as long as it is open, and a compressor costs more than that.
UNPACKED = 8 * 1024
# What the compressor holds while an answer grows: a window of 2^11 bytes, which still has the chunk before in it, and
# small tables. That is 23 kB for a run instead of the usual 268, and an answer comes out an eighth larger.
WINDOW_BITS, TABLES = 11, 4


class PackedLines:
    """Lines that are compressed while more of them come."""

    def __init__(self) -> None:
        self._unpacked: list[bytes] = []
        self._unpacked_size = 0
        self._packed: list[bytes] = []
        self._compressor: zlib._Compress | None = None

    def add_line(self, line: bytes) -> None:
        """A line with its end, or several."""
        self._unpacked.append(line)
        self._unpacked_size += len(line)
        if self._unpacked_size > UNPACKED:
            self._pack()

    def packed(self) -> bytes:
        """All of it, as a zlib stream. The last thing to ask for."""
        self._pack()
        return b"".join([*self._packed, self._begun().flush()])

    def _pack(self) -> None:
        self._packed.append(self._begun().compress(b"".join(self._unpacked)))
        self._unpacked.clear()
        self._unpacked_size = 0

    def _begun(self) -> "zlib._Compress":
        if self._compressor is None:
            self._compressor = zlib.compressobj(wbits=WINDOW_BITS, memLevel=TABLES)
        return self._compressor


class RawAnswer:
    """The pieces of one answer with their milliseconds; `Run.raw_pieces` reads them again."""

    def __init__(self) -> None:
        self._lines = PackedLines()
        # Written many at a time: for each by itself it takes twice as long.
        self._unwritten: list[tuple[int, str]] = []
        self._unwritten_size = 0

    def add(self, ms: int, piece: str) -> None:
        """The data of one server-sent event, and how long after the request it came."""
        self._unwritten.append((ms, piece))
        self._unwritten_size += len(piece)
        if self._unwritten_size > UNPACKED:
            self._write()

    def packed(self) -> bytes:
        """All of it, as a zlib stream. The last thing to ask for."""
        self._write()
        return self._lines.packed()

    def _write(self) -> None:
        lines = [f"{ms}\t{encode_basestring_ascii(piece)}\n" for ms, piece in self._unwritten]
        self._lines.add_line("".join(lines).encode())
        self._unwritten.clear()
        self._unwritten_size = 0
