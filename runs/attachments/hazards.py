"""What a small file would become when somebody opens it. Pure: no Django.

We open none of them ourselves; a browser does, and a provider, who may charge for it or refuse the account.
"""

import re
import struct
import zlib
from collections.abc import Iterator

# Pixels; a browser needs four bytes for each.
MOST_PIXELS = 100_000_000
# Bytes that all the streams of a PDF may come to; a long scan has some hundred million.
MOST_UNPACKED = 512 * 1024 * 1024
# Bytes taken from a stream at a time, and given back at most.
PIECE = 16 * 1024
UNPACKED_PIECE = 1024 * 1024
# Streams within streams that are followed.
DEEPEST = 4
STREAM = re.compile(rb"(?<!end)stream\r?\n")
JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def hazard_of(content: bytes, media_type: str) -> str:
    """Why this file is not taken, and the next step; empty where there is nothing against it."""
    if media_type == "application/pdf":
        if _unpacks_to_too_much(content):
            return "unpacks to more than half a gigabyte. Print it to a new PDF, or take fewer of its pages."
        return ""
    width, height = dimensions(content, media_type)
    if width * height > MOST_PIXELS:
        return f"has {width:,} × {height:,} pixels. Make it smaller: models see far fewer."
    return ""


def dimensions(content: bytes, media_type: str) -> tuple[int, int]:
    """Width and height of an image in pixels, as it says itself; (0, 0) where it says nothing."""
    try:
        match media_type:
            case "image/png":
                return struct.unpack(">II", content[16:24])
            case "image/gif":
                return struct.unpack("<HH", content[6:10])
            case "image/webp":
                return _webp(content)
            case "image/jpeg":
                return _jpeg(content)
    except (struct.error, IndexError):
        pass
    return 0, 0


def _webp(content: bytes) -> tuple[int, int]:
    match content[12:16]:
        case b"VP8X":
            return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
        case b"VP8L":
            packed = int.from_bytes(content[21:25], "little")
            return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        case _:
            width, height = struct.unpack("<HH", content[26:30])
            return width & 0x3FFF, height & 0x3FFF


def _jpeg(content: bytes) -> tuple[int, int]:
    """The first frame's, which stands behind segments of any length."""
    place = 2
    while content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        if marker in JPEG_SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        place += 2 + length
    return 0, 0


class _TooMuchError(Exception):
    pass


class _Budget:
    """What may still be read and unpacked."""

    def __init__(self) -> None:
        self._left = MOST_UNPACKED

    def take(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise _TooMuchError


def _unpacks_to_too_much(content: bytes) -> bool:
    budget, view = _Budget(), memoryview(content)
    try:
        for found in STREAM.finditer(content):
            # The dictionary of the stream says how often it is packed.
            described = content[max(0, found.start() - 400) : found.start()].rpartition(b" obj")[2]
            stream = _pieces(view, found.end())
            for _ in range(min(max(described.count(b"/Fl"), 1), DEEPEST)):
                stream = _unpacked(stream, budget)
            for _ in stream:
                pass
    except _TooMuchError:
        return True
    return False


def _pieces(content: memoryview, begin: int) -> Iterator[bytes | memoryview]:
    for place in range(begin, len(content), PIECE):
        yield content[place : place + PIECE]


def _unpacked(packed: Iterator[bytes | memoryview], budget: _Budget) -> Iterator[bytes | memoryview]:
    """What comes out, up to its end or to where it is not packed at all."""
    inflater = zlib.decompressobj()
    for piece in packed:
        while len(piece) and not inflater.eof:
            try:
                unpacked = inflater.decompress(piece, UNPACKED_PIECE)
            except zlib.error:
                return
            # Reading costs, too: streams may lie inside of each other.
            budget.take(len(unpacked) + len(piece) - len(inflater.unconsumed_tail))
            yield unpacked
            piece = inflater.unconsumed_tail
        if inflater.eof:
            return
