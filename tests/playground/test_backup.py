"""A backup of a server that is written to, and a server made from it."""

import fcntl
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import Team, User
from playground.backup import BackupError, back_up, restore
from playground.backup.archive import MANIFEST, unpack
from playground.env import BASE_DIR
from runs.attachments import files
from runs.models import Attachment
from tests.attached import PNG

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="tests/full does it with PostgreSQL"),
]


@contextmanager
def writing() -> Iterator[None]:
    """Somebody goes on writing until the end of the block, two rows at a time."""
    stopped, begun = threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(str(connection.settings_dict["NAME"]), timeout=20)) as writer:
            while not stopped.is_set():
                with writer:
                    for _ in range(2):
                        writer.execute("INSERT INTO accounts_team (name, created_at) VALUES ('x', '2026-01-01')")
                begun.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        stopped.set()
        thread.join()


def manage(var_dir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "DJANGO_"))}
    environment = {**clean, "PLAYGROUND_VAR_DIR": str(var_dir), "PLAYGROUND_NO_BOOTSTRAP": "1"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )


def fingerprint(database: Path) -> str:
    """Changes with any row or table."""
    with closing(sqlite3.connect(database)) as opened:
        return hashlib.sha256("\n".join(opened.iterdump()).encode()).hexdigest()


def rewritten(file: Path, target: Path, **changes: bytes | tarfile.TarInfo) -> Path:
    """The same archive with other members: other content, or something that is no file."""
    with tarfile.open(file) as archive, tarfile.open(target, "w:gz") as written:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            assert content
            change = changes.get(member.name.partition(".")[0], content.read())
            if isinstance(change, tarfile.TarInfo):
                written.addfile(change)
            else:
                member.size = len(change)
                written.addfile(member, io.BytesIO(change))
    return target


@pytest.fixture
def file(tmp_path: Path, alice: User) -> Path:
    """A backup of a server that alice uses."""
    back_up(tmp_path / "backup.tar.gz", with_keys=False)
    return tmp_path / "backup.tar.gz"


def test_a_server_that_is_written_to_is_restored_whole_on_an_empty_machine(tmp_path: Path, alice: User) -> None:
    file, copy, var_dir = tmp_path / "backup.tar.gz", tmp_path / "copy", tmp_path / "var"
    copy.mkdir()
    with writing():
        manifest = back_up(file, with_keys=True)

    ended = manage(var_dir, "restore", str(file))

    assert ended.returncode == 0, ended.stderr
    teams = manifest.counts["accounts_team"]
    # Alice's own one, and pairs: no half of a transaction.
    assert teams % 2 == 1
    assert f"{teams:>10} of {teams:>10}  accounts_team" in ended.stdout
    unpack(file, copy)
    assert fingerprint(var_dir / "playground.sqlite3") == fingerprint(copy / "database.sqlite3")
    keys = [pair.partition(":")[::2] for pair in (var_dir / "data_keys").read_text().split()]
    assert keys[0] == settings.DATA_KEYS[0]
    assert (var_dir / "secret_key").read_text() == settings.SECRET_KEY
    assert (var_dir / "data_keys").stat().st_mode & 0o777 == 0o600


def test_what_was_restored_can_be_started(tmp_path: Path, file: Path) -> None:
    assert manage(tmp_path / "var", "restore", str(file)).returncode == 0

    ended = manage(tmp_path / "var", "prepare")

    assert ended.returncode == 0, ended.stderr
    with closing(sqlite3.connect(tmp_path / "var" / "playground.sqlite3")) as restored:
        assert restored.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert restored.execute("SELECT email FROM accounts_user").fetchall()[0] == ("alice@example.org",)


