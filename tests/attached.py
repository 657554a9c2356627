"""Small files of every kind that models take, and of some that they do not."""

import base64
import struct
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile


def png(width: int = 1, height: int = 1) -> bytes:
    """A black PNG; of a large one only what it says of itself."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    pixels = zlib.compress(b"\x00" + b"\x00" * width) if height == 1 else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pdf(*streams: bytes, filters: str = "/FlateDecode") -> bytes:
    objects = [
        f"{number} 0 obj\n<< /Length {len(stream)} /Filter [{filters}] >>\nstream\n".encode()
        + stream
        + b"\nendstream\nendobj\n"
        for number, stream in enumerate(streams, start=1)
    ]
    return b"%PDF-1.7\n" + b"".join(objects) + b"%%EOF\n"


PNG, PDF = png(), pdf(zlib.compress(b"BT (Hello) Tj ET"))
JPEG = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08\x00\x02\x00\x03" + b"\x00" * 12 + b"\xff\xd9"
GIF = b"GIF89a\x02\x00\x03\x00\x00\x00\x00;"
WEBP = b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x06\x00\x00"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00"
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00"
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
WEBM = b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def upload(name: str, content: bytes, declared: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, declared)


def data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
