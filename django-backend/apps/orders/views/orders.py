"""Checkout, and orders by their signed link: whoever has the link may act for the buyer."""

from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.conditional import ConditionalReads
from apps.common.idempotency import IDEMPOTENCY_KEY, keyed
from apps.common.openapi import ErrorResponse
from apps.common.throttling import network_of
from apps.orders.errors.orders import OrderNotOpen
from apps.orders.errors.products import DownloadUnknown
from apps.orders.models import Order
from apps.orders.selectors.order_links import order_id_of
from apps.orders.selectors.orders import (
    order_answer,
    order_of_token,
    orders_answer,
    orders_of,
    placed_answer,
    with_lines,
)
from apps.orders.selectors.products import product_file
from apps.orders.serializers.orders import (
    CheckoutInput,
    OrderMailOutput,
    OrderOutput,
    OrderRefundInput,
    OrderToPayOutput,
    OrderTransferInput,
)
from apps.orders.services.checkout import Buyer, order_place
from apps.orders.services.choices import order_give_back
from apps.orders.services.order_changes import order_transfer_email_set
from apps.orders.services.order_mails import order_mail_resend
from apps.orders.services.paying import order_cancel, order_payment_address
from apps.orders.services.retries import retried
from apps.orders.views.carts import CART_TOKEN, CartBase, by_cart

_LINK: Final = OpenApiParameter("id", str, OpenApiParameter.PATH, description="The signed `id` of the order.")


@extend_schema(tags=["Orders"], parameters=[CART_TOKEN])
class CheckoutView(CartBase):
    """The cart becomes an order."""

    @extend_schema(
        operation_id="checkout_create",
        summary="Order what is in the cart",
        parameters=[IDEMPOTENCY_KEY],
        request=CheckoutInput,
        responses={201: OrderToPayOutput},
    )
    def post(self, request: Request) -> Response:
        """Hold the seats, freeze prices and return the address of Stripe's page, where the buyer pays.

        409 `prices_changed` if the total is not the one that the buyer has seen, `seats_gone` if seats are not for
        sale any more. An order with nothing to pay is paid at once.
        """
        answer = retried(lambda: keyed(request, scope=by_cart, work=lambda: self._place(request)))
        return with_address(order_id_of(answer.data["id"]), answer)

    def _place(self, request: Request) -> Response:
        cart, sent = self.cart, self.sent(CheckoutInput).validated_data
        buyer = Buyer(
            name=sent["name"],
            email=sent["email"],
            transfer_email=sent.get("transfer_email", ""),
            terms_version=sent["terms_version"],
            user_id=request.user.pk if request.user.is_authenticated else None,
            network=network_of(request),
        )
        placed = order_place(cart_id=cart.id, buyer=buyer, total_cents=sent["total"], now=timezone.now())
        answer = placed_answer(*placed) if placed.order.total_cents else order_answer(placed.order.id)
        return Response(answer, status=201)


def with_address(order_id: UUID, answer: Response) -> Response:
    """Add the address of Stripe's page to the answer about an order."""
    try:
        address = order_payment_address(order_id=order_id, now=timezone.now())
    except OrderNotOpen:  # there was nothing to pay, or the answer is that of an earlier request
        address = None
    answer.data = {**answer.data, "payment_url": address}
    return answer


@extend_schema(tags=["Orders"])
class OwnOrderViewSet(ConditionalReads, viewsets.GenericViewSet[Order]):
    """Orders that you placed while you were signed in."""

    queryset = Order.objects.none()
    serializer_class = OrderOutput
    filterset_class = None
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[Order]:
        return with_lines(orders_of(user_id=self.user_id))

    @extend_schema(summary="Own orders, newest first")
    def list(self, request: Request) -> Response:
        """Orders by visitors are not listed: they are seen by their links."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(orders_answer(page or []))


@extend_schema(tags=["Orders"], parameters=[_LINK])
class OrderBase(CartBase):
    """Finds the order of the link."""

    def order(self, pk: str) -> Order:
        """Return the order.

        Raises:
            OrderUnknown: the link was not signed by us, or the buyer's data was erased.
        """
        return order_of_token(pk)


class OrderView(OrderBase):
    """One order."""

    @extend_schema(operation_id="orders_retrieve", summary="An order by its signed link", responses=OrderOutput)
    def get(self, request: Request, pk: str) -> Response:
        """Return the state of the order, and what happens next."""
        return Response(order_answer(self.order(pk).id))

    @extend_schema(
        operation_id="orders_partial_update",
        summary="Change where tickets are transferred to",
        request=OrderTransferInput,
        responses={200: OrderOutput},
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change the address; 409 once a ticket was delivered."""
        order, sent = self.order(pk), self.sent(OrderTransferInput).validated_data
        order_transfer_email_set(order_id=order.id, email=sent["transfer_email"])
        return Response(order_answer(order.id))


