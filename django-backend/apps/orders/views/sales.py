"""Sales and changes of events over HTTP: holders read their own sales, staff record them and change events."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api import event_list
from apps.catalog.models import Event
from apps.common.conditional import ReadViewSet
from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.openapi import read_schema
from apps.common.permissions import StaffPermission
from apps.common.views import StrictView
from apps.orders.filters.sales import SaleFilter
from apps.orders.models import Marketplace, Sale
from apps.orders.selectors.sales import marketplaces_in_use, sales_for_staff, sales_of, staff_row_of, with_payable
from apps.orders.serializers.sales import (
    EventChangeOutput,
    EventNoteInput,
    EventRescheduleInput,
    MarketplaceOutput,
    SaleInput,
    SaleOutput,
    SalesVoidInput,
    SaleVoidInput,
    StaffSaleOutput,
    StaffSalesOutput,
)
from apps.orders.services.event_changes import EventChanged, event_cancel, event_postpone, event_reschedule
from apps.orders.services.sale_changes import sales_deliver, sales_void
from apps.orders.services.sales import sale_record

# Fields that have another name in the service.
_NAMES: Final = {"listing": "listing_id", "price": "price_cents"}
# Made once: copying forty fields for each answer takes as long as writing two of its rows to the database.
_ROWS: Final = StaffSaleOutput(many=True)


class SaleReadViewSet(ReadViewSet):
    """Sales as rows, the latest first, each with the payable date of today."""

    queryset = Sale.objects.none()
    serializer_class = SaleOutput
    filterset_class = SaleFilter
    ordering = ("-sold_at", "-id")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return [with_payable(row) for row in page] if page else page

    def get_object(self) -> Any:
        return with_payable(super().get_object())


@read_schema("Sales", "Own sales, latest first", "One sale")
class SaleViewSet(SaleReadViewSet):
    """The sales of your own seats: price, split, how it was calculated, and when the payout is due."""

    def get_queryset(self) -> QuerySet[Sale, dict[str, Any]]:
        return sales_of(user=self.user)


@extend_schema(tags=["Sales"])
@extend_schema_view(list=extend_schema(summary="Marketplaces in use"))
class MarketplaceViewSet(StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[Marketplace]):
    """Where seats are sold, besides our own shop (`house`), whose sales nobody records by hand."""

    queryset = marketplaces_in_use()
    serializer_class = MarketplaceOutput
    filterset_class = None
    ordering = ("name", "id")


@read_schema("Staff", "Sales of all holders", "One sale")
class StaffSaleViewSet(SaleReadViewSet):
    """Sales of all holders, for staff with the permission to view them."""

    serializer_class = StaffSaleOutput
    permission_classes = (StaffPermission,)
    read_permission, write_permission, create_permission = "orders.view_sale", "orders.change_sale", "orders.add_sale"

    def get_queryset(self) -> QuerySet[Sale, dict[str, Any]]:
        return sales_for_staff()

    @extend_schema(
        summary="Record a sale", parameters=[IDEMPOTENCY_KEY], request=SaleInput, responses={201: StaffSalesOutput}
    )
    @idempotent(scope=by_user)
    def create(self, request: Request) -> Response:
        """Record a sale on a marketplace: seats by name, or a quantity that is chosen as the shop would.

        409 `sale_recorded_already`: the invoice has a sale of this listing; see `allow_duplicate_invoice`.
        """
        sent = self.sent(SaleInput).validated_data
        sold = {_NAMES.get(name, name): value for name, value in sent.items()}
        sales = sale_record(**sold, act=self.act())
        for sale in sales:
            sale.recorded_by = self.user  # its row shows who it was, without another query
        rows = [with_payable(staff_row_of(sale)) for sale in sales]
        return Response({"sales": _ROWS.to_representation(rows)}, status=201)

    @extend_schema(
        summary="Void a sale", parameters=[IDEMPOTENCY_KEY], request=SaleVoidInput, responses=StaffSaleOutput
    )
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def void(self, request: Request, pk: str) -> Response:
        """Void a sale for good; its seat goes back on sale or is withdrawn, its split stays readable."""
        data = self.sent(SaleVoidInput).validated_data
        self._void([self.get_object()["id"]], data)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        operation_id="staff_sales_void_many",
        summary="Void many sales",
        parameters=[IDEMPOTENCY_KEY],
        request=SalesVoidInput,
        responses=StaffSalesOutput,
    )
    @action(detail=False, methods=["post"], url_path="void", filterset_class=None, pagination_class=None)
    @idempotent(scope=by_user)
    def void_many(self, request: Request) -> Response:
        """Void sales for good, all or none."""
        data = self.sent(SalesVoidInput).validated_data
        self._void(data["ids"], data)
        rows = {row["id"]: with_payable(row) for row in self.get_queryset().filter(id__in=data["ids"])}
        sales = [rows[sale_id] for sale_id in dict.fromkeys(data["ids"])]
        return Response(StaffSalesOutput({"sales": sales}).data)

    @extend_schema(summary="Record a delivery", request=None, responses=StaffSaleOutput)
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, pk: str) -> Response:
        """Record that the buyer has the ticket from now on."""
        self.refuse_body()
        sales_deliver(sale_ids=[self.get_object()["id"]], now=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)

    def _void(self, sale_ids: Sequence[UUID], data: Mapping[str, Any]) -> None:
        sales_void(sale_ids=sale_ids, return_seats=data["return_seats"], act=self.act(data["reason"]))


@extend_schema(tags=["Staff"], parameters=[IDEMPOTENCY_KEY], responses=EventChangeOutput)
class StaffEventViewSet(StrictView, viewsets.GenericViewSet[Event]):
    """Changes of events with their consequences for listings, sales and holders, each in one transaction."""

    queryset = event_list()
    serializer_class = EventNoteInput
    permission_classes = (StaffPermission,)
    read_permission = write_permission = "catalog.change_event"
    filterset_class = None

    @extend_schema(summary="Postpone an event", request=EventNoteInput)
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def postpone(self, request: Request, pk: str) -> Response:
        """Listings stay, mark-downs pause, payouts are held until there is a new date; holders are notified by mail."""
        return self._answer(event_postpone(**self._call(EventNoteInput)))

    @extend_schema(summary="Give an event a new start", request=EventRescheduleInput)
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def reschedule(self, request: Request, pk: str) -> Response:
        """Mark-downs and payouts follow the new date, sold tickets must be delivered again; holders are notified."""
        call = self._call(EventRescheduleInput)
        return self._answer(event_reschedule(venue_id=call.pop("venue"), **call))

    @extend_schema(summary="Cancel an event for good", request=EventNoteInput)
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def cancel(self, request: Request, pk: str) -> Response:
        """Open listings close, sales are flagged for refund, nothing is paid out; holders are notified by mail."""
        return self._answer(event_cancel(**self._call(EventNoteInput)))

    def _call(self, serializer_class: type[EventNoteInput]) -> dict[str, Any]:
        values = self.sent(serializer_class).validated_data
        act = self.act(values.pop("note"))
        return {**values, "event_id": self.get_object().id, "act": act}

    def _answer(self, changed: EventChanged) -> Response:
        event = self.get_object()  # with everything that its JSON shows
        counts = {"listings": changed.listings, "sales": changed.sales, "holders": changed.holders}
        return Response(EventChangeOutput({"event": event, **counts}).data)
