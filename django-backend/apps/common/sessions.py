"""Sessions in PostgreSQL that say when the database was busy.

Django takes any failure to save a session for a session that is gone: 400 when the middleware saves it, 500 when a view
does.
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

from apps.common.database import is_busy


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
            if not isinstance(reason, OperationalError) or not is_busy(reason):
                raise
            busy = reason
        else:
            return
        raise busy