class OrderDownloadView(OrderBase):
    """The file of a digital product that was bought."""

    @extend_schema(
        operation_id="orders_download",
        summary="Load a file that was bought",
        parameters=[OpenApiParameter("line", UUID, OpenApiParameter.PATH, description="The `id` of the product line.")],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, 403: ErrorResponse},
    )
    def get(self, request: Request, pk: str, line: str) -> HttpResponse:
        """Return the PDF. 403 `not_downloadable` unless the order is paid, and after a refund or in a dispute."""
        try:
            name, content = product_file(order=self.order(pk), line_id=UUID(line))
        except ValueError as error:  # not an id
            raise DownloadUnknown from error
        disposition = content_disposition_header(as_attachment=True, filename=f"{name}.pdf") or "attachment"
        return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


class OrderPayView(OrderBase):
    """Payment of an order."""

    @extend_schema(
        operation_id="orders_pay", summary="Resume the payment", request=None, responses={200: OrderToPayOutput}
    )
    def post(self, request: Request, pk: str) -> Response:
        """Return the address of Stripe's page again. Safe to repeat: an order is paid once."""
        self.refuse_body()
        order_id = self.order(pk).id
        address = order_payment_address(order_id=order_id, now=timezone.now())
        return Response({**order_answer(order_id), "payment_url": address})


class OrderCancelView(OrderBase):
    """The end of an order that is not paid."""

    @extend_schema(
        operation_id="orders_cancel", summary="Cancel an unpaid order", request=None, responses={200: OrderOutput}
    )
    def post(self, request: Request, pk: str) -> Response:
        """Cancel the payment at Stripe, then release the seats. 409 if the order was paid, or is being paid."""
        self.refuse_body()
        order_id = self.order(pk).id
        order_cancel(order_id=order_id, now=timezone.now())
        return Response(order_answer(order_id))


class OrderRefundView(OrderBase):
    """The buyer's choice after an event was moved."""

    @extend_schema(
        operation_id="orders_refund",
        summary="Give back the seats at an event that was moved",
        request=OrderRefundInput,
        responses={200: OrderOutput},
    )
    def post(self, request: Request, pk: str) -> Response:
        """Refund all of the order's seats at the event, which was postponed or moved after they were ordered.

        Possible until `refundable_until` of their lines; 409 `refund_not_open` otherwise.
        """
        order_id, sent = self.order(pk).id, self.sent(OrderRefundInput).validated_data
        order_give_back(order_id=order_id, event_id=sent["event"], now=timezone.now())
        return Response(order_answer(order_id))


class OrderMailView(OrderBase):
    """The mail about an order."""

    @extend_schema(
        operation_id="orders_resend_mail",
        summary="Send the mail about an order again",
        request=None,
        responses={202: OrderMailOutput},
    )
    def post(self, request: Request, pk: str) -> Response:
        """Send the confirmation with its invoice again, or the latest mail if the order is not as it was confirmed.

        It goes to the address of the order, and to no other. 409 `order_has_no_mail` before there is one; 429
        `too_many_mails` after three copies within an hour.
        """
        self.refuse_body()
        order = self.order(pk)
        mail = order_mail_resend(order_id=order.id, now=timezone.now())
        return Response({"mail": mail.kind, "email": order.email, "queued_at": mail.queued_at}, status=202)
