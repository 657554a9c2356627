from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Makes the database ready: tables, the packaged catalogue, an owner. Run it once before the web processes of a "
        "new version start; `manage.py up` does it by itself."
    )
    # The tables they would look at may not be there yet.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        from playground.prepare import prepare_database

        owner = prepare_database()
        self.stdout.write(f"Ready. For a link that signs {owner.email} in: manage.py signin_link")
