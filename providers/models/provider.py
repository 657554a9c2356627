from typing import Self

from django.db import models

from accounts.models import ApiKey, Team, User
from database.statements import Select
from providers.dialects import DIALECTS, Dialect
from providers.egress import origin_of
from providers.errors import KINDS

_KEY = Select(lambda user, origin: ApiKey.objects.of(user).filter(origin=origin))


class ProviderQuerySet(models.QuerySet["Provider"]):
    def visible_to(self, user: User) -> Self:
        """Those that come with the product, and those of the person's teams."""
        return self.filter(models.Q(team=None) | models.Q(team__memberships__user=user)).distinct()

    def kept_by(self, user: User) -> Self:
        """Those the person may change. What comes with the product is nobody's."""
        return self.filter(team__in=Team.objects.kept_by(user))


class Provider(models.Model):
    """An endpoint with a base URL and a dialect: the AI/ML API gateway, the demo, or any server that speaks one."""

    name = models.CharField(max_length=100)
    # Set for those that come with the product: "aimlapi" and "demo".
    slug = models.SlugField(max_length=40, unique=True, null=True, blank=True)
    # None: for everybody on this server.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="providers")
    base_url = models.CharField(max_length=500)
    dialect_name = models.CharField(
        max_length=20, choices=[(name, dialect.label) for name, dialect in DIALECTS.items()], default="openai"
    )
    needs_key = models.BooleanField(default=True)
    models_refreshed_at = models.DateTimeField(null=True, blank=True)
    # When its list is to be read next without anybody asking, and the kind of error the last time, if there was one.
    refresh_due_at = models.DateTimeField(null=True, blank=True)
    refresh_error = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.dialect_name]

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL, in one spelling: what an API key is bound to."""
        return origin_of(self.base_url)

    @property
    def refresh_trouble(self) -> str:
        """Why its list could not be read the last time that nobody asked for it, in words."""
        kind = KINDS.get(self.refresh_error)
        return f"{kind.title} {kind.next_step}" if kind else ""

    @property
    def is_packaged(self) -> bool:
        return self.slug is not None

    def key_of(self, user: User) -> ApiKey | None:
        """The person's key for this provider's origin, if they have one."""
        return _KEY.first(user=user.pk, origin=self.origin)
