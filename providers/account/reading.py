"""Asks a provider how the account behind a key stands."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from asgiref.sync import async_to_sync
from django.utils import timezone

from accounts.models import ApiKey, UnreadableKey
from accounts.secret import Secret
from providers import client
from providers.account.answers import Balance, KeyFacts, read_balance, read_key
from providers.account.words import why
from providers.dialects.aimlapi import AimlApi
from providers.errors import ProviderError
from providers.key_check import REJECTIONS
from providers.models import Provider

T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """What was said, each part by itself: where one could not be read, a sentence says why."""

    at: datetime
    balance: Balance | None = None
    balance_problem: str = ""
    status: KeyFacts | None = None
    status_problem: str = ""
    # False: the provider described another key than the one that asked. Its documentation allows for both.
    is_of_this_key: bool = True


def read_account(provider: Provider, key: ApiKey) -> Account:
    """Both at once, with the person's key, which goes to the origin it was entered for and to no other."""
    if key.origin != provider.origin or not isinstance(provider.dialect, AimlApi):
        raise ValueError(f"{key} has no account that could be read at {provider}")
    try:
        secret = key.open()
    except UnreadableKey:
        problem = why(ProviderError("key_unreadable"))
        return Account(timezone.now(), balance_problem=problem, status_problem=problem)
    balance, status = async_to_sync(_both)(provider, provider.dialect, secret)
    _record(key, status)
    return Account(
        at=timezone.now(),
        balance=balance if isinstance(balance, Balance) else None,
        balance_problem=why(balance) if isinstance(balance, ProviderError) else "",
        status=status if isinstance(status, KeyFacts) else None,
        status_problem=why(status) if isinstance(status, ProviderError) else "",
        is_of_this_key=not isinstance(status, KeyFacts) or status.prefix in secret.reveal(),
    )


async def _both(
    provider: Provider, dialect: AimlApi, secret: Secret
) -> tuple[Balance | ProviderError, KeyFacts | ProviderError]:
    async def ask(url: str, read: Callable[[bytes], T]) -> T | ProviderError:
        try:
            return read(await client.fetch(url, dialect, secret))
        except ProviderError as error:
            return error

    return await asyncio.gather(
        ask(dialect.balance_url(provider.base_url), read_balance),
        ask(dialect.key_check_url(provider.base_url), read_key),
    )


def _record(key: ApiKey, status: KeyFacts | ProviderError) -> None:
    """Whether the key was accepted is what testing it finds out too."""
    if isinstance(status, KeyFacts):
        key.record_check(ApiKey.Check.ACCEPTED)
    elif status.kind.name in REJECTIONS:
        key.record_check(ApiKey.Check.REJECTED)
