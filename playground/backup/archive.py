"""The file of a backup. Pure: no Django, no database."""

import hashlib
import json
import os
import secrets
import shutil
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
DATA_KEYS, SECRET_KEY = "data_keys", "secret_key"
# Before the SHA-256 of an attachment, which is its name everywhere.
ATTACHMENT = "attachment_"
# Bytes; a manifest is some kilobytes, and a line for each attachment.
LARGEST_MANIFEST = 64 * 1024 * 1024


class BackupError(Exception):
    """A backup that cannot be made or used; the message is for the operator."""


@dataclass(frozen=True)
class Manifest:
    """What an archive holds, and how one can tell that it still does."""

    made_at: str
    # The product's version, and that of the database.
    version: str
    database_version: str
    # The member that is the database; its name says which kind.
    database: str
    # `app.name` of every migration that the tables have seen.
    migrations: list[str]
    # Rows of each table.
    counts: dict[str, int]
    # SHA-256 of each member, in hex.
    members: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


def pack(folder: Path, manifest: Manifest, file: Path) -> Manifest:
    """The files of this folder and their manifest as one archive, which only its owner can read.

    It has its name only once it is whole and on the disk.
    """
    members = sorted(path.name for path in folder.iterdir())
    manifest = Manifest(**{**asdict(manifest), "members": {name: _digest(folder / name) for name in members}})
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2, sort_keys=True))
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with open(draft, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as written:
            with tarfile.open(fileobj=written, mode="w:gz", compresslevel=6) as archive:
                for name in [MANIFEST, *members]:
                    archive.add(folder / name, arcname=name, filter=_anonymous)
            written.flush()
            os.fsync(written.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def unpack(file: Path, folder: Path) -> Manifest:
    """What the archive holds, as files in this folder, each compared with the manifest. Raises `BackupError`.

    Nothing is extracted under a name from the archive: members are looked for by the names we know.
    """
    try:
        with tarfile.open(file, "r:gz") as archive:
            manifest = _manifest(archive)
            for name, digest in manifest.members.items():
                with _member(archive, name) as source, (folder / name).open("xb") as target:
                    shutil.copyfileobj(source, target)
                if _digest(folder / name) != digest:
                    raise BackupError(f"{file} is damaged: {name} is not what was backed up.")
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise BackupError(f"{file} is not a backup, or only a part of one: {error}.") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror or error}.") from error
    return manifest


def _manifest(archive: tarfile.TarFile) -> Manifest:
    with _member(archive, MANIFEST) as source:
        written = source.read(LARGEST_MANIFEST)
    try:
        content: dict[str, Any] = json.loads(written)
        if content["format"] != FORMAT:
            raise BackupError(f"This backup has format {content['format']}; this version reads format {FORMAT}.")
        manifest = Manifest(**content)
        _refuse_strange_names([manifest.database, *manifest.members])
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError("The backup's manifest cannot be understood.") from error
    if manifest.database not in manifest.members:
        raise BackupError("The backup has no database.")
    return manifest


def _refuse_strange_names(names: Iterable[str]) -> None:
    """A name that could lead out of a folder is not one of ours."""
    for name in names:
        if not name.replace("_", "").replace(".", "").isalnum() or name.startswith(".") or name == MANIFEST:
            raise BackupError(f"The backup names a member {name!r}, which no backup has.")


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """A member that is a plain file. A link in its place would be read from wherever it points to."""
    try:
        member = archive.getmember(name)
    except KeyError:
        raise BackupError(f"The backup has no {name}.") from None
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        raise BackupError(f"The backup's {name} is not a file.")
    return content


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names of whoever made it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
