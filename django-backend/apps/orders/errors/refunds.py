"""What can go wrong with refunds of orders."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from apps.common.errors import DomainError
from apps.common.money import cents_to_text
from apps.common.text import seats_named

STAFF_ORDERS: Final = "/api/v1/staff/orders/"


class OrderNotRefundable(DomainError, code="order_not_refundable"):
    """Nothing was sold, or a bank disputes the payment and decides about the money."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"The order {number} cannot be refunded: {why}.")


class NothingToRefund(DomainError, code="nothing_to_refund", says="Nothing is left to refund."):
    """It cost nothing, was refunded, or will be."""


class RefundAboveRest(DomainError, code="refund_too_much", status=400, attr="amount"):
    """The amount is more than was paid, less the refunds that are on their way or have arrived."""

    def __init__(self, left_cents: int) -> None:
        super().__init__(f"At most {cents_to_text(left_cents)} can be refunded.")


class OrderLineUnknown(DomainError, code="does_not_exist", status=400):
    """The order has no such line."""

    def __init__(self, line_id: UUID, *, attr: str) -> None:
        super().__init__(f"The order has no line {line_id}.", attr=attr)


class OrderSeatsUnknown(DomainError, code="does_not_exist", status=400):
    """The line has other seats."""

    def __init__(self, seats: Sequence[str], *, known: Sequence[str], attr: str) -> None:
        super().__init__(f"Not in this line: {seats_named(seats)}. It has {seats_named(known)}.", attr=attr)


class RefundUnknown(DomainError, code="refund_unknown", status=404, says="There is no such refund of this order."):
    """The order has no refund of that id."""


class RefundNotOurs(DomainError, code="refund_not_ours", says="This refund was not sent by us."):
    """It was made in Stripe's dashboard or by a bank, so it cannot be sent again."""


class RefundReplaced(DomainError, code="refund_replaced", says="These seats have been refunded in another way since."):
    """A failed refund whose money went back by another one is not sent again."""


class RefundAssigned(DomainError, code="refund_assigned", says="It is known already which seats this refund is for."):
    """The lines of a refund are written once."""


class EventNotCancelled(DomainError, code="event_not_cancelled", says="Cancel the event first; that is for good."):
    """Only buyers of cancelled events are refunded together."""


class NothingToChoose(
    DomainError,
    code="refund_not_open",
    attr="event",
    says="These seats cannot be given back: the event was not moved since they were ordered, or the time to choose is "
    "over.",
):
    """The buyer chooses while `refundable_until` of a line has not come."""
