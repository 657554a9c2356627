"""Files as they are kept: once, whole, and only what models take."""

import hashlib
import zlib
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from runs.attachments import files, hazards
from runs.models import Attachment
from runs.models.attachment import RefusedFileError
from tests.attached import PDF, PNG, SVG, pdf

pytestmark = pytest.mark.django_db


def keep(user: User, name: str, content: bytes) -> Attachment:
    return Attachment.objects.keep(user, name, [content[:5], content[5:]], len(content))


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_its_hash(alice: User, own_attachments: Path) -> None:
    kept = keep(alice, "cat.exe", PNG)

    sha256 = hashlib.sha256(PNG).hexdigest()
    assert (kept.sha256, kept.media_type, kept.kind, kept.size) == (sha256, "image/png", "image", len(PNG))
    assert left(own_attachments) == [own_attachments / sha256[:2] / sha256]
    assert files.read(sha256) == PNG
    assert (own_attachments / sha256[:2] / sha256).stat().st_mode & 0o077 == 0


def test_the_same_file_is_kept_once(alice: User, charlie: User, own_attachments: Path) -> None:
    first, again, other, stranger = (
        keep(alice, "cat.png", PNG),
        keep(alice, "cat.png", PNG),
        keep(alice, "tom.png", PNG),
        keep(charlie, "cat.png", PNG),
    )

    assert first == again
    assert len({first.pk, other.pk, stranger.pk}) == 3
    assert len(left(own_attachments)) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.png", b"", "empty.png is empty."),
        ("drawing.png", SVG, "drawing.png is an SVG drawing"),
        ("notes.pdf", b"Some words", "notes.pdf is a text. Paste it into the message."),
        ("program.jpg", b"\x7fELF\x00", "is of a kind that models do not take"),
    ],
)
def test_what_models_do_not_take_is_refused_in_words(
    alice: User, own_attachments: Path, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(RefusedFileError, match=words):
        keep(alice, name, content)

    assert not Attachment.objects.exists()
    assert left(own_attachments) == []


def test_a_file_that_is_too_large_is_refused_before_it_is_written(alice: User, own_attachments: Path) -> None:
    with pytest.raises(RefusedFileError, match=r"photo.png is too large: 25.0\sMB, and at most 20.0\sMB"):
        Attachment.objects.keep(alice, "photo.png", [PNG], 25 * 1024 * 1024)

    assert not own_attachments.exists()


def test_a_pdf_that_becomes_too_much_is_refused(
    alice: User, own_attachments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hazards, "MOST_UNPACKED", 1_000_000)

    with pytest.raises(RefusedFileError, match=r"bomb\.pdf unpacks to more than half a gigabyte"):
        keep(alice, "bomb.pdf", pdf(zlib.compress(b"\0" * 2_000_000)))

    assert left(own_attachments) == []


def test_a_server_that_cannot_store_it_says_so(alice: User, own_attachments: Path) -> None:
    own_attachments.write_text("no folder")

    with pytest.raises(RefusedFileError, match=r"cat\.png could not be stored on this server\. Try again"):
        keep(alice, "cat.png", PNG)

    assert not Attachment.objects.exists()


def test_the_limit_is_the_operators(alice: User, settings: Settings) -> None:
    settings.ATTACHMENT_BYTES = len(PNG) - 1

    with pytest.raises(RefusedFileError, match="too large"):
        keep(alice, "cat.png", PNG)


@pytest.mark.parametrize(
    ("name", "kept"), [("a\x00\nb  c.png", "a b c.png"), ("", "file"), ("x" * 300 + ".png", "x" * 116 + ".png")]
)
def test_a_name_is_made_fit_to_be_shown(alice: User, name: str, kept: str) -> None:
    assert keep(alice, name, PNG).name == kept


def test_whose_it_is_can_see_it(alice: User, as_alice: Client) -> None:
    kept = keep(alice, 'a "cat".png', PNG)

    answer = as_alice.get(f"/attachments/{kept.pk}/")

    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == 'inline; filename="a \\"cat\\".png"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_no_image_is_saved_and_not_opened(alice: User, as_alice: Client) -> None:
    kept = keep(alice, "Ü.html", PDF)

    answer = as_alice.get(f"/attachments/{kept.pk}/")

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%9C.html"


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_nobody_else_can_see_it(request: pytest.FixtureRequest, alice: User, who: str) -> None:
    kept = keep(alice, "cat.png", PNG)
    client: Client = request.getfixturevalue(who)

    assert client.get(f"/attachments/{kept.pk}/").status_code == 404


def test_an_anonymous_visitor_is_asked_to_sign_in(alice: User, as_nobody: Client) -> None:
    assert as_nobody.get(f"/attachments/{keep(alice, 'cat.png', PNG).pk}/").status_code == 302


def test_a_file_that_is_lost_is_not_found(alice: User, as_alice: Client) -> None:
    kept = keep(alice, "cat.png", PNG)
    files.path_of(kept.sha256).unlink()

    assert as_alice.get(f"/attachments/{kept.pk}/").status_code == 404
