"""Refunds of orders over HTTP, for staff."""

from typing import Final
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import IDEMPOTENCY_KEY, by_user, idempotent
from apps.common.permissions import StaffPermission
from apps.common.views import StrictView
from apps.orders.errors.orders import OrderUnknown
from apps.orders.errors.refunds import RefundUnknown
from apps.orders.models import Order
from apps.orders.selectors.refunds import order_refunds_answer, refund_answer, refunds_of
from apps.orders.serializers.refunds import OrderRefundsOutput, RefundInput, RefundOutput, RefundScopeInput
from apps.orders.services.refunds import order_refund, order_refund_assign, order_refund_retry
from apps.payments.enums import RefundReason

_ORDER: Final = OpenApiParameter("id", UUID, OpenApiParameter.PATH, description="The order.")
_REFUND: Final = OpenApiParameter("refund", UUID, OpenApiParameter.PATH, description="The refund.")


class StaffRefundBase(StrictView):
    """Finds the order; staff need the permission to view refunds, and another one to add or change them."""

    permission_classes = (StaffPermission,)
    read_permission, write_permission = "orders.view_orderrefund", "orders.change_orderrefund"

    def order_id(self, pk: str) -> UUID:
        """Return the id of the order.

        Raises:
            OrderUnknown: there is no such order.
        """
        if (order_id := _uuid(pk)) and Order.objects.filter(id=order_id).exists():
            return order_id
        raise OrderUnknown

    def refund_id(self, text: str) -> UUID:
        """Return the id of a refund, which the order may not have.

        Raises:
            RefundUnknown: it is no id.
        """
        if refund_id := _uuid(text):
            return refund_id
        raise RefundUnknown

    def answer(self, order_id: UUID, refund_id: UUID, *, status: int = 200) -> Response:
        """Answer with a refund as it is now."""
        return Response(refund_answer(refunds_of(order_id=order_id).get(id=refund_id)), status=status)


@extend_schema(tags=["Staff"], parameters=[_ORDER])
class StaffRefundsView(StaffRefundBase):
    """The refunds of an order."""

    write_permission = "orders.add_orderrefund"

    @extend_schema(
        operation_id="staff_orders_refunds_retrieve",
        summary="What was refunded of an order, and what is left",
        responses=OrderRefundsOutput,
    )
    def get(self, request: Request, pk: str) -> Response:
        """Return the refunds, the latest first, and for each seat what can still be refunded."""
        return Response(order_refunds_answer(order_id=self.order_id(pk)))

    @extend_schema(
        operation_id="staff_orders_refunds_create",
        summary="Refund an order or a part of it",
        parameters=[IDEMPOTENCY_KEY],
        request=RefundInput,
        responses={201: RefundOutput},
    )
    @idempotent(scope=by_user)
    def post(self, request: Request, pk: str) -> Response:
        """Refund whole seats, an amount, or everything that is left; the money is sent within seconds.

        409 `nothing_to_refund` if less is left than asked for, and `order_not_refundable` while a bank disputes the
        payment.
        """
        order_id, sent = self.order_id(pk), self.sent(RefundInput)
        refund = order_refund(
            order_id=order_id,
            scope=sent.scope(),
            reason=RefundReason(sent.validated_data["reason"]),
            return_seats=sent.validated_data["return_seats"],
            note=sent.validated_data["note"],
            act=self.act(),
        )
        return self.answer(order_id, refund.id, status=201)


@extend_schema(tags=["Staff"], parameters=[_ORDER, _REFUND])
class StaffRefundRetryView(StaffRefundBase):
    """A refund that failed."""

    @extend_schema(
        operation_id="staff_orders_refunds_retry",
        summary="Send a failed refund again",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: RefundOutput},
    )
    @idempotent(scope=by_user)
    def post(self, request: Request, pk: str, refund: str) -> Response:
        """Send it again under another key. 409 if it is on its way, or its seats were refunded in another way since."""
        self.refuse_body()
        order_id, refund_id = self.order_id(pk), self.refund_id(refund)
        order_refund_retry(order_id=order_id, refund_id=refund_id, now=timezone.now())
        return self.answer(order_id, refund_id)


@extend_schema(tags=["Staff"], parameters=[_ORDER, _REFUND])
class StaffRefundAssignView(StaffRefundBase):
    """A refund that was made in Stripe's dashboard."""

    @extend_schema(
        operation_id="staff_orders_refunds_assign",
        summary="Say which seats a refund from Stripe's dashboard is for",
        parameters=[IDEMPOTENCY_KEY],
        request=RefundScopeInput,
        responses={200: RefundOutput},
    )
    @idempotent(scope=by_user)
    def post(self, request: Request, pk: str, refund: str) -> Response:
        """Divide it between these seats, once. Their sales stand; void them if they were given back as a whole."""
        order_id, refund_id = self.order_id(pk), self.refund_id(refund)
        order_refund_assign(order_id=order_id, refund_id=refund_id, scope=self.sent(RefundScopeInput).scope())
        return self.answer(order_id, refund_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
