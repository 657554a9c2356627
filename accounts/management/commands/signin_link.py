from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from accounts.models import SignInLink, User


class Command(BaseCommand):
    help = "Prints a link that signs a person in. It works once, within an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="?", help="whom it signs in; without it, the first operator")

    def handle(self, *args: Any, email: str | None, **options: Any) -> None:
        token = SignInLink.objects.issue(_person(email))
        self.stdout.write(settings.BASE_URL + reverse("accounts:welcome", args=[token]))


def _person(email: str | None) -> User:
    people = User.objects.filter(is_active=True)
    if email is None:
        user = people.filter(is_operator=True).order_by("pk").first()
        if user is None:
            raise CommandError("There is no operator yet. Start the server with: python3 manage.py up")
    else:
        user = people.filter(email=email.lower()).first()
        if user is None:
            raise CommandError(f"Nobody here has the e-mail {email}.")
    return user
