"""Encryption of the secrets in the database: authenticated, with key ids, so that keys can be rotated while it runs.

A stored value is `v1:<key id>:<Fernet token>`. Fernet has no associated data, so the row a secret belongs to is written
inside it and compared when it is opened: a token copied to another person's row, or to another host, does not open.
Fernet: https://github.com/fernet/spec/blob/master/Spec.md
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from cryptography.fernet import Fernet, InvalidToken

from accounts.secret import Secret

VERSION = "v1"


class UnreadableKey(Exception):
    """A stored secret that cannot be opened: its data key is gone, or it lies in a row it was not made for."""


@dataclass(frozen=True)
class Place:
    """Where a secret belongs: whose it is, which row holds it, and the only origin it may be sent to."""

    owner: int
    credential_id: str
    host: str


class Vault:
    """Seals and opens secrets with a list of (key id, Fernet key); the first one writes, all of them read."""

    def __init__(self, data_keys: Sequence[tuple[str, str]]) -> None:
        self._fernets = {key_id: Fernet(key) for key_id, key in data_keys}
        self.key_ids = frozenset(self._fernets)
        self.writing_key_id = data_keys[0][0]
        # How every value begins that is sealed now.
        self.head = f"{VERSION}:{self.writing_key_id}:"
        self._fingerprint_key = hashlib.sha256(b"fingerprint:" + data_keys[0][1].encode()).digest()

    def seal(self, secret: Secret, place: Place) -> str:
        inside = json.dumps({**asdict(place), "secret": secret.reveal()})
        token = self._fernets[self.writing_key_id].encrypt(inside.encode())
        return self.head + token.decode()

    def open(self, sealed: str, place: Place) -> Secret:
        """The secret again. Raises `UnreadableKey` when it is not readable here, or does not belong to this place."""
        version, _, rest = sealed.partition(":")
        key_id, _, token = rest.partition(":")
        fernet = self._fernets.get(key_id)
        if version != VERSION or fernet is None:
            raise UnreadableKey(f"no data key {key_id!r} for this value")
        try:
            inside = json.loads(fernet.decrypt(token.encode()))
        except InvalidToken:
            raise UnreadableKey("the value does not fit its data key") from None
        secret = Secret(inside.pop("secret"))
        if inside != asdict(place):
            raise UnreadableKey("the value was made for another place")
        return secret

    def fingerprint(self, secret: Secret) -> str:
        """Twelve hex digits that tell two secrets apart and say nothing about either."""
        return hmac.new(self._fingerprint_key, secret.reveal().encode(), hashlib.sha256).hexdigest()[:12]

    @staticmethod
    def key_id_of(sealed: str) -> str:
        return sealed.partition(":")[2].partition(":")[0]
