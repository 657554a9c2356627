"""Parts of a request from elsewhere: their data is kept here, and an address stays an address."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from accounts.models import User
from chat.attached import part_of
from chat.parts import Part
from runs.attachments.sniffing import HEAD, KINDS, media_type_of
from runs.models import Attachment
from runs.models.attachment import RefusedFileError

# What the part of such a type is, and what its file is called where nobody says.
KIND_OF = {"image_url": "image", "file": "file", "input_audio": "audio", "video_url": "video"}
ENDINGS = {"image/jpeg": "jpg", "audio/mpeg": "mp3", "video/quicktime": "mov", "video/mpeg": "mpg"}


def keep(user: User, part: Mapping[str, Any]) -> Part:
    """The part, which comes in the shape of chat completions, as a message keeps it. Raises `RefusedFileError`."""
    kind, inside = KIND_OF[part["type"]], part[part["type"]]
    data = next(str(inside[name]) for name in ("url", "file_data", "data") if name in inside)
    if link := Part.link(kind, data):
        return link.with_detail(inside.get("detail", ""))
    content = _content(data)
    if content is None:
        raise RefusedFileError(f"The {kind} has neither data in base64 nor an address that begins with https://.")
    name = str(inside.get("filename") or _name(kind, content))
    kept = part_of(Attachment.objects.keep(user, name, [content], len(content)))
    return kept.with_detail(inside.get("detail", ""))


def _content(data: str) -> bytes | None:
    """What base64 says, with or without the head of a data URL."""
    try:
        return base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _name(kind: str, content: bytes) -> str:
    media_type = media_type_of(content[:HEAD])
    return f"{kind}.{ENDINGS.get(media_type) or media_type.partition('/')[2]}" if media_type in KINDS else kind
