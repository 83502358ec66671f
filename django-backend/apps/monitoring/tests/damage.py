"""Damage that constraints and triggers would refuse, for tests: done round them, inside the test's own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def unguarded(*dropped: str) -> Iterator[None]:
    """Let anything be written while the block runs: no trigger fires, and these constraints or indexes are gone.

    `table.name` drops a constraint, a bare name an index. The rollback of the test brings them back.
    """
    with connection.cursor() as cursor:
        # Foreign keys that are checked at the commit have nothing left to check then.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in dropped:
            table, _, constraint = name.rpartition(".")
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"' if table else f'DROP INDEX "{name}"')
        cursor.execute("SET LOCAL session_replication_role = replica")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")


def write(statement: str, *values: object) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
