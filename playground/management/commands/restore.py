from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from playground.backup import BackupError, restore
from playground.backup.archive import DATA_KEYS
from playground.env import PREFIX, Env


class Command(BaseCommand):
    help = (
        "Puts a backup in the place of this server's data. Stop the server first. Its next start brings a backup of an "
        "older version up to date."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="an archive that `backup` wrote")
        parser.add_argument("--replace", action="store_true", help="give up what this server holds now")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            restored = restore(file.absolute(), replace=replace)
        except BackupError as error:
            raise CommandError(str(error)) from error
        manifest = restored.manifest
        for table in sorted({*manifest.counts, *restored.counts}):
            self.stdout.write(f"{restored.counts.get(table, 0):>10} of {manifest.counts.get(table, 0):>10}  {table}")
        if not restored.is_whole:
            raise CommandError("This is not what was backed up: the counts differ.")
        self.stdout.write(f"All rows of {manifest.made_at} are there.")
        self._say_what_reads_the_api_keys(has_keys=DATA_KEYS in manifest.members)

    def _say_what_reads_the_api_keys(self, *, has_keys: bool) -> None:
        if has_keys and Env().text("DATA_KEYS"):
            self.stdout.write(f"{PREFIX}DATA_KEYS is set, so the restored data keys in the var folder are not read.")
        elif not has_keys:
            self.stdout.write(
                "The backup has no data keys. `rotate_keys --status` says which API keys can be read here."
            )
