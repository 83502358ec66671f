"""Staff record sales, void them, and record deliveries."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.orders.models import Sale
from apps.orders.permissions import CanHandleSales
from apps.orders.selectors import sales_for_staff, staff_row_of, with_payable
from apps.orders.serializers.sales import (
    SaleInput,
    SalesVoidInput,
    SaleVoidInput,
    StaffSaleOutput,
    StaffSalesOutput,
)
from apps.orders.services.sale_changes import sales_deliver, sales_void
from apps.orders.services.sales import sale_record
from apps.orders.views.sales import SaleReadViewSet

# Fields that have another name in the service.
_NAMES: Final = {"listing": "listing_id", "price": "price_cents"}


@extend_schema(tags=["Staff"])
@extend_schema_view(list=extend_schema(summary="Sales of all holders"), retrieve=extend_schema(summary="One sale"))
class StaffSaleViewSet(SaleReadViewSet):
    """Sales of all holders, for staff with the permission to view them."""

    serializer_class = StaffSaleOutput
    permission_classes = (CanHandleSales,)

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
        data = SaleInput(data=request.data)
        data.is_valid(raise_exception=True)
        sold = {_NAMES.get(name, name): value for name, value in data.validated_data.items()}
        sales = sale_record(**sold, act=self.act())
        for sale in sales:
            sale.recorded_by = self.user  # its row shows who it was, without another query
        rows = [with_payable(staff_row_of(sale)) for sale in sales]
        return Response(StaffSalesOutput({"sales": rows}).data, status=201)

    @extend_schema(
        summary="Void a sale", parameters=[IDEMPOTENCY_KEY], request=SaleVoidInput, responses=StaffSaleOutput
    )
    @action(detail=True, methods=["post"])
    @idempotent(scope=by_user)
    def void(self, request: Request, pk: str) -> Response:
        """Void a sale for good; its seat goes back on sale or is withdrawn, its split stays readable."""
        data = SaleVoidInput(data=request.data)
        data.is_valid(raise_exception=True)
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
        data = SalesVoidInput(data=request.data)
        data.is_valid(raise_exception=True)
        self._void(data.validated_data["ids"], data)
        rows = {row["id"]: with_payable(row) for row in self.get_queryset().filter(id__in=data.validated_data["ids"])}
        sales = [rows[sale_id] for sale_id in dict.fromkeys(data.validated_data["ids"])]
        return Response(StaffSalesOutput({"sales": sales}).data)

    @extend_schema(summary="Record a delivery", request=None, responses=StaffSaleOutput)
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, pk: str) -> Response:
        """Record that the buyer has the ticket from now on."""
        self.refuse_body()
        sales_deliver(sale_ids=[self.get_object()["id"]], now=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)

    def _void(self, sale_ids: Sequence[UUID], data: SaleVoidInput) -> None:
        sales_void(
            sale_ids=sale_ids,
            return_seats=data.validated_data["return_seats"],
            act=self.act(data.validated_data["reason"]),
        )
