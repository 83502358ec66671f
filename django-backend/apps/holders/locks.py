"""Locks of this app's tables."""

from django.db import connection

from apps.holders.models import CommissionAgreement


def commission_agreements_locked() -> None:
    """Let one transaction at a time write agreements; readers are not blocked.

    Two overlapping inserts would wait for each other at the exclusion constraint until the server kills one as a
    deadlock. Staff write a few agreements a month, so serialising them costs nothing, and the second one gets its
    answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {CommissionAgreement._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")  # noqa: SLF001 - Django's documented model API
