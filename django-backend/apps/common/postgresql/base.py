"""The database wrapper that `settings.DATABASES` names; Django wants this module's name."""

import select

from django.db.backends.postgresql import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    """What a server must have; Django compares versions at each first connection."""

    # On older ones Django leaves out unique constraints with `nulls_distinct=False`, and a seat could be listed twice.
    minimum_database_version = (15,)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, with a health check that costs no round trip."""

    features_class = DatabaseFeatures

    def is_usable(self) -> bool:
        """Return whether the open connection can be used; each request and each task asks once.

        A server, or a pooler, that has closed a connection has said so: there is something to read. Only then is it
        asked, as Django asks before every request; and inside a transaction, which may have failed.
        """
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not (self.in_atomic_block or waiting.poll(0)) or super().is_usable()
