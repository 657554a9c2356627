"""Asks a provider whether it accepts an API key, at an address that costs nothing."""

from asgiref.sync import async_to_sync

from accounts.models import ApiKey, UnreadableKey
from providers import client
from providers.errors import ProviderError
from providers.models import Provider

# Errors that are about the key itself. After any other one, nothing new is known about it.
REJECTIONS = frozenset({"key_rejected", "not_allowed"})


def check(key: ApiKey, provider: Provider) -> ProviderError | None:
    """None when the provider accepts the key, and else why not; what it said is kept with the key.

    The key goes to the origin it was entered for and to no other.
    """
    if key.origin != provider.origin:
        raise ValueError(f"{key} is not for {provider.origin}")
    url = provider.dialect.key_check_url(provider.base_url)
    try:
        async_to_sync(client.fetch)(url, provider.dialect, key.open())
    except UnreadableKey:
        return ProviderError("key_unreadable")
    except ProviderError as error:
        if error.kind.name in REJECTIONS:
            key.record_check(ApiKey.Check.REJECTED)
        return error
    key.record_check(ApiKey.Check.ACCEPTED)
    return None
