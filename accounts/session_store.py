"""Django's sessions in the database, read without composing the query anew for each request."""

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

STORED = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Differs in the reading alone, which each request does first: composing its query took ten times the reading."""

    def load(self) -> dict[str, Any]:
        """What is in it; nothing, and no key either, where there is no such session any more."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(STORED, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
        return self.decode(row[0]) if row else {}
