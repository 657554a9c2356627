"""A secret that does not show itself: not in a log, not in a traceback, not in a test's diff."""

from typing import Never
from weakref import WeakValueDictionary


class Secret:
    """Wraps a text that may only be read by calling `reveal`."""

    __slots__ = ("__weakref__", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        _living[id(self)] = self

    def reveal(self) -> str:
        return self._text

    @property
    def last_four(self) -> str:
        """What a person may see of it. A short secret shows nothing: four characters would be too much of it."""
        return self._text[-4:] if len(self._text) >= 12 else ""

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> Never:
        raise TypeError("A secret is not to be pickled: it would leave the process.")


# By identity; a secret that nobody holds any more is not kept by this.
_living: WeakValueDictionary[int, Secret] = WeakValueDictionary()


def living_secrets() -> list[str]:
    """The texts of all secrets that this process holds right now, so that a log can leave them out."""
    return [secret.reveal() for reference in _living.valuerefs() if (secret := reference())]
