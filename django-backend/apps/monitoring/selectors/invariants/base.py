"""The base of invariants."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection
from django.db.models import Count, QuerySet, Window

from apps.monitoring.rules import MAX_IDS


@dataclass(frozen=True)
class Found:
    """What breaks an invariant: the number of rows, and the ids of the first 20."""

    count: int = 0
    ids: tuple[str, ...] = ()


class Invariant(ABC):
    """A statement about the data that is true while the product is correct.

    `name` is for programs, `title` and `sentence` are for people, `page` is the admin list that has the ids
    (`listings_ticket`), empty if there is none.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    page: ClassVar[str] = ""

    @abstractmethod
    def find(self, *, now: datetime) -> Found:
        """Return what breaks the invariant at `now` (UTC), in one query."""


class SqlInvariant(Invariant):
    """An invariant whose violations are the `id`s of a constant SQL statement, which has `values` and `now`."""

    statement: ClassVar[str]
    values: ClassVar[Mapping[str, Any]] = {}

    def parameters(self, now: datetime) -> Mapping[str, Any]:
        """Return what the statement needs."""
        return {**self.values, "now": now}

    def find(self, *, now: datetime) -> Found:
        """Return what the statement yields."""
        query = "SELECT found.id::text, count(*) OVER () FROM ({}) AS found ORDER BY found.id LIMIT {}"
        with connection.cursor() as cursor:
            cursor.execute(query.format(self.statement, MAX_IDS), self.parameters(now))
            rows = cursor.fetchall()
        return Found(count=rows[0][1], ids=tuple(row[0] for row in rows)) if rows else Found()


def found_in(offenders: QuerySet[Any, Any]) -> Found:
    """Return how many rows a queryset has and the first ids."""
    counted = offenders.order_by("pk").annotate(total=Window(Count("pk"))).values_list("pk", "total")
    rows = list(counted[:MAX_IDS])
    return Found(count=rows[0][1], ids=tuple(str(row[0]) for row in rows)) if rows else Found()
