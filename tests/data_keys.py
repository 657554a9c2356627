"""Other data keys for a while: what an operator does to `DATA_KEYS`."""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.fernet import Fernet
from django.test import override_settings

from accounts.models.api_key import vault

DataKey = tuple[str, str]


def fresh(key_id: str) -> DataKey:
    return key_id, Fernet.generate_key().decode()


@contextmanager
def data_keys(*keys: DataKey) -> Iterator[None]:
    """The server's data keys, the first one writes."""
    with override_settings(DATA_KEYS=list(keys)):
        vault.cache_clear()
        try:
            yield
        finally:
            vault.cache_clear()
