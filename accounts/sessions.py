"""Whose session it is, asked by what lives longer than a request."""

from collections.abc import Iterable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from accounts.models.user import User


def session_key_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The session that a handshake's cookies name, or nothing."""
    cookies = "; ".join(value.decode("latin-1") for name, value in headers if name == b"cookie")
    return parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")


def person_of(session_key: str) -> User | None:
    """Whoever is signed in with this session: it exists, has not expired, and they have the password they had then.

    Reads only: a socket must not lengthen, renew or flush a session behind the back of the page.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user_id = session.get(SESSION_KEY)
    try:
        user = User.objects.get(pk=int(user_id)) if user_id else None
    except User.DoesNotExist:
        user = None
    if user is None or not user.is_active:
        return None
    stored = session.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any(constant_time_compare(stored, current) for current in hashes) else None


def is_signed_in(user_id: int, session_key: str) -> bool:
    """Whether this session still is this person's."""
    person = person_of(session_key)
    return person is not None and person.pk == user_id
