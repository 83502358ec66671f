"""Cursor pagination: stable under inserts and the same cost on page 1 and page 10,000."""

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django.db.models import Q, QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

ORDERING_PARAM = "ordering"
_NUMBER: Final = re.compile("[0-9]{1,9}")


class Position(NamedTuple):
    """Where a page begins: after (or before) the row with these values in the fields of the ordering."""

    values: tuple[str, ...]
    backwards: bool


class StandardCursorPagination(CursorPagination):
    """Pages of 20 by default, at most 100 by `page_size`, in the view's `ordering`, which ends in a unique field.

    A view with `orderings`, a mapping of words to orderings, lets the client choose one by `?ordering=`.

    The library's own cursor knows the first field of the ordering only and counts rows that share its value, up to a
    thousand of them; of 25,000 listings at one price it would lose most. This one holds a value for each field.
    """

    page_size: int = 20
    max_page_size = 100
    page_size_query_param = "page_size"

    def parameter_names(self, view: Any) -> list[str]:
        """Return the names of the query parameters by which a client chooses the page."""
        names = [self.cursor_query_param, self.page_size_query_param]
        return [*names, ORDERING_PARAM] if getattr(view, "orderings", None) else names

    def get_page_size(self, request: Request) -> int:
        """Return how many rows the client wants on a page.

        Raises:
            ValidationError: it is no number from 1 to `max_page_size`.
        """
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= self.max_page_size:
            sentence = f"Write a whole number from 1 to {self.max_page_size}."
            raise ValidationError({self.page_size_query_param: sentence}, code="invalid")
        return int(text)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """Return the ordering that the client chose, else the view's own.

        Raises:
            ValidationError: the view knows no such ordering.
        """
        default: tuple[str, ...] = view.ordering
        orderings: Mapping[str, tuple[str, ...]] | None = getattr(view, "orderings", None)
        word = request.query_params.get(ORDERING_PARAM)
        if not orderings or word is None:
            return default
        if word not in orderings:
            raise ValidationError({ORDERING_PARAM: f"Choose from: {', '.join(orderings)}."}, code="invalid_choice")
        return orderings[word]

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the page that the cursor points at.

        A view with a method `rows` reads the page its own way, as dictionaries that hold the fields of the ordering.

        Raises:
            NotFound: the cursor was not made by us, or for another ordering.
        """
        self.request, self.address = request, request.build_absolute_uri()
        self.ordering = self.get_ordering(request, queryset, view)
        fetch: Callable[[QuerySet[Any]], list[Any]] = getattr(view, "rows", list)
        size = self.get_page_size(request)
        try:
            position = self._position(request)
            page = fetch(_from(position, queryset, self.ordering)[: size + 1])
        except (DjangoValidationError, ValueError, TypeError, DataError):
            if self.cursor_query_param not in request.query_params:
                raise
            raise NotFound(self.invalid_cursor_message)
        more, page = len(page) > size, page[:size]
        if position and position.backwards:
            page.reverse()
        self.has_next = bool(position and position.backwards) or more
        self.has_previous = more if position and position.backwards else position is not None
        self.page, self.position = page, position
        return page

    def get_next_link(self) -> str | None:
        return self._link(-1, backwards=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(0, backwards=True) if self.has_previous else None

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        described = {
            self.cursor_query_param: ("From `next` or `previous` of a page.", {"minLength": 1}),
            self.page_size_query_param: (
                f"Rows on a page; {self.page_size} when left out.",
                {"minimum": 1, "maximum": self.max_page_size},
            ),
        }
        for parameter in parameters:
            parameter["description"], bounds = described[parameter["name"]]
            parameter["schema"] |= bounds
        if orderings := getattr(view, "orderings", None):
            schema = {"type": "string", "enum": list(orderings)}
            sentence = (
                "`-` is highest or latest first. Rows with equal values have a fixed order too. "
                f"Left out: `{next(iter(orderings))}`."
            )
            parameters.append(
                {"name": ORDERING_PARAM, "required": False, "in": "query", "description": sentence, "schema": schema}
            )
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page; null is a type of its own in OpenAPI 3.1."""
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["properties"]["results"]["maxItems"] = self.max_page_size
        for name, sentence in (("next", "Null on the last page."), ("previous", "Null on the first page.")):
            described["properties"][name] = {"type": ["string", "null"], "format": "uri", "description": sentence}
        return described

    def _position(self, request: Request) -> Position | None:
        encoded = request.query_params.get(self.cursor_query_param)
        if encoded is None:
            return None
        try:
            backwards, *values = json.loads(urlsafe_b64decode(encoded.encode("ascii")))
        except (binascii.Error, UnicodeError, RecursionError) as error:
            raise ValueError("not a cursor") from error
        if not isinstance(backwards, bool) or [type(value) for value in values] != [str] * len(self.ordering):
            raise ValueError("not a cursor of this ordering")
        return Position(tuple(values), backwards)

    def _link(self, index: int, *, backwards: bool) -> str:
        if self.page:
            row, names = self.page[index], [field.removeprefix("-") for field in self.ordering]
            values: Sequence[Any] = [row[name] if isinstance(row, dict) else getattr(row, name) for name in names]
        else:  # the rows of this page are gone: the neighbours begin where it began
            values = self.position.values if self.position else ()
        token = json.dumps([backwards, *map(_text, values)], separators=(",", ":"))
        cursor = urlsafe_b64encode(token.encode()).decode("ascii")
        return replace_query_param(self.address, self.cursor_query_param, cursor)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _from(position: Position | None, queryset: QuerySet[Any], ordering: Sequence[str]) -> QuerySet[Any]:
    if position is None:
        return queryset.order_by(*ordering)
    fields = [(field.removeprefix("-"), field.startswith("-") != position.backwards) for field in ordering]
    ordered = queryset.order_by(*(f"-{name}" if falling else name for name, falling in fields))
    return ordered.filter(_after(fields, position.values))


def _after(fields: Sequence[tuple[str, bool]], values: Sequence[str]) -> Q:
    """Return what holds for rows after the position; the fields are given with whether they fall.

    `a >= x and (a > x or b > y)` says the same as `a > x or (a = x and b > y)`, but an index on `a` can begin at x.
    """
    (name, falling), value = fields[0], values[0]
    beyond, *rest = Q(**{f"{name}__{'lt' if falling else 'gt'}": value}), *fields[1:]
    if not rest:
        return beyond
    return Q(**{f"{name}__{'lte' if falling else 'gte'}": value}) & (beyond | _after(rest, values[1:]))
