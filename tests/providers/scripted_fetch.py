"""A provider that says what a test wants, in the place of `providers.client.fetch`."""

from accounts.secret import Secret
from providers.dialects import Dialect
from providers.errors import ProviderError


class ScriptedFetch:
    """Answers with `body` or raises `error`; remembers each URL it was asked for, and the key that came with it."""

    def __init__(self) -> None:
        self.body = b'{"data": []}'
        self.error: ProviderError | None = None
        self.calls: list[tuple[str, str | None]] = []

    async def __call__(self, url: str, dialect: Dialect, key: Secret | None) -> bytes:
        self.calls.append((url, key.reveal() if key else None))
        if self.error:
            raise self.error
        return self.body
