"""Empties tables on purpose: what refers to them by foreign keys, what must be kept, and the truncation itself.

The database is asked, not the models: it knows every foreign key and trigger.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps as registry
from django.db import connection, models, transaction

from apps.common.errors import DomainError, ErrorDetail
from apps.common.text import counted, nearest

# A trigger on DELETE keeps rows for good; TRUNCATE would bypass it. Bit 8 of tgtype is DELETE.
_CLOSURE: Final = """
WITH RECURSIVE along (oid) AS (
    SELECT unnest(%s::regclass[])::oid
    UNION
    SELECT conrelid FROM pg_constraint JOIN along ON confrelid = along.oid WHERE contype = 'f'
)
SELECT relname, EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal AND tgtype & 8 <> 0
) FROM along JOIN pg_class USING (oid) ORDER BY relname
"""


class UnknownModels(DomainError, code="unknown_models", status=400):
    """Apps or models that are not installed, each named."""


class TruncationRefused(DomainError, code="truncation_refused"):
    """Rows that nobody asked to delete, or that are kept for good, would go."""


@dataclass(frozen=True)
class TableRows:
    """A table, the label of its model (`listings.Listing`), its number of rows, and whether they are kept for good."""

    table: str
    label: str
    rows: int
    is_protected: bool
    is_wanted: bool

    def __str__(self) -> str:
        return f"{self.label} ({counted(self.rows, 'row')})"


def truncation_plan(*, apps: Sequence[str], models: Sequence[str]) -> list[TableRows]:
    """Return the tables of those models, and every table that refers to them directly or not; changes nothing.

    `apps` are labels, `models` names in any case; each model must be in one of the apps.

    Raises:
        UnknownModels: one error for each unknown app or model.
    """
    return _tables(_wanted(apps, models))


def truncation_check(tables: Iterable[TableRows], *, cascade: bool, protected: bool) -> None:
    """Accept or refuse a plan.

    Raises:
        TruncationRefused: other tables have rows and `cascade` is not said; or a table has rows that are kept for good
            (append-only history, sales, agreements) and `protected` does not allow them.
    """
    kept = [table for table in tables if table.is_protected and table.rows]
    if kept and not protected:
        raise TruncationRefused(f"These rows are kept for good: {_list(kept)}. Nothing was deleted.", attr="models")
    along = [table for table in tables if table.rows and not table.is_wanted]
    if along and not cascade:
        raise TruncationRefused(
            f"Rows that refer to these would be deleted, too: {_list(along)}. Nothing was deleted.", attr="cascade"
        )


@transaction.atomic
def tables_truncate(*, apps: Sequence[str], models: Sequence[str], cascade: bool, protected: bool) -> list[TableRows]:
    """Empty the tables of those models and, with `cascade`, those that refer to them; return what was emptied.

    Numbering of ids goes on (`sqlsequencereset` begins it again). Nobody reads or writes these tables meanwhile; it
    waits ten seconds for those who do now.

    Raises:
        UnknownModels: one error for each unknown app or model.
        TruncationRefused: see `truncation_check`.
    """
    wanted = _wanted(apps, models)
    names = ", ".join(connection.ops.quote_name(table.table) for table in _tables(wanted))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        # Counted again under the lock: a row may have come while somebody was asked.
        cursor.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        tables = _tables(wanted)
        truncation_check(tables, cascade=cascade, protected=protected)
        cursor.execute(f"TRUNCATE {names}")
    return tables


def _about(model: type[models.Model]) -> Any:
    return model._meta  # noqa: SLF001 - Django documents it


def _wanted(apps: Sequence[str], names: Sequence[str]) -> list[type[models.Model]]:
    configs = registry.app_configs
    _refuse([ErrorDetail(f"There is no app {app}.{_hint(app, configs)}", "apps") for app in apps if app not in configs])
    known = [model for app in apps for model in configs[app].get_models()]
    found = [_about(model).object_name for model in known]
    lowered = {name.lower() for name in names}
    _refuse(
        [
            ErrorDetail(f"There is no model {name} in {', '.join(apps)}.{_hint(name, found)}", "models")
            for name in names
            if name.lower() not in {model.lower() for model in found}
        ]
    )
    return [model for model in known if _about(model).model_name in lowered]


def _tables(wanted: Sequence[type[models.Model]]) -> list[TableRows]:
    tables = [_about(model).db_table for model in wanted]
    every = [_about(model) for model in registry.get_models(include_auto_created=True)]
    labels = {about.db_table: about.label for about in every}
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(_CLOSURE, [[quote(table) for table in tables]])
        closure: list[tuple[Any, ...]] = cursor.fetchall()
        counts = " UNION ALL ".join(f"SELECT count(*) FROM {quote(name)}" for name, _ in closure)  # noqa: S608
        cursor.execute(counts)
        rows = [row for (row,) in cursor.fetchall()]
    return [
        TableRows(name, labels.get(name, name), count, is_protected, name in tables)
        for (name, is_protected), count in zip(closure, rows, strict=True)
    ]


def _list(tables: Iterable[TableRows]) -> str:
    return ", ".join(str(table) for table in tables)


def _hint(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f" Did you mean {near}?" if near else ""


def _refuse(problems: Sequence[ErrorDetail]) -> None:
    if problems:
        first, *more = problems
        raise UnknownModels(first.detail, attr=first.attr, more=more)
