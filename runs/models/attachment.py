import logging
from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.template.defaultfilters import filesizeformat

from accounts.models import User
from runs.attachments import files
from runs.attachments.hazards import hazard_of
from runs.attachments.sniffing import HEAD, KINDS, media_type_of, why_not

logger = logging.getLogger(__name__)

# Characters of a name that are kept.
LONGEST_NAME = 120


class RefusedFileError(Exception):
    """A file that cannot be attached; the message says why, and the next step."""


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def keep(self, user: User, name: str, chunks: Iterable[bytes], size: int) -> "Attachment":
        """The person's file, stored. The same file under the same name is the same attachment.

        Raises `RefusedFileError`; `size` is what the chunks come to.
        """
        name = " ".join(name.replace("\x00", "").split())[-LONGEST_NAME:] or "file"
        if not size:
            raise RefusedFileError(f"{name} is empty. Choose the file again.")
        if size > settings.ATTACHMENT_BYTES:
            most = filesizeformat(settings.ATTACHMENT_BYTES)
            raise RefusedFileError(
                f"{name} is too large: {filesizeformat(size)}, and at most {most} can be attached. Make it smaller."
            )
        try:
            sha256, media_type = self._stored(name, chunks)
        except OSError as error:
            logger.exception("An attachment could not be stored")
            words = "could not be stored on this server. Try again; if it stays, tell the operator."
            raise RefusedFileError(f"{name} {words}") from error
        facts = {"media_type": media_type, "size": size}
        attachment, _ = self.get_or_create(user=user, sha256=sha256, name=name, defaults=facts)
        return attachment

    def _stored(self, name: str, chunks: Iterable[bytes]) -> tuple[str, str]:
        """The hash and the type of what lies in its place now. Raises `RefusedFileError`, and then there is nothing."""
        with files.draft(chunks) as draft:
            content = draft.read_bytes()
            media_type = media_type_of(content[:HEAD])
            if media_type is None:
                raise RefusedFileError(f"{name} {why_not(content[:HEAD])}")
            if hazard := hazard_of(content, media_type):
                raise RefusedFileError(f"{name} {hazard}")
            return files.keep(draft), media_type


class Attachment(models.Model):
    """A file that a person attached. Its content is kept once, by its hash, whoever else has it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )
    sha256 = models.CharField(max_length=64)
    # What its bytes say, whatever its name says.
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    name = models.CharField(max_length=LONGEST_NAME)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "sha256", "name"], name="one_attachment_per_file")]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """The kind of part that it is sent as: image, file, audio or video."""
        return KINDS[self.media_type]
