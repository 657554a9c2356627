"""One-time links that sign a person in: the door of a fresh server, where nobody has a password yet."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models.user import User

# Long enough for a slow first start and a cup of coffee; anyone who reads the terminal's log later is too late.
LIFETIME = timedelta(hours=1)


class SignInLinkManager(models.Manager["SignInLink"]):
    def issue(self, user: User) -> str:
        """A fresh token for this person. Only its hash is stored."""
        token = secrets.token_urlsafe(32)
        self.create(user=user, token_hash=_hash(token), expires_at=timezone.now() + LIFETIME)
        return token

    def redeem(self, token: str) -> User | None:
        """The person this token signs in, once; None when it is unknown, used or too old."""
        link = self.filter(token_hash=_hash(token), user__is_active=True).select_related("user").first()
        unused = self.filter(token_hash=_hash(token), used_at=None, expires_at__gt=Now())
        if link is None or not unused.update(used_at=Now()):
            return None
        return link.user


class SignInLink(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_links")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = SignInLinkManager()

    def __str__(self) -> str:
        return f"sign-in link of {self.user}"


def _hash(token: str) -> str:
    # The token has 256 random bits: a plain hash of it cannot be searched, so no slow one is needed.
    return hashlib.sha256(token.encode()).hexdigest()
