"""How many queries something takes."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(work: Callable[[], object]) -> int:
    """Do some work and return the number of its queries, savepoints included."""
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)
