"""A sound and a picture, made here of nothing but arithmetic."""

import io
import math
import struct
import wave
import zlib

# Samples a second of the sound, and its notes with their length in seconds.
RATE = 8_000
NOTES, LENGTH = (523.25, 659.25, 783.99), 0.25
# Pixels of the picture's side.
SIDE = 128


def chime() -> bytes:
    """Three notes, as a WAV file."""
    samples = [
        round(12_000 * math.sin(2 * math.pi * note * place / RATE) * (1 - place / (RATE * LENGTH)))
        for note in NOTES
        for place in range(int(RATE * LENGTH))
    ]
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


def rings() -> bytes:
    """Rings around a point, as a PNG file: https://www.w3.org/TR/png-3/"""
    rows = b"".join(b"\0" + bytes(_pixels(row)) for row in range(SIDE))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _pixels(row: int) -> list[int]:
    """Red, green and blue of each pixel of a row."""
    pixels = []
    for column in range(SIDE):
        distance = math.hypot(row - SIDE / 2, column - SIDE / 2)
        shade = round(127 + 120 * math.cos(distance / 4))
        pixels += [shade, 80 + shade // 2, 220]
    return pixels


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
