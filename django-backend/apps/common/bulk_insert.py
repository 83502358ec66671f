"""Inserts many rows into several tables at once: an INSERT … SELECT over arrays for each table, all in one statement.

Model objects would take five times as long.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Model

# Types whose text needs no quotes in an array.
_BARE: Final = (UUID, int)


def rows_insert(tables: Mapping[type[Model], Mapping[str, Any]]) -> None:
    """Insert rows into tables, in one round trip: a list has a value for each row, others are those of all.

    The first list of a table gives the number of its rows. Others whose values are all the same are sent once.
    """
    statements, values = [], dict[str, Any]()
    for model, columns in tables.items():
        varying, same = list[str](), list[str]()
        first = next(name for name, value in columns.items() if isinstance(value, list))
        for name, value in columns.items():
            cells = value if isinstance(value, list) else [value]
            is_same = name != first and cells.count(cells[0]) == len(cells)
            if _types(model)[name] == "jsonb":
                cells = [json.dumps(cell) for cell in cells[: 1 if is_same else None]]
            (same if is_same else varying).append(name)
            values[f"{model.__name__}_{name}"] = cells[0] if is_same else array_text(cells)
        statements.append(_statement(model, tuple(varying), tuple(same)))
    with connection.cursor() as cursor:
        cursor.execute(";".join(statements), values)


@cache
def _types(model: type[Model]) -> dict[str, str]:
    # Without lengths: a cast to varchar(30) would cut what is longer.
    columns = model._meta.concrete_fields  # noqa: SLF001 - Django documents it
    return {column.attname: re.sub(r"\(.*?\)", "", str(column.db_type(connection))) for column in columns}


@cache
def _statement(model: type[Model], varying: Sequence[str], same: Sequence[str]) -> str:
    # Each column is one array in the text form of PostgreSQL, which is parsed several times faster than an expression
    # for each value. Arrays in arrays must all have one length there, so those of a row are text themselves.
    types, prefix, table = _types(model), model.__name__, model._meta.db_table  # noqa: SLF001
    arrays = [f"%({prefix}_{name})s::{re.sub(r'.*[]]|jsonb', 'text', types[name])}[]" for name in varying]
    chosen = [f'new."{name}"::{types[name]}' for name in varying]
    chosen += [f"%({prefix}_{name})s::{types[name]}" for name in same]
    names = [f'"{name}"' for name in (*varying, *same)]
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(chosen)} "  # noqa: S608 - our names
        f"FROM unnest({', '.join(arrays)}) WITH ORDINALITY AS new({', '.join(names[: len(varying)])}, number) "
        "ORDER BY number"
    )


def array_text(values: Iterable[object]) -> str:
    """Return values as PostgreSQL writes an array of them."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, _BARE):
        return str(value)
    if isinstance(value, list):  # numbers, or words of an enum: nothing to quote
        value = f"{{{','.join(map(str, value))}}}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
