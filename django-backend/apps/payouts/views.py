"""Statements: holders read their own, staff those of all."""

from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ReadViewSet
from apps.common.csv_downloads import csv_download
from apps.common.openapi import read_schema
from apps.common.permissions import StaffPermission
from apps.payouts.filters import StaffStatementFilter, StatementFilter
from apps.payouts.models import Statement
from apps.payouts.selectors import statement_csv_text, statement_lines, statements_for_staff, statements_of
from apps.payouts.serializers import StaffStatementOutput, StatementLineOutput, StatementOutput


class StatementReadViewSet(ReadViewSet):
    """Statements, the latest month first, and their lines."""

    queryset = Statement.objects.none()
    serializer_class = StatementOutput
    filterset_class = StatementFilter
    ordering = ("-period_start_date", "-id")

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Accept any `Accept` header for CSV: only errors are JSON there."""
        return super().perform_content_negotiation(request, force=force or self.action == "csv")

    @extend_schema(
        summary="Lines of a statement, in the order in which they happened", responses=StatementLineOutput(many=True)
    )
    @action(detail=True, methods=["get"], serializer_class=StatementLineOutput, filterset_class=None, ordering=("id",))
    def lines(self, request: Request, pk: str) -> Response:
        """Each sale is on one statement, each void sale on one with negative amounts; they sum to the statement's.

        A sale that was recorded late is on the statement of a later month.
        """
        page = self.paginate_queryset(statement_lines(statement_id=self.get_object()["id"]))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="Download the lines of a statement as CSV", responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def csv(self, request: Request, pk: str) -> StreamingHttpResponse:
        """All lines in one file; spreadsheets do not run its texts, amounts are plain numbers."""
        statement = self.get_object()
        name = f"statement-{statement['period_start_date']:%Y-%m}-{statement['currency']}.csv"
        return csv_download(statement_csv_text(statement_id=statement["id"]), name=name)


@read_schema("Statements", "Own statements, latest month first", "One statement")
class StatementViewSet(StatementReadViewSet):
    """Your earnings, month by month (UTC), as stated at the time."""

    def get_queryset(self) -> QuerySet[Statement, dict[str, Any]]:
        return statements_of(user=self.user)


@read_schema("Staff", "Statements of all holders", "One statement")
class StaffStatementViewSet(StatementReadViewSet):
    """Statements of all holders, for staff with the permission to view them."""

    serializer_class = StaffStatementOutput
    filterset_class = StaffStatementFilter
    permission_classes = (StaffPermission,)
    read_permission = write_permission = "payouts.view_statement"

    def get_queryset(self) -> QuerySet[Statement, dict[str, Any]]:
        return statements_for_staff()
