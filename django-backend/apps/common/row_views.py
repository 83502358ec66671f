"""Lists and single objects that are read as rows and shown without model objects."""

from abc import abstractmethod
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.common.rows import Row
from apps.common.views import StrictView


class RowReads(StrictView, GenericViewSet[Any]):
    """Answers `GET` from plain rows; `serializer_class` only describes their shape."""

    reads_replica = True

    @abstractmethod
    def rows(self, queryset: QuerySet[Any]) -> list[Row]:
        """Read the rows of a queryset, in its order, with the fields of every ordering."""

    @abstractmethod
    def answers(self, rows: list[Row]) -> list[Row]:
        """Return rows as they are shown."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.answers(list(page or ())))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            rows = self.rows(self.get_queryset().filter(pk=self.kwargs["pk"]))
        except (ValueError, ValidationError) as error:  # not an id
            raise Http404 from error
        if not rows:
            raise Http404
        return Response(self.answers(rows)[0])
