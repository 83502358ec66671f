"""Orders over HTTP, for staff."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ConditionalReads
from apps.common.openapi import read_schema
from apps.common.permissions import StaffPermission
from apps.orders.errors.orders import OrderUnknown
from apps.orders.filters.orders import OrderFilter
from apps.orders.models import Order
from apps.orders.selectors.orders import staff_orders_answer, with_lines
from apps.orders.serializers.orders import StaffOrderOutput


@read_schema("Staff", "Orders of all buyers, newest first", "One order")
class StaffOrderViewSet(ConditionalReads, viewsets.GenericViewSet[Order]):
    """Orders of all buyers, for staff with the permission to view them."""

    queryset = Order.objects.none()
    serializer_class = StaffOrderOutput
    filterset_class = OrderFilter
    ordering: Sequence[str] = ("-id",)
    permission_classes = (StaffPermission,)
    read_permission, write_permission = "orders.view_order", "orders.change_order"

    def get_queryset(self) -> QuerySet[Order]:
        return with_lines(Order.objects.all())

    def list(self, request: Request) -> Response:
        """Orders whose buyers were erased are listed too, without the personal data."""
        page: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(staff_orders_answer(page))

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one order; its refunds are at `refunds/` below it."""
        try:
            order = self.get_queryset().filter(id=UUID(pk)).first()
        except ValueError:
            order = None
        if order is None:
            raise OrderUnknown
        return Response(staff_orders_answer([order])[0])
