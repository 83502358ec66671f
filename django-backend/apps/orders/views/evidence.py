"""The evidence about an order over HTTP, for staff."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.permissions import StaffPermission
from apps.common.views import StrictView
from apps.orders.errors.orders import OrderUnknown
from apps.orders.models import Order
from apps.orders.selectors.evidence import evidence_answer
from apps.orders.serializers.evidence import OrderEvidenceOutput


class StaffEvidenceView(StrictView):
    """The evidence about an order, for staff who may view orders."""

    permission_classes = (StaffPermission,)
    read_permission = write_permission = "orders.view_order"

    @extend_schema(
        tags=["Staff"],
        operation_id="staff_orders_evidence_retrieve",
        summary="Download the evidence about an order",
        parameters=[OpenApiParameter("id", UUID, OpenApiParameter.PATH, description="The order.")],
        responses=OrderEvidenceOutput,
    )
    def get(self, request: Request, pk: str) -> Response:
        """Return order, accepted terms, deliveries, mails, invoices, refunds and disputes, as a file to send on."""
        try:
            found = evidence_answer(UUID(pk))
        except (ValueError, Order.DoesNotExist):
            raise OrderUnknown from None
        name = f"evidence-{found['order']['number']}.json"
        return Response(found, headers={"Content-Disposition": f'attachment; filename="{name}"'})
