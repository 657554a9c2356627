"""A person's API keys, laid out by where they are used."""

from dataclasses import dataclass

from accounts.models import ApiKey, User
from providers.dialects.aimlapi import AimlApi
from providers.models import Provider


@dataclass(frozen=True)
class Slot:
    """One origin, the providers that are found there, and the key they share. No providers: the key is left over."""

    origin: str
    providers: list[Provider]
    key: ApiKey | None
    # With which the person manages keys there.
    management: ApiKey | None = None

    @property
    def account_of(self) -> int | None:
        """The number under which the account behind it is shown; None while no key tells whose account that is."""
        key = self.key or self.management
        return key.pk if key else None

    @property
    def known_provider(self) -> Provider | None:
        """The provider there whose account can be read, where one is."""
        return next((provider for provider in self.providers if isinstance(provider.dialect, AimlApi)), None)


def slots_of(user: User) -> list[Slot]:
    """A slot for every origin that wants a key, those of packaged providers first; left-over keys last."""
    keys = {key.origin: key for key in ApiKey.objects.of(user)}
    management = {key.origin: key for key in ApiKey.objects.managing(user)}
    found: dict[str, list[Provider]] = {}
    for provider in sorted(_wanting_keys(user), key=lambda provider: not provider.is_packaged):
        found.setdefault(provider.origin, []).append(provider)
    origins = [*found, *sorted((keys.keys() | management.keys()) - found.keys())]
    return [Slot(origin, found.get(origin, []), keys.get(origin), management.get(origin)) for origin in origins]


def slot_at(user: User, origin: str) -> Slot:
    """The slot of one origin."""
    there = {"origin": origin}
    key = ApiKey.objects.of(user).filter(**there).first()
    management = ApiKey.objects.managing(user).filter(**there).first()
    return Slot(origin, [other for other in _wanting_keys(user) if other.origin == origin], key, management)


def slot_of(user: User, provider: Provider) -> Slot:
    """The slot that this provider's key lies in."""
    return slot_at(user, provider.origin)


def _wanting_keys(user: User) -> list[Provider]:
    return list(Provider.objects.visible_to(user).filter(needs_key=True))
