import logging
from functools import cache
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Left, Now

from accounts.models.user import User
from accounts.secret import Secret
from accounts.vault import Place, UnreadableKey, Vault

__all__ = ["ApiKey", "UnreadableKey", "vault"]

logger = logging.getLogger(__name__)


@cache
def vault() -> Vault:
    return Vault(settings.DATA_KEYS)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def to_reseal(self) -> Self:
        """Those that another data key than the writing one has sealed."""
        head = vault().head
        # Not `startswith`: SQLite would take two data keys whose ids differ in case for the same.
        return self.alias(head=Left("sealed", len(head))).exclude(head=head)

    def store(self, user: User, origin: str, secret: Secret) -> "ApiKey":
        """This person's key for this origin, new or replaced. It can be used, and never be shown again."""
        credential_id = uuid4().hex
        sealed = vault().seal(secret, Place(owner=user.pk, credential_id=credential_id, host=origin))
        key, _ = self.update_or_create(
            user=user,
            origin=origin,
            defaults={
                "credential_id": credential_id,
                "sealed": sealed,
                "last_four": secret.last_four,
                "fingerprint": vault().fingerprint(secret),
                "check_state": ApiKey.Check.UNTRIED,
                "checked_at": None,
            },
        )
        logger.info("An API key was stored", extra={"user": user.pk, "origin": origin})
        return key


class ApiKey(models.Model):
    """A person's secret for one origin (scheme, host, port), encrypted. It leaves the server only for that origin."""

    class Check(models.TextChoices):
        UNTRIED = "untried"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    origin = models.CharField(max_length=255)
    credential_id = models.CharField(max_length=32)
    sealed = models.TextField()
    last_four = models.CharField(max_length=4, blank=True)
    fingerprint = models.CharField(max_length=12)
    check_state = models.CharField(max_length=10, choices=Check, default=Check.UNTRIED)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "origin"], name="one_key_per_person_and_origin")]

    def __str__(self) -> str:
        return f"key of {self.user_id} for {self.origin}"

    @property
    def place(self) -> Place:
        return Place(owner=self.user_id, credential_id=self.credential_id, host=self.origin)

    def open(self) -> Secret:
        """The secret itself, for the one call that needs it. Raises `UnreadableKey`."""
        return vault().open(self.sealed, self.place)

    def reseal(self) -> bool:
        """Seal it again with the writing data key. False when the person has replaced or deleted it meanwhile.

        Raises `UnreadableKey`.
        """
        secret = self.open()
        return self._update_if_unchanged(
            sealed=vault().seal(secret, self.place), fingerprint=vault().fingerprint(secret)
        )

    def record_check(self, state: Check) -> bool:
        """Keep what the provider said about it. False when the person has replaced or deleted it meanwhile."""
        return self._update_if_unchanged(check_state=state, checked_at=Now())

    @property
    def is_readable(self) -> bool:
        """False when the data key that sealed it is gone: the person has to enter it again."""
        try:
            self.open()
        except UnreadableKey:
            return False
        return True

    def _update_if_unchanged(self, **columns: object) -> bool:
        unchanged = ApiKey.objects.filter(pk=self.pk, sealed=self.sealed)
        return bool(unchanged.update(**columns))
