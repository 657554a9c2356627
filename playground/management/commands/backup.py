from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from playground.backup import BackupError, back_up


class Command(BaseCommand):
    help = (
        "Writes the database to a file, also while the server runs. Without --with-keys the stored API keys in it are "
        "sealed: keep the data keys (var/data_keys or PLAYGROUND_DATA_KEYS) in another place, or after a restore the "
        "API keys have to be entered again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the archive to write, such as playground.tar.gz")
        parser.add_argument(
            "--with-keys",
            action="store_true",
            help="put the data keys and the session secret into it: whoever has the file then has all API keys",
        )

    def handle(self, *args: Any, file: Path, with_keys: bool, **options: Any) -> None:
        try:
            manifest = back_up(file.absolute(), with_keys=with_keys)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(manifest.counts.values())
        self.stdout.write(f"{file}: {rows} rows of {len(manifest.counts)} tables, {file.stat().st_size / 1e6:.1f} MB.")
        if with_keys:
            self.stdout.write("It holds the data keys: whoever has this file has all API keys.")
        else:
            self.stdout.write("The data keys are not in it. Without them the stored API keys cannot be read.")
