"""Pages read as rows: the ORM chooses the rows, a fixed statement reads the columns.

Scoping, filters, ordering and the cursor work on querysets as everywhere. Compiling a query of forty columns over six
tables, though, costs the ORM more than PostgreSQL needs to answer it; so it compiles the ids of the page only.
"""

from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Row = dict[str, Any]

# Placeholder in a statement for the query of the page; its columns are `id` and `place`, the position in the order.
PAGE: Final = "{page}"


def rows_of(queryset: QuerySet[Any], statement: str) -> list[Row]:
    """Return what `statement` reads of the rows of a queryset, by column name; one query.

    The statement joins its tables to `{page} AS page`, ends with `ORDER BY page.place` and has no parameters.
    """
    try:
        ids, parameters = queryset.values("id").query.sql_with_params()
    except EmptyResultSet:  # a filter that matches nothing
        return []
    page = f"(SELECT id, row_number() OVER () AS place FROM ({ids}) AS ids)"  # noqa: S608 - the ORM's own SQL
    with connection.cursor() as cursor:
        cursor.execute(statement.replace(PAGE, page), parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
