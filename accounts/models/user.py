from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction

from accounts.models.team import Membership, Team
from database.statements import Select

BY_NUMBER = Select(lambda number: User.objects.filter(pk=number))


class UserManager(BaseUserManager["User"]):
    @transaction.atomic
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person with a personal team of their own; without a password only a sign-in link opens the door."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        team = Team.objects.create(name=user.short_name, personal_owner=user)
        Membership.objects.create(team=team, user=user, role=Membership.Role.KEEPER)
        return user

    def get(self, *args: Any, **lookups: Any) -> "User":
        """By the number alone, without composing the query anew: each request asks so for whoever it is from."""
        number = lookups.get("pk")
        # Managers of those on the other side of a relation are a kind of this one, and see only them.
        is_of_all = type(self) is UserManager
        if not is_of_all or args or len(lookups) != 1 or not isinstance(number, int):
            return super().get(*args, **lookups)
        user = BY_NUMBER.first(number=number)
        if user is None:
            raise self.model.DoesNotExist
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person; the e-mail address is the name they sign in with."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    # May change what belongs to the whole server. The first person of a server is one.
    is_operator = models.BooleanField(default=False)
    # Wants an e-mail when what runs in the background has ended.
    wants_email = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def short_name(self) -> str:
        return self.name or self.email.partition("@")[0]
