"""What a file is, by its first bytes; a name and a declared type are what somebody says. Pure: no Django, no I/O."""

# Bytes of a file that are looked at.
HEAD = 4096

IMAGE, FILE, AUDIO, VIDEO = "image", "file", "audio", "video"
# What models take, and as what kind of part it is sent.
KINDS = {
    "image/png": IMAGE, "image/jpeg": IMAGE, "image/gif": IMAGE, "image/webp": IMAGE,
    "application/pdf": FILE,
    "audio/wav": AUDIO, "audio/mpeg": AUDIO,
    "video/mp4": VIDEO, "video/webm": VIDEO, "video/quicktime": VIDEO, "video/mpeg": VIDEO,
}  # fmt: skip
TAKEN = "PNG, JPEG, GIF and WebP images, PDF files, WAV and MP3 sounds, and MP4, WebM, MOV and MPEG videos"

BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
# Of the family of MP4, by its brand: photos and sounds are no videos.
STILL_OR_SOUND = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"M4A ", b"M4B ", b"M4P "}


def media_type_of(head: bytes) -> str | None:
    """The type of a file that begins so; None where it is nothing that models take."""
    for beginning, media_type in BEGINNINGS:
        if head.startswith(beginning):
            return media_type
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return None if brand in STILL_OR_SOUND else "video/quicktime" if brand == b"qt  " else "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else None
    return "audio/mpeg" if _is_mp3_frame(head) else None


def why_not(head: bytes) -> str:
    """Of a file that is not taken: what it is, as far as one can tell, and the next step."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text and text.startswith(b"<"):
        return "is an SVG drawing, which models do not take. Save it as PNG."
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "is a web page. Paste its text into the message, or save it as PDF."
    if head[4:8] == b"ftyp" and head[8:12] in STILL_OR_SOUND:
        is_sound = head[8:11] in (b"M4A", b"M4B", b"M4P")
        return "is an M4A sound. Save it as MP3 or WAV." if is_sound else "is a HEIC or AVIF photo. Save it as JPEG."
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "is an archive or an Office document. Save what is in it as PDF."
    if _is_text(head):
        return "is a text. Paste it into the message."
    return f"is of a kind that models do not take. They take {TAKEN}."


def _is_mp3_frame(head: bytes) -> bool:
    """Eleven bits of sync, a version and a layer III that exist, and a rate that exists."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        # A character may be cut in two at the end of the head.
        head.decode() if len(head) < HEAD else head[:-3].decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        return len(head) >= HEAD and error.start > HEAD - 8
    return True
