import logging
from datetime import datetime
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
        """Those that the person's calls are made with."""
        return self.filter(user=user, kind=ApiKey.Kind.CALLS)

    def managing(self, user: User) -> Self:
        """Those that the person manages keys at a provider with. No run ever sees them."""
        return self.filter(user=user, kind=ApiKey.Kind.MANAGEMENT)

    def reject(self, user: User, origin: str, used_at: datetime) -> None:
        """The provider did not accept the key that this person's call was made with; one entered since is another."""
        used = self.of(user).filter(origin=origin, updated_at__lte=used_at)
        used.update(check_state=ApiKey.Check.REJECTED, checked_at=Now())

    def to_reseal(self) -> Self:
        """Those that another data key than the writing one has sealed."""
        head = vault().head
        # Not `startswith`: SQLite would take two data keys whose ids differ in case for the same.
        return self.alias(head=Left("sealed", len(head))).exclude(head=head)

    def store(self, user: User, origin: str, secret: Secret, kind: str = "calls") -> "ApiKey":
        """This person's key for this origin, new or replaced. It can be used, and never be shown again."""
        new = ApiKey(user=user, origin=origin, kind=kind, credential_id=uuid4().hex)
        key, _ = self.update_or_create(
            user=user,
            origin=origin,
            kind=kind,
            defaults={
                "credential_id": new.credential_id,
                "sealed": vault().seal(secret, new.place),
                "last_four": secret.last_four,
                "fingerprint": vault().fingerprint(secret),
                "check_state": ApiKey.Check.UNTRIED,
                "checked_at": None,
                "updated_at": Now(),
            },
        )
        logger.info("An API key was stored", extra={"user": user.pk, "origin": origin, "kind": kind})
        return key


class ApiKey(models.Model):
    """A person's secret for one origin (scheme, host, port), encrypted. It leaves the server only for that origin."""

    class Kind(models.TextChoices):
        CALLS = "calls"
        # Makes, changes and deletes keys at the provider, and calls no model.
        MANAGEMENT = "management"

    class Check(models.TextChoices):
        UNTRIED = "untried"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    origin = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CALLS)
    credential_id = models.CharField(max_length=32)
    sealed = models.TextField()
    last_four = models.CharField(max_length=4, blank=True)
    fingerprint = models.CharField(max_length=12)
    check_state = models.CharField(max_length=10, choices=Check, default=Check.UNTRIED)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # By the database's clock, as the runs that were sent with it.
    updated_at = models.DateTimeField(db_default=Now())

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "origin", "kind"], name="one_key_of_a_kind_per_person_and_origin")
        ]

    def __str__(self) -> str:
        return f"key of {self.user_id} for {self.origin}"

    @property
    def place(self) -> Place:
        # The kind is part of it: a management key whose row is turned into one for calls does not open.
        is_for_calls = self.kind == self.Kind.CALLS
        name = self.credential_id if is_for_calls else f"{self.kind}:{self.credential_id}"
        return Place(owner=self.user_id, credential_id=name, host=self.origin)

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
