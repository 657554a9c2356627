from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.models import ApiKey, UnreadableKey
from accounts.models.api_key import vault
from accounts.vault import Vault

# Rows that are re-sealed in one transaction: enough to share a commit, few enough that nobody waits for it.
BATCH = 200


class Command(BaseCommand):
    help = (
        "Re-seals the stored API keys with the first data key, so that an older one can be taken out of the settings. "
        "It may run while the server does, and be stopped and started again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--status", action="store_true", help="count the API keys that each data key has sealed")
        what.add_argument("--dry-run", action="store_true", help="say what --apply would do, and change nothing")
        what.add_argument("--apply", action="store_true", help="re-seal what the first data key has not sealed")

    def handle(self, *args: Any, status: bool, dry_run: bool, **options: Any) -> None:
        if status:
            self._count()
        elif dry_run:
            self._try()
        else:
            self._apply()

    def _count(self) -> None:
        sealed = ApiKey.objects.values_list("sealed", flat=True).iterator()
        for key_id, count in Counter(Vault.key_id_of(value) for value in sealed).most_common():
            self.stdout.write(f"data key {key_id}{_note(key_id)}: {_api_keys(count)}")
        self.stdout.write(f"{_api_keys(ApiKey.objects.to_reseal().count())} to re-seal.")

    def _try(self) -> None:
        keys = ApiKey.objects.to_reseal()
        readable = sum(key.is_readable for key in keys.iterator())
        self.stdout.write(f"{_api_keys(readable)} would be re-sealed with data key {vault().writing_key_id}.")
        self.stdout.write(f"{_api_keys(keys.count() - readable)} cannot be read and would stay as they are.")

    def _apply(self) -> None:
        resealed = 0
        for batch in _batches():
            with transaction.atomic():
                resealed += sum(_reseal(key) for key in batch)
        self.stdout.write(f"{_api_keys(resealed)} re-sealed with data key {vault().writing_key_id}.")
        left = ApiKey.objects.to_reseal().count()
        if left:
            self.stdout.write(
                f"{_api_keys(left)} left: the data key is missing, or a server still runs with the old settings."
            )
        else:
            self.stdout.write("No API key needs another data key any more.")


def _batches() -> Iterator[list[ApiKey]]:
    """What is to be re-sealed, each key once: one that cannot be read is passed by, not tried for ever."""
    last = 0
    while batch := list(ApiKey.objects.to_reseal().filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        yield batch


def _reseal(key: ApiKey) -> bool:
    try:
        return key.reseal()
    except UnreadableKey:
        return False


def _note(key_id: str) -> str:
    if key_id == vault().writing_key_id:
        return " (the first, writes)"
    return "" if key_id in vault().key_ids else " (missing: cannot be read)"


def _api_keys(count: int) -> str:
    return "1 API key" if count == 1 else f"{count} API keys"
