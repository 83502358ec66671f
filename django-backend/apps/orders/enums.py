"""Statuses of sales and orders, with the one table of what happens to an order."""

from collections.abc import Mapping
from typing import Final

from django.db import models

from apps.payments.enums import Move

HOUSE: Final = "house"  # the code of the marketplace of our own shop


class DeliveryStatus(models.TextChoices):
    """Whether the buyer has the ticket."""

    PENDING = "pending", "Pending"
    COMPLETE = "complete", "Complete"


class OrderStatus(models.TextChoices):
    """The status of an order."""

    PENDING = "pending", "Awaiting payment"
    PROCESSING = "processing", "Payment processing"
    PAID = "paid", "Paid"
    FULFILLED = "fulfilled", "Fulfilled"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"
    PARTLY_REFUNDED = "partly_refunded", "Partly refunded"
    REFUNDED = "refunded", "Refunded"
    DISPUTED = "disputed", "Disputed"


class OrderMove(models.TextChoices):
    """What happens to an order."""

    PROCESS = "process", "Process"
    PAY = "pay", "Pay"
    CANCEL = "cancel", "Cancel"
    EXPIRE = "expire", "Expire"
    FULFIL = "fulfil", "Fulfil"
    REFUND_PART = "refund_part", "Refund a part"
    REFUND = "refund", "Refund"
    DISPUTE = "dispute", "Dispute"


_S = OrderStatus
# Nobody has paid yet, and the seats are held.
OPEN_ORDER_STATUSES: Final = frozenset({_S.PENDING, _S.PROCESSING})
# Nobody pays any more, unless the money was on its way.
ENDED_ORDER_STATUSES: Final = frozenset({_S.CANCELLED, _S.EXPIRED})
# The money was taken, and what becomes of it is a function of refunds, disputes and deliveries: any of these can follow
# any other, because a bank may send back a refund and a dispute may be won.
TAKEN_ORDER_STATUSES: Final = frozenset(_S) - OPEN_ORDER_STATUSES - ENDED_ORDER_STATUSES
# Its buyer may load what was bought.
DOWNLOAD_STATUSES: Final = frozenset({_S.PAID, _S.FULFILLED, _S.PARTLY_REFUNDED})
# The one table. Money that arrives after the end either buys the seats after all, or is refunded.
ORDER_MOVES: Final[Mapping[OrderMove, Move[OrderStatus]]] = {
    OrderMove.PROCESS: Move({_S.PENDING}, _S.PROCESSING),
    OrderMove.PAY: Move(OPEN_ORDER_STATUSES | ENDED_ORDER_STATUSES | TAKEN_ORDER_STATUSES, _S.PAID),
    OrderMove.CANCEL: Move(OPEN_ORDER_STATUSES, _S.CANCELLED),
    OrderMove.EXPIRE: Move(OPEN_ORDER_STATUSES, _S.EXPIRED),
    OrderMove.FULFIL: Move(TAKEN_ORDER_STATUSES, _S.FULFILLED),
    OrderMove.REFUND_PART: Move(TAKEN_ORDER_STATUSES, _S.PARTLY_REFUNDED),
    OrderMove.REFUND: Move(TAKEN_ORDER_STATUSES, _S.REFUNDED),
    OrderMove.DISPUTE: Move(TAKEN_ORDER_STATUSES, _S.DISPUTED),
}


class CouponFunding(models.TextChoices):
    """Who bears the discount of a coupon."""

    HOUSE = "house", "House"
    HOLDER = "holder", "Holder"
    SHARED = "shared", "Shared"


class CouponUseState(models.TextChoices):
    """Whether a use of a coupon counts: reserved by an open order, confirmed by its payment, or released."""

    RESERVED = "reserved", "Reserved"
    CONFIRMED = "confirmed", "Confirmed"
    RELEASED = "released", "Released"


class OrderConcern(models.TextChoices):
    """What staff are alerted to about an order."""

    REFUND_FAILED = "refund_failed", "Refund failed"
    REFUND_UNASSIGNED = "refund_unassigned", "Refund from Stripe's dashboard"
    DISPUTED = "disputed", "Payment disputed"


CANCELLED_BY_BUYER: Final = "You cancelled it."  # the reason of an order's end that its buyer knows


class InvoiceKind(models.TextChoices):
    """What an invoice document is; each kind has a series of numbers of its own."""

    INVOICE = "invoice", "Invoice"
    CREDIT_NOTE = "credit_note", "Credit note"


class OrderMailKind(models.TextChoices):
    """What a mail to a buyer is about."""

    PAID = "paid", "Order confirmed"
    ENDED = "ended", "Order ended without payment"
    UNAVAILABLE = "unavailable", "Seats no longer available"
    EVENT = "event", "Event postponed, moved or cancelled"
    REFUND = "refund", "Refund"


class OrderMailState(models.TextChoices):
    """What became of a mail to a buyer."""

    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    UNDELIVERABLE = "undeliverable", "Undeliverable"
