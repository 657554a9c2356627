"""Lists, makes, changes and deletes keys at a provider, with a person's management key.

Nothing is tried twice: a key that was made without us hearing of it would be made again.
"""

import logging
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync

from accounts.models import ApiKey, UnreadableKey
from accounts.secret import Secret
from providers import client
from providers.account.answers import KeyFacts, read_created, read_deleted, read_key, read_keys
from providers.dialects.aimlapi import AimlApi
from providers.dialects.wire import written
from providers.errors import ProviderError
from providers.key_check import REJECTIONS
from providers.models import Provider

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Managed:
    """The keys of an account, by one person's management key. All methods raise `ProviderError`s."""

    provider: Provider
    key: ApiKey

    def __post_init__(self) -> None:
        if self.key.origin != self.provider.origin or self.key.kind != ApiKey.Kind.MANAGEMENT:
            raise ValueError(f"{self.key} does not manage keys at {self.provider}")

    def listed(self) -> tuple[list[KeyFacts], int]:
        """The first of them, the oldest first, and how many there are."""
        return read_keys(self._ask("GET"))

    def create(self, wanted: dict[str, Any]) -> tuple[KeyFacts, Secret]:
        """A new key. This is the only time that it is known."""
        created = read_created(self._ask("POST", value=wanted))
        self._log("An API key was created at the provider", created[0].prefix)
        return created

    def update(self, prefix: str, wanted: dict[str, Any]) -> KeyFacts:
        updated = read_key(self._ask("PATCH", prefix, wanted))
        self._log("An API key was changed at the provider", prefix)
        return updated

    def delete(self, prefix: str) -> bool:
        """Whether the provider says that it is gone."""
        deleted = read_deleted(self._ask("DELETE", prefix))
        self._log("An API key was deleted at the provider", prefix)
        return deleted

    def _ask(self, method: str, prefix: str = "", value: dict[str, Any] | None = None) -> bytes:
        dialect = self.provider.dialect
        if not isinstance(dialect, AimlApi):
            raise ProviderError("model_not_found")
        url = dialect.keys_url(self.provider.base_url, prefix)
        try:
            body = written(value) if value is not None else b""
            answer: bytes = async_to_sync(client.submit)(method, url, dialect, self.key.open(), body)
        except UnreadableKey:
            raise ProviderError("key_unreadable") from None
        except ProviderError as error:
            if error.kind.name in REJECTIONS:
                self.key.record_check(ApiKey.Check.REJECTED)
            raise
        self.key.record_check(ApiKey.Check.ACCEPTED)
        return answer

    def _log(self, what: str, prefix: str) -> None:
        logger.info(what, extra={"user": self.key.user_id, "origin": self.key.origin, "prefix": prefix})
