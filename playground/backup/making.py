"""Server → file."""

import os
import shutil
import tempfile
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from playground.backup import archive
from playground.backup.archive import BackupError, Manifest
from playground.backup.databases import database
from playground.env import BASE_DIR
from runs.attachments import files


def back_up(file: Path, *, with_keys: bool) -> Manifest:
    """A backup in this file, made while the server runs; what comes back is what it holds. Raises `BackupError`."""
    try:
        # Beside the file, where there has to be room for it anyway; nobody else can look into it.
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as name:
            folder = Path(name)
            copied = database()
            contents = copied.copy_to(folder / copied.member)
            # After the database: each file is there before the row that names it.
            for path in files.kept():
                _link(path, folder / f"{archive.ATTACHMENT}{path.name}")
            if with_keys:
                (folder / archive.DATA_KEYS).write_text(written(settings.DATA_KEYS))
                (folder / archive.SECRET_KEY).write_text(settings.SECRET_KEY)
            manifest = Manifest(
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                version=version(),
                database_version=contents.version,
                database=copied.member,
                migrations=contents.migrations,
                counts=contents.counts,
            )
            return archive.pack(folder, manifest, file)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror or error}.") from error


def _link(path: Path, target: Path) -> None:
    """The file under another name; a copy where that is another disk."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def written(data_keys: Sequence[tuple[str, str]]) -> str:
    """Data keys as their file holds them."""
    return " ".join(f"{key_id}:{key}" for key_id, key in data_keys)


def version() -> str:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])
