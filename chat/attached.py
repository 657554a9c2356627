"""What a form brings beside text: what was attached before, files that come now, and a link."""

import re
from dataclasses import dataclass, field
from typing import Self

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from accounts.models import User
from chat.parts import Part
from runs.models import Attachment
from runs.models.attachment import RefusedFileError

Files = MultiValueDict[str, "UploadedFile[bytes]"]
# An attachment's number, no longer than a database takes.
NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass
class Attached:
    """The parts of a message that is being written, and in sentences what could not be attached."""

    parts: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    # An address that was written and is none.
    link: str = ""
    # The form asks for other parts, and not to be sent.
    is_changing: bool = False

    @classmethod
    def in_form(cls, user: User, data: QueryDict, files: Files | None = None, prefix: str = "") -> Self:
        """What the fields say; `prefix` stands before their names, where a form writes several messages."""
        attached = cls(_there_before(user, data, prefix))
        attached.is_changing = f"{prefix}detach" in data or f"{prefix}attach" in data
        removed = data.get(f"{prefix}detach", "")
        if NUMBER.fullmatch(removed) and int(removed) < len(attached.parts):
            del attached.parts[int(removed)]
        for file in files.getlist(f"{prefix}files") if files else []:
            attached._keep(user, file)
        if link := data.get(f"{prefix}link", "").strip():
            attached._point_to(data.get(f"{prefix}link_kind", ""), link)
        attached._count()
        return attached

    @property
    def kinds(self) -> set[str]:
        return {part.kind for part in self.parts}

    def _keep(self, user: User, file: "UploadedFile[bytes]") -> None:
        try:
            kept = Attachment.objects.keep(user, file.name or "", file.chunks(), file.size or 0)
        except RefusedFileError as refused:
            self.problems.append(str(refused))
        else:
            self._add(part_of(kept))

    def _point_to(self, kind: str, url: str) -> None:
        part = Part.link(kind, url)
        if part is None:
            self.link = url
            self.problems.append(f"{url[:100]} is no address of the web. It begins with https:// or http://.")
        else:
            self._add(part)

    def _add(self, part: Part) -> None:
        if part.key not in {one.key for one in self.parts}:
            self.parts.append(part)

    def _count(self) -> None:
        most = settings.ATTACHMENTS_PER_MESSAGE
        for part in self.parts[most:]:
            self.problems.append(f"{part.label} was left out: a message carries at most {most} files.")
        del self.parts[most:]


def part_of(attachment: Attachment) -> Part:
    return Part(
        attachment.kind,
        attachment=attachment.pk,
        sha256=attachment.sha256,
        media_type=attachment.media_type,
        name=attachment.name,
        size=attachment.size,
    )


def _there_before(user: User, data: QueryDict, prefix: str) -> list[Part]:
    """What the form names, as far as the person has it."""
    named = [written.partition(":")[::2] for written in data.getlist(f"{prefix}part")]
    numbers = {int(which) for _, which in named if NUMBER.fullmatch(which)}
    mine = Attachment.objects.of(user).in_bulk(numbers) if numbers else {}
    parts = []
    for place, (kind, which) in enumerate(named):
        kept = mine.get(int(which)) if NUMBER.fullmatch(which) else None
        part = part_of(kept) if kept else Part.link(kind, which)
        if part:
            parts.append(part.with_detail(data.get(f"{prefix}detail.{place}", "")))
    return parts