def test_only_its_owner_can_read_a_backup_and_nothing_else_is_left(tmp_path: Path, file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_keys_are_in_it_only_when_they_are_asked_for(tmp_path: Path, file: Path) -> None:
    back_up(tmp_path / "with-keys.tar.gz", with_keys=True)

    with tarfile.open(file) as without, tarfile.open(tmp_path / "with-keys.tar.gz") as with_keys:
        assert without.getnames() == [MANIFEST, "database.sqlite3"]
        assert with_keys.getnames() == [MANIFEST, "data_keys", "database.sqlite3", "secret_key"]


def test_attached_files_come_back(tmp_path: Path, alice: User, own_attachments: Path) -> None:
    kept = Attachment.objects.keep(alice, "cat.png", [PNG], len(PNG))
    back_up(tmp_path / "backup.tar.gz", with_keys=False)

    ended = manage(tmp_path / "var", "restore", str(tmp_path / "backup.tar.gz"))

    assert ended.returncode == 0, ended.stderr
    place = files.path_of(kept.sha256).relative_to(own_attachments)
    assert (tmp_path / "var" / "attachments" / place).read_bytes() == PNG
    assert [path.read_bytes() for path in files.kept()] == [PNG]


def test_an_attached_file_that_was_changed_in_the_archive_is_refused(tmp_path: Path, alice: User) -> None:
    kept = Attachment.objects.keep(alice, "cat.png", [PNG], len(PNG))
    back_up(tmp_path / "backup.tar.gz", with_keys=False)
    damaged = rewritten(
        tmp_path / "backup.tar.gz", tmp_path / "damaged.tar.gz", **{f"attachment_{kept.sha256}": PNG + b"!"}
    )

    with pytest.raises(BackupError, match="damaged"):
        restore(damaged, replace=True)

    assert files.read(kept.sha256) == PNG


def test_people_are_not_replaced_unless_that_is_said(file: Path) -> None:
    bob = User.objects.create_user("bob@example.org")

    with pytest.raises(BackupError, match="--replace"):
        restore(file, replace=False)

    assert User.objects.filter(pk=bob.pk).exists()


def test_replacing_gives_back_what_was_backed_up(file: Path) -> None:
    User.objects.create_user("bob@example.org")

    restored = restore(file, replace=True)

    assert restored.is_whole
    assert [user.email for user in User.objects.all()] == ["alice@example.org"]


def test_data_keys_that_are_here_still_read_after_a_restore(tmp_path: Path, alice: User) -> None:
    file, var_dir = tmp_path / "backup.tar.gz", tmp_path / "var"
    back_up(file, with_keys=True)
    manage(var_dir, "prepare")
    before = (var_dir / "data_keys").read_text()

    ended = manage(var_dir, "restore", "--replace", str(file))

    assert ended.returncode == 0, ended.stderr
    assert (var_dir / "data_keys").read_text().split() == [":".join(settings.DATA_KEYS[0]), before]


def test_nothing_is_replaced_under_a_server_that_runs(tmp_path: Path, file: Path) -> None:
    (tmp_path / "var").mkdir()
    with (tmp_path / "var" / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = manage(tmp_path / "var", "restore", str(file))

    assert ended.returncode == 1
    assert ended.stderr == "CommandError: The server runs. Stop `manage.py up` first.\n"


def test_a_database_that_was_changed_in_the_archive_is_refused(tmp_path: Path, file: Path) -> None:
    damaged = rewritten(file, tmp_path / "damaged.tar.gz", database=b"SQLite format 3\0")

    with pytest.raises(BackupError, match="damaged"):
        restore(damaged, replace=True)

    assert User.objects.exists()


@pytest.mark.parametrize("bytes_left", [0, 20, 5000])
def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path, file: Path, bytes_left: int) -> None:
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[:bytes_left])

    with pytest.raises(BackupError):
        restore(cut, replace=True)

    assert User.objects.exists()


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "..", ".hidden", "a/b", MANIFEST])
def test_no_member_leads_out_of_the_folder(tmp_path: Path, file: Path, name: str) -> None:
    with tarfile.open(file) as archive:
        content = archive.extractfile(MANIFEST)
        assert content
        manifest = json.load(content)
    manifest["members"][name] = "0" * 64
    forged = rewritten(file, tmp_path / "forged.tar.gz", manifest=json.dumps(manifest).encode())

    with pytest.raises(BackupError, match="which no backup has"):
        restore(forged, replace=True)


def test_a_link_in_the_place_of_a_member_is_not_followed(tmp_path: Path, file: Path) -> None:
    link = tarfile.TarInfo("database.sqlite3")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    forged = rewritten(file, tmp_path / "forged.tar.gz", database=link)

    with pytest.raises(BackupError, match="is not a file"):
        restore(forged, replace=True)


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path, file: Path) -> None:
    with tarfile.open(file) as archive:
        content = archive.extractfile(MANIFEST)
        assert content
        manifest = json.load(content)
    manifest["migrations"].append("chat.9999_from_the_future")
    newer = rewritten(file, tmp_path / "newer.tar.gz", manifest=json.dumps(manifest).encode())

    with pytest.raises(BackupError, match="newer version"):
        restore(newer, replace=True)

    assert Team.objects.exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be written: No such file or directory"):
        back_up(tmp_path / "nowhere" / "backup.tar.gz", with_keys=False)
