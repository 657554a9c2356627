"""File → server."""

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.models import User
from playground import keyfile
from playground.backup import archive
from playground.backup.archive import BackupError, Manifest
from playground.backup.contents import asking, count
from playground.backup.databases import database
from playground.backup.making import written
from runs.attachments import files


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    # Rows of each table, as they are now.
    counts: dict[str, int]

    @property
    def is_whole(self) -> bool:
        return self.counts == self.manifest.counts


def restore(file: Path, *, replace: bool) -> Restored:
    """Put the backup in this server's place. Raises `BackupError`, and then nothing has changed.

    A server with people in it is replaced only when that is said (`replace`).
    """
    replaced = database()
    try:
        with replaced.unused(), tempfile.TemporaryDirectory(dir=file.parent, prefix=".restore-") as name:
            folder = Path(name)
            manifest = archive.unpack(file, folder)
            _refuse_what_does_not_fit(manifest, replaced.member)
            if not replace and _has_people():
                raise BackupError("This server has people in it. With --replace their data is replaced.")
            _restore_keys(folder)
            _restore_attachments(folder)
            replaced.replace_with(folder / manifest.database, manifest)
            return Restored(manifest, _counts())
    except OSError as error:
        raise BackupError(f"The backup cannot be restored: {error.strerror or error}.") from error


def _refuse_what_does_not_fit(manifest: Manifest, member: str) -> None:
    if manifest.database != member:
        raise BackupError(f"This is a backup of {manifest.database_version}, and this server uses another database.")
    ours = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if newer := sorted({*manifest.migrations} - ours):
        raise BackupError(f"The backup comes from a newer version ({manifest.version}); it has {newer[0]}.")


def _has_people() -> bool:
    return User._meta.db_table in connection.introspection.table_names() and User.objects.exists()


def _restore_keys(folder: Path) -> None:
    """The backup's keys, where it has any, before those that are here: one that was ever used is never thrown away."""
    if (folder / archive.DATA_KEYS).exists():
        restored = keyfile.parse((folder / archive.DATA_KEYS).read_text().split())
        kept = [pair for pair in settings.DATA_KEYS if pair[0] not in dict(restored)]
        _write(settings.VAR_DIR / archive.DATA_KEYS, written([*restored, *kept]))
    if (folder / archive.SECRET_KEY).exists():
        _write(settings.VAR_DIR / archive.SECRET_KEY, (folder / archive.SECRET_KEY).read_text())


def _restore_attachments(folder: Path) -> None:
    """Beside those that are here, which have other names or the same content."""
    for path in sorted(folder.glob(f"{archive.ATTACHMENT}*")):
        with path.open("rb") as file, files.draft(iter(lambda: file.read(1024 * 1024), b"")) as draft:
            files.keep(draft)


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    draft.replace(path)


def _counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        return count(asking(cursor), connection.introspection.table_names(cursor))
