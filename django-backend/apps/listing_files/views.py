"""Listings as CSV: upload, download, and an empty file to begin with."""

from typing import Any, cast

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.acts import ChangeSource
from apps.common.csv_downloads import csv_download, csv_line
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.views import StrictView
from apps.holders.api import IsTicketHolder, rate_day
from apps.listing_files.rules.listing_rows import INPUT_COLUMNS
from apps.listing_files.selectors import listing_csv_text
from apps.listing_files.serializers import ListingCsvInput, ListingCsvOutput
from apps.listing_files.services.upload import listings_from_csv
from apps.listings.api import ListingFilter
from apps.listings.models import Listing
from apps.users.models import User


class _CsvView(StrictView, GenericAPIView[Any]):
    """For ticket holders. Answers CSV or JSON for any `Accept` header, because errors are always JSON."""

    permission_classes = (IsAuthenticated, IsTicketHolder)
    pagination_class = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Choose the format of errors; never refuse."""
        return super().perform_content_negotiation(request, force=True)


@extend_schema(tags=["Listings"])
class ListingCsvView(_CsvView):
    """All own listings as one CSV file, and many new ones from one."""

    queryset = Listing.objects.none()
    parser_classes = (MultiPartParser,)
    filterset_class = ListingFilter

    @extend_schema(
        operation_id="listings_csv_retrieve",
        summary="Download own listings as CSV",
        filters=True,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Send the listings of the holder, newest first, in the columns of an upload and some read-only ones."""
        holder = cast("User", request.user).ticket_holder
        listings = self.filter_queryset(Listing.objects.filter(holder=holder))
        return csv_download(listing_csv_text(listings=listings, on=rate_day(timezone.now())), name="listings.csv")

    @extend_schema(
        operation_id="listings_csv_create",
        summary="List seats by CSV",
        parameters=[IDEMPOTENCY_KEY],
        filters=False,
        request={"multipart/form-data": ListingCsvInput},
        responses={200: ListingCsvOutput, 201: ListingCsvOutput},
    )
    @idempotent(scope=by_user)
    def post(self, request: Request) -> Response:
        """List every row of a file, or none if a single one has an error: `attr` names its line and column.

        A dry run writes nothing and answers 200 with what would become of each row, errors too.
        """
        data = self.sent(ListingCsvInput)
        outcome = listings_from_csv(
            holder=cast("User", request.user).ticket_holder,
            content=data.content(),
            dry_run=data.validated_data["dry_run"],
            act=self.act(source=ChangeSource.CSV),
        )
        return Response(ListingCsvOutput(outcome).data, status=200 if outcome.dry_run else 201)


class ListingCsvTemplateView(_CsvView):
    """An empty file with the columns of an upload."""

    @extend_schema(
        operation_id="listings_csv_template_retrieve",
        summary="Download an empty CSV of listings",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        tags=["Listings"],
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Send the header line."""
        return csv_download([csv_line(INPUT_COLUMNS)], name="listings-template.csv")
