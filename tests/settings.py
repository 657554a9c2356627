"""The product's settings, with the few changes that tests need: throw-away files and fast passwords."""

import atexit
import os
import shutil
import tempfile

if "PLAYGROUND_VAR_DIR" not in os.environ:
    os.environ["PLAYGROUND_VAR_DIR"] = tempfile.mkdtemp(prefix="playground-test-")
    atexit.register(shutil.rmtree, os.environ["PLAYGROUND_VAR_DIR"], ignore_errors=True)

from playground.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file, as in production: a database in memory knows nothing of two writers.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}  # noqa: F405
else:
    # Tests open many connections at the same moment. That nobody waits for one is shown of the product as it is served.
    DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 10  # type: ignore[index]  # noqa: F405
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
