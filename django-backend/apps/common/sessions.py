"""Sessions in PostgreSQL that say when the database was busy.

Django takes any failure to save a session for a session that is gone: 400 when the middleware saves it, 500 when a view
does.
"""

import hashlib

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

from apps.common.database import is_busy
from apps.common.records import source_changes


def session_source(session_key: str) -> str:
    """Return the name of a session as a source of records, from which nobody gets the key."""
    return f"session:{hashlib.sha256(session_key.encode()).hexdigest()}"


class SessionStore(db.SessionStore):
    """Django's sessions in the database; the name is part of how their data are signed."""

    def save(self, must_create: bool = False) -> None:
        """Write the session.

        Raises:
            OperationalError: the database was busy.
            UpdateError: the session was deleted meanwhile.
            CreateError: `must_create`, and there is one with this key.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            reason = error.__context__
            if isinstance(reason, OperationalError) and is_busy(reason):
                raise reason from reason.__cause__  # which says what the database answered
            raise

    def delete(self, session_key: str | None = None) -> None:
        """End the session, and what Redis repeats about it."""
        ended = session_key or self.session_key
        super().delete(session_key)
        if ended:
            source_changes(session_source(ended))
