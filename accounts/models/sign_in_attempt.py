"""The limit on guessing passwords, kept in the database so that it holds across processes and restarts."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

# How long a wrong password counts.
PERIOD = timedelta(minutes=15)
# Wrong passwords that one network may enter in that time, for whichever accounts.
TRIES_PER_NETWORK = 10
# Networks that may enter wrong passwords for one account in that time. Networks are counted, not tries, so that one
# stranger cannot shut a person out of their own account.
NETWORKS_PER_ACCOUNT = 10


class SignInAttemptManager(models.Manager["SignInAttempt"]):
    def admit(self, email: str, network: str) -> bool:
        """Whether a password may be tried now. The try counts until `forgive` says that it was the right one.

        It is written down before the others are counted: of many tries at the same moment none slips through.
        """
        self.filter(at__lt=timezone.now() - PERIOD).delete()
        attempt = self.create(account=_hash(email), network=_hash(network))
        others = self.exclude(pk=attempt.pk)
        from_here = others.filter(network=attempt.network).count()
        elsewhere = others.filter(account=attempt.account).exclude(network=attempt.network)
        networks = elsewhere.values("network").distinct().count()
        admitted = from_here < TRIES_PER_NETWORK and networks < NETWORKS_PER_ACCOUNT
        if not admitted:
            # A refused try tells nobody anything. Were it to count, a person who keeps trying would never get in again.
            attempt.delete()
        return admitted

    def forgive(self, email: str, network: str) -> None:
        """Forget the wrong tries of a person who then knew the password."""
        self.filter(account=_hash(email), network=_hash(network)).delete()


class SignInAttempt(models.Model):
    """A password that was tried and not found right. Hashed, since people type passwords into the wrong field."""

    account = models.CharField(max_length=64)
    network = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = SignInAttemptManager()

    class Meta:
        indexes = [
            models.Index(fields=["account"], name="attempts_on_an_account"),
            models.Index(fields=["network"], name="attempts_from_a_network"),
        ]

    def __str__(self) -> str:
        return f"sign-in attempt at {self.at:%H:%M:%S}"


def _hash(text: str) -> str:
    return salted_hmac("accounts.SignInAttempt", text.strip().lower(), algorithm="sha256").hexdigest()
