"""The lock of statements."""

from typing import Final

from django.db import connection

# Any number that no other advisory lock of this database uses ("stmt" in ASCII).
STATEMENTS_KEY: Final = 0x73746D74


def statements_locked() -> None:
    """Let one transaction at a time make statements.

    The race: two runs would put the same sales on two statements. The unique constraints would make one of them fail;
    with the lock, the second one sees what the first has done and continues with the rest. The lock belongs to the
    transaction, not the session, so that it works behind PgBouncer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [STATEMENTS_KEY])
