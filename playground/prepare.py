"""What must be there before the first page: tables, the catalogue, an owner, static files.

Each step looks cheaply whether there is anything to do, because this stands between a person and every start.
"""

import hashlib
import os

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from accounts.models import ApiKey, SignInLink, User
from accounts.models.api_key import vault
from accounts.secret import Secret
from playground.bootstrap import say
from providers.catalogue import sync_packaged
from providers.models import Provider

# The owner's name until they choose one; nobody can send mail to it.
OWNER_EMAIL = "owner@localhost"


def prepare_database() -> User:
    """Brings the database up to date; what comes back is the owner of this server."""
    migrate()
    sync_packaged()
    owner = first_operator()
    use_gateway_from_environment(owner)
    return owner


def sign_in_link(owner: User) -> str:
    """A link for this start, at an address that later commands find again."""
    settings.ADDRESS_FILE.write_text(settings.BASE_URL)
    return settings.BASE_URL + reverse("accounts:welcome", args=[SignInLink.objects.issue(owner)])


def migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)


def collect_static_files() -> None:
    """Copies of the static files under hashed names, made anew when one of them has changed."""
    stamp = settings.STATIC_ROOT / ".collected"
    now = fingerprint_of_static_files()
    if not stamp.exists() or stamp.read_text() != now:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(now)


def fingerprint_of_static_files() -> str:
    """Changes when a file is added, removed or edited; from names, sizes and times, without reading them."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = os.stat(storage.path(name))
            seen.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def first_operator() -> User:
    """The owner of this server; on a fresh one, somebody without a name or a password."""
    operators = User.objects.filter(is_operator=True, is_active=True)
    return operators.order_by("pk").first() or User.objects.create_user(OWNER_EMAIL, is_operator=True)


def use_gateway_from_environment(owner: User) -> None:
    """`AIML_API_URL` is where the packaged gateway is found, `AIML_API_KEY` the owner's key for it.

    Only what differs is written: a key that has been tested stays tested. The key is taken out of the environment, so
    that no program started from here inherits it.
    """
    base_url, key = os.environ.get("AIML_API_URL", "").strip(), os.environ.pop("AIML_API_KEY", "").strip()
    gateway = Provider.objects.get(slug="aimlapi")
    if base_url and base_url != gateway.base_url:
        gateway.base_url = base_url
        gateway.save(update_fields=["base_url"])
    if key:
        secret = Secret(key)
        stored = gateway.key_of(owner)
        if stored is None or stored.fingerprint != vault().fingerprint(secret):
            ApiKey.objects.store(owner, gateway.origin, secret)
