"""Tables without their last guard, for twins that show what it keeps apart: they commit, so they clean up by hand."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

DEFINITIONS = (
    "SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid)),"
    " format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)"
    " FROM pg_constraint WHERE conname = %(name)s"
    " UNION ALL SELECT indexdef, format('DROP INDEX %%I', indexname) FROM pg_indexes WHERE indexname = %(name)s"
)


@contextmanager
def without_guards(table: str, *names: str) -> Iterator[None]:
    """Drop constraints or unique indexes; afterwards empty the table, with all that refers to it, and restore them."""
    restore = []
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(DEFINITIONS, {"name": name})
            definition, drop = cursor.fetchone()
            cursor.execute(drop)
            restore.append(definition)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")
        for definition in restore:
            cursor.execute(definition)
