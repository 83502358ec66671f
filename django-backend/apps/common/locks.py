"""Row locks of admin pages; each names the race that it prevents. Both are held until the transaction ends."""

from typing import Any

from django.db.models import QuerySet


def row_locked(rows: QuerySet[Any], pk: object) -> Any:
    """Return the row under its lock, None when there is none.

    The race: another form is saved between the check of the version and our write. Rows that refer to it do not wait.
    """
    return rows.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()


def deletion_locked(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows with the lock that a deletion takes.

    The race: a row that refers to them is added after the page has shown what is deleted with them; its writer waits.
    """
    return rows.select_for_update(of=("self",))
