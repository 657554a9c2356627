"""What a file is, whatever it is called."""

import pytest

from runs.attachments.sniffing import HEAD, media_type_of, why_not
from tests.attached import GIF, JPEG, MP3, MP4, PDF, PNG, SVG, WAV, WEBM, WEBP


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
        (WAV, "audio/wav"),
        (MP3, "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (MP4, "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (WEBM, "video/webm"),
        (b"\x00\x00\x01\xba\x44", "video/mpeg"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(content: bytes, media_type: str) -> None:
    assert media_type_of(content) == media_type


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SVG, "SVG drawing"),
        (b"<svg onload=alert(1)>", "SVG drawing"),
        (b" <!DOCTYPE html><title>x</title>", "web page"),
        (b"<script>alert(1)</script>%PDF-", "web page"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC or AVIF photo. Save it as JPEG."),
        (b"\x00\x00\x00\x18ftypM4A ", "M4A sound. Save it as MP3"),
        (b"PK\x03\x04", "archive or an Office document"),
        ("Grüße, 世界".encode(), "is a text. Paste it"),
        (("ü" * HEAD).encode()[:HEAD], "is a text"),
        (("a" + "ü" * HEAD).encode()[:HEAD], "is a text"),
        (b"\xff\xff\xff\xff", "of a kind that models do not take"),
        (b"\x7fELF\x00\x00", "of a kind that models do not take"),
        (b"\xff\xfe\x00h", "of a kind that models do not take"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska", "of a kind that models do not take"),
    ],
)
def test_what_is_not_taken_is_told_apart_with_the_next_step(content: bytes, words: str) -> None:
    assert media_type_of(content) is None
    assert words in why_not(content)


@pytest.mark.parametrize("length", range(12))
def test_the_beginning_of_a_beginning_is_nothing(length: int) -> None:
    for content in (PNG, WEBP, MP4, WEBM):
        assert media_type_of(content[: min(length, 7)]) is None
