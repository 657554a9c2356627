"""A person's API keys, laid out by where they are used."""

from dataclasses import dataclass

from accounts.models import ApiKey, User
from providers.models import Provider


@dataclass(frozen=True)
class Slot:
    """One origin, the providers that are found there, and the key they share. No providers: the key is left over."""

    origin: str
    providers: list[Provider]
    key: ApiKey | None


def slots_of(user: User) -> list[Slot]:
    """A slot for every origin that wants a key, those of packaged providers first; left-over keys last."""
    keys = {key.origin: key for key in ApiKey.objects.of(user).order_by("origin")}
    found: dict[str, list[Provider]] = {}
    for provider in sorted(_wanting_keys(user), key=lambda provider: not provider.is_packaged):
        found.setdefault(provider.origin, []).append(provider)
    slots = [Slot(origin, providers, keys.pop(origin, None)) for origin, providers in found.items()]
    return slots + [Slot(origin, [], key) for origin, key in keys.items()]


def slot_of(user: User, provider: Provider) -> Slot:
    """The slot that this provider's key lies in."""
    neighbours = [other for other in _wanting_keys(user) if other.origin == provider.origin]
    return Slot(provider.origin, neighbours, provider.key_of(user))


def _wanting_keys(user: User) -> list[Provider]:
    return list(Provider.objects.visible_to(user).filter(needs_key=True))
