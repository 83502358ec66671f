"""The lock of statements."""

from typing import Final

from django.db import connection

# Any number that no other advisory lock of this database uses ("stmt" in ASCII).
STATEMENTS_KEY: Final = 0x73746D74


def statements_locked() -> None:
    """Wait until nobody else is making statements; held until the transaction ends.

    The race: two runs read the same sales as untold, and both tell them, on two statements of different months, or of
    one. The unique constraints would let one of them fail; with the lock the second one reads what the first has told
    and goes on with the rest. A lock of the transaction, not of the session, so that it works behind PgBouncer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [STATEMENTS_KEY])
