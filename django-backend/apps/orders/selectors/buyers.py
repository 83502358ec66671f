"""What we hold of a buyer, and which orders still need theirs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from apps.catalog.enums import EventStatus
from apps.common.money import cents_to_text
from apps.orders.enums import OPEN_ORDER_STATUSES, DeliveryStatus
from apps.orders.models import Cart, Order, OrderLine, Sale
from apps.orders.selectors.orders import with_lines
from apps.payments.enums import ENDED_REFUND_STATUSES, IncidentState
from apps.payments.models import Dispute, MoneyIncident, PaymentAttempt, Refund

# Why an order still needs its buyer, the first that is true. A refund that failed has ended: staff were told then.
_OPEN: Final = "is not paid yet and has not ended"
_DISPUTED: Final = "is disputed"
_REFUND: Final = "has a refund on its way"
_INCIDENT: Final = "has a money incident to decide about"
_UNDELIVERED: Final = "has tickets that were not delivered"


def orders_of_buyer(*, email: str, key: str) -> QuerySet[Order]:
    """Return the orders of an e-mail address, and those that its user has placed with another one.

    `key` is the keyed digest of the address.
    """
    mine = Q(buyer_key=key) | Q(email__iexact=email) | Q(user__email__iexact=email)
    return Order.objects.filter(mine, erased_at=None).order_by("id")


def carts_of_buyer(*, email: str) -> QuerySet[Cart]:
    """Return the cart of the user with an e-mail address, or nothing; nobody knows whose those of visitors are."""
    return Cart.objects.filter(user__email__iexact=email)


class Need(NamedTuple):
    """An order, and why it still needs its buyer; empty if it does not."""

    order_id: UUID
    number: str
    why: str


def needs_of(orders: QuerySet[Order]) -> list[Need]:
    """Return which of the orders still need their buyer, the oldest first; one query."""
    rows = _with_need(orders).order_by("id").values_list("id", "number", "need")
    return [Need(*row) for row in rows]


def _with_need(orders: QuerySet[Order]) -> QuerySet[Any]:
    payment = OuterRef("payment")
    unfinished = Refund.objects.filter(payment=payment).exclude(status__in=sorted(ENDED_REFUND_STATUSES))
    disputes = Dispute.objects.filter(payment=payment, closed_at=None)
    incidents = MoneyIncident.objects.filter(payment=payment, state=IncidentState.OPEN)
    waiting = Sale.objects.filter(batch_id=OuterRef("batch_id"), voided_at=None, delivery_status=DeliveryStatus.PENDING)
    lines = OrderLine.objects.filter(Exists(waiting), order=OuterRef("pk"))
    return orders.annotate(
        need=Case(
            When(status__in=sorted(OPEN_ORDER_STATUSES), then=Value(_OPEN)),
            When(Q(disputed_at__isnull=False) | Exists(disputes), then=Value(_DISPUTED)),
            When(Exists(unfinished), then=Value(_REFUND)),
            When(Exists(incidents), then=Value(_INCIDENT)),
            When(Exists(lines), then=Value(_UNDELIVERED)),
            default=Value(""),
            output_field=CharField(),
        )
    )


def old_orders(*, now: datetime, days: int) -> QuerySet[Order]:
    """Return the orders that need no buyer any more and whose last event began more than `days` ago.

    Without an event, the day of the order counts. Nobody knows the day of a postponed event.
    """
    lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by()
    last = lines.values("order").annotate(last=Max("event__starts_at")).values("last")
    old = Order.objects.annotate(last=Coalesce(Subquery(last), F("placed_at"))).filter(
        ~Exists(lines.filter(event__status=EventStatus.POSTPONED)),
        erased_at=None,
        last__lt=now - timedelta(days=days),
    )
    return _with_need(old).filter(need="")


def customers_at_stripe(orders: QuerySet[Order]) -> list[str]:
    """Return the ids of the customers that Stripe has made for orders."""
    attempts = PaymentAttempt.objects.filter(payment__in=orders.order_by().values("payment")).exclude(customer_id="")
    return sorted(set(attempts.values_list("customer_id", flat=True)))


def buyer_export(*, email: str, key: str) -> dict[str, Any]:
    """Return all that we hold of a buyer, as JSON has it."""
    orders = orders_of_buyer(email=email, key=key)
    related = ("invoices", "mails", "refunds__payment_refund")
    found = with_lines(orders).select_related("user", "coupon_use__coupon").prefetch_related(*related)
    carts = carts_of_buyer(email=email).prefetch_related("lines__listing__event", "products__product")
    return {
        "email": email,
        "orders": [_order(order) for order in found],
        "carts": [_cart(cart) for cart in carts],
        "customers_at_stripe": customers_at_stripe(orders),
    }


def _order(order: Order) -> Mapping[str, Any]:
    use = getattr(order, "coupon_use", None)
    columns = (
        "number", "status", "name", "email", "transfer_email", "terms_version", "currency", "placed_at", "paid_at",
        "ended_at", "end_reason", "disputed_at",
    )  # fmt: skip
    return {
        **{name: getattr(order, name) for name in columns},
        "account": order.user.email if order.user else None,
        "total": cents_to_text(order.total_cents),
        "discount": cents_to_text(order.discount_cents),
        "paid": cents_to_text(order.paid_cents),
        "refunded": cents_to_text(order.refunded_cents),
        "network_digest_kept": bool(order.address_key),
        "lines": [_line(line) for line in order.lines.all()],
        "products": [
            {"name": one.name, "quantity": one.quantity, "total": cents_to_text(one.total_cents)}
            for one in order.products.all()
        ],
        "coupon": {"code": use.coupon.code, "state": use.state} if use else None,
        "refunds": [
            {
                "requested_at": refund.requested_at,
                "amount": cents_to_text(refund.amount_cents),
                "status": refund.payment_refund.status if refund.payment_refund else "taken by the bank",
                "note": refund.note,
            }
            for refund in order.refunds.all()
        ],
        "invoices": [
            {
                "number": invoice.code,
                "issued_at": invoice.issued_at,
                "buyer": invoice.buyer,
                "total": cents_to_text(invoice.total_cents),
            }
            for invoice in order.invoices.all()
        ],
        "mails": [
            {"about": mail.kind, "state": mail.state, "queued_at": mail.queued_at, "sent_at": mail.sent_at}
            for mail in order.mails.all()
        ],
    }


def _line(line: OrderLine) -> Mapping[str, Any]:
    block = line.listing.season_ticket
    return {
        "event": line.event.label,
        "section": block.section,
        "row": block.row,
        "seats": line.seats,
        "total": cents_to_text(line.total_cents),
        "delivery_type": line.delivery_type,
    }


def _cart(cart: Cart) -> Mapping[str, Any]:
    return {
        "changed_at": cart.changed_at,
        "coupon_code": cart.coupon_code,
        "lines": [{"event": line.listing.event.label, "quantity": line.quantity} for line in cart.lines.all()],
        "products": [{"name": one.product.name, "quantity": one.quantity} for one in cart.products.all()],
    }
