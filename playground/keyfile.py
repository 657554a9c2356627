"""The two secrets a server makes for itself when the operator gives none: the session secret and the data keys.

Each lies in a file of its own that only the server's user can read, next to the database and never inside it: whoever
copies the database alone gets no API key with it.
"""

import base64
import os
import secrets
from pathlib import Path

from playground.env import PREFIX, EnvError

# Values printed in documentation (this project's `.env.example` among them). A server that starts with one of these
# would be open to everybody who has read it.
KNOWN_EXAMPLES = frozenset({"change-me", "changeme", "secret", "insecure", "django-insecure", "example"})
# Characters; half of what we generate, and more than a person would make up.
SHORTEST_SECRET = 32


def read_or_make_secret(path: Path) -> str:
    """The session secret in this file, made on first use."""
    return _read_or_make(path, secrets.token_urlsafe(48))


def read_or_make_data_keys(path: Path) -> list[tuple[str, str]]:
    """The data keys in this file as (key id, Fernet key), the first one writes; one is made on first use."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return parse(_read_or_make(path, f"{secrets.token_hex(4)}:{key}").split())


def parse(written: list[str]) -> list[tuple[str, str]]:
    """`key_id:fernet_key` items as pairs. Raises `EnvError` for one that is not a Fernet key."""
    return [_data_key(item) for item in written]


def refuse_known_examples(secret_key: str, data_keys: list[tuple[str, str]]) -> None:
    """Stop at a secret that is short or that stands in somebody's documentation."""
    if len(secret_key) < SHORTEST_SECRET or secret_key.lower() in KNOWN_EXAMPLES:
        raise EnvError(
            f"{PREFIX}SECRET_KEY is an example or shorter than {SHORTEST_SECRET} characters. Without one, one is made."
        )
    for key_id, key in data_keys:
        if len(set(base64.urlsafe_b64decode(key))) < 8:
            raise EnvError(
                f"{PREFIX}DATA_KEYS: the key {key_id!r} is not random. Make one with a Fernet key generator."
            )


def _data_key(item: str) -> tuple[str, str]:
    key_id, _, key = item.partition(":")
    try:
        usable = len(base64.urlsafe_b64decode(key)) == 32
    except ValueError:
        usable = False
    if not key_id or not usable:
        raise EnvError(f"{PREFIX}DATA_KEYS takes key_id:fernet_key items; the one that begins {key_id[:8]!r} is not.")
    return key_id, key


def _read_or_make(path: Path, fresh: str) -> str:
    """What the file holds; a fresh value only where there was no file, even if two processes start at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(fresh)
        try:
            # A link is refused when the name exists: the first process wins, whole.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text().strip()
