"""Files that are small until somebody opens them."""

import zlib

import pytest

from runs.attachments import hazards
from runs.attachments.hazards import dimensions, hazard_of
from tests.attached import GIF, JPEG, PDF, PNG, WEBP, pdf, png


@pytest.mark.parametrize(
    ("content", "media_type", "size"),
    [
        (png(3, 5), "image/png", (3, 5)),
        (JPEG, "image/jpeg", (3, 2)),
        (GIF, "image/gif", (2, 3)),
        (WEBP, "image/webp", (5, 7)),
        (b"RIFF....WEBPVP8L\x00\x00\x00\x00\x2f\x02\x00\x01\x00", "image/webp", (3, 5)),
        (b"RIFF....WEBPVP8 " + b"\x00" * 7 + b"\x9d\x01\x2a\x03\x00\x05\x00", "image/webp", (3, 5)),
        (PNG[:20], "image/png", (0, 0)),
        (JPEG[:8], "image/jpeg", (0, 0)),
        (b"RIFF....WEBP", "image/webp", (0, 0)),
        (b"", "video/mp4", (0, 0)),
    ],
)
def test_an_image_says_how_large_it_is(content: bytes, media_type: str, size: tuple[int, int]) -> None:
    assert dimensions(content, media_type) == size


def test_an_image_of_very_many_pixels_is_not_taken() -> None:
    assert hazard_of(png(10_000, 10_000), "image/png") == ""
    assert "has 50,000 × 50,000 pixels" in hazard_of(png(50_000, 50_000), "image/png")


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hazards, "MOST_UNPACKED", 3_000_000)


@pytest.mark.usefixtures("small_limit")
@pytest.mark.parametrize(
    "content",
    [
        pdf(zlib.compress(b"\0" * 4_000_000)),
        pdf(*[zlib.compress(b"\0" * 1_000_000)] * 4),
        pdf(zlib.compress(zlib.compress(b"\0" * 4_000_000)), filters="/FlateDecode /FlateDecode"),
        pdf(zlib.compress(zlib.compress(b"\0" * 4_000_000)), filters="/Fl/Fl"),
        pdf(zlib.compress(b"\0" * 4_000_000)).replace(b"stream\n", b"stream\r\n"),
        pdf(zlib.compress(b"\0" * 40_000_000)[:-20_000]),
    ],
)
def test_a_pdf_that_becomes_too_much_is_not_taken(content: bytes) -> None:
    assert len(content) < 100_000
    assert "unpacks to more than half a gigabyte" in hazard_of(content, "application/pdf")


@pytest.mark.usefixtures("small_limit")
@pytest.mark.parametrize(
    "content",
    [
        PDF,
        pdf(zlib.compress(b"\0" * 2_000_000)),
        pdf(b"\xff\xd8\xff not packed", b"", b"x\x9c"),
        b"%PDF-1.7\nendstream\n" + zlib.compress(b"\0" * 4_000_000),
        b"%PDF-stream\n",
    ],
)
def test_an_ordinary_pdf_is_taken(content: bytes) -> None:
    assert hazard_of(content, "application/pdf") == ""
