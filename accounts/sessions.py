"""Whether a session still is one, asked again long after it was opened."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from accounts.models.user import User


def is_signed_in(user_id: int, session_key: str) -> bool:
    """Whether this session exists, has not expired, and is this person's with the password they have now.

    Reads only: a socket must not lengthen, renew or flush a session behind the back of the page.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or session.get(SESSION_KEY) != str(user.pk):
        return False
    stored = session.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(stored, current) for current in hashes)
