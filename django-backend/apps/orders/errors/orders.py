"""What can go wrong with checkouts and orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from apps.common.errors import DomainError, ErrorDetail, ItemsRefused
from apps.common.money import cents_to_text

CHECKOUT: Final = "/api/v1/checkout/"


class CartEmpty(DomainError, code="cart_empty", status=400, says="The cart is empty.", attr="cart"):
    """There is nothing to buy."""


class TermsNotCurrent(DomainError, code="terms_not_current", status=400, attr="terms_version"):
    """The buyer has accepted another version of the terms."""

    def __init__(self, current: str) -> None:
        super().__init__(f"The current terms are version {current}. Show them to the buyer and send this version.")


class TransferEmailMissing(DomainError, code="required", status=400, attr="transfer_email"):
    """Tickets are transferred to an address of the buyer."""

    def __init__(self) -> None:
        super().__init__("These tickets are transferred to an account of the buyer: send its e-mail address.")


class SeatsGone(ItemsRefused, code="seats_gone", status=409):
    """Seats of the cart cannot be bought now; one sentence for each line that is affected, and nothing is held."""


class EventTooSoon(DomainError, code="event_too_soon", attr="lines"):
    """The event begins before the payment would end."""

    def __init__(self, label: str) -> None:
        super().__init__(f"It is too late to buy seats: {label} begins in a few minutes.")


class TotalTooSmall(DomainError, code="total_too_small", attr="coupon"):
    """What is left to pay is less than Stripe accepts."""

    def __init__(self, *, total_cents: int, least_cents: int) -> None:
        total, least = cents_to_text(total_cents), cents_to_text(least_cents)
        super().__init__(f"The total is {total}, and a payment is at least {least}. Remove the coupon, or add seats.")


class TooManySeats(DomainError, code="too_many_seats", attr="lines"):
    """One buyer orders more seats of an event than one buyer may."""

    def __init__(self, label: str, most: int) -> None:
        super().__init__(f"One buyer can have {most} seats of an event at most. This would be more: {label}.")


class TooManyOpenOrders(DomainError, code="too_many_open_orders"):
    """One buyer, or one address, has too many orders that nobody has paid."""

    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} unpaid orders already. Pay or cancel one of them, or wait until they end.")


class CheckoutBusy(
    DomainError, code="busy", says="Others are buying the same seats at this moment. Send the request again."
):
    """The database gave up several times because of other transactions; nothing was written."""

    retry_after_seconds = 1


class OrderUnknown(DomainError, code="order_unknown", status=404, says="There is no such order."):
    """The link was not signed by us, or the buyer's data was erased."""


class OrderNotOpen(DomainError, code="order_not_open"):
    """The order was paid, or has ended."""

    def __init__(self, status: str) -> None:
        super().__init__(f"This order cannot be paid or cancelled: its status is “{status.lower()}”.")


class OrderHoldOver(DomainError, code="hold_over"):
    """The seats can no longer be held for a new attempt to pay."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            f"The seats are held until {until.isoformat(timespec='seconds')}. Order them again after that."
        )


class PaymentOnItsWay(
    DomainError, code="payment_on_its_way", says="A payment for this order is being processed. Try again in a minute."
):
    """The buyer has paid, or is paying, while the order is cancelled."""


class OrderNotChangeable(
    DomainError,
    code="order_not_changeable",
    says="The order has ended, or tickets were delivered: the address cannot be changed any more.",
    attr="transfer_email",
):
    """The address for transfers is of no use any more."""


class BuyerRefused(DomainError, code="buyer_refused", status=400, attr="email"):
    """Stripe does not accept the buyer's name or address."""

    def __init__(self) -> None:
        super().__init__("The payment provider does not accept this e-mail address.")


def seats_gone(sentences: Sequence[tuple[int, str]]) -> SeatsGone:
    """Return the error that names lines of the cart by their position."""
    return SeatsGone([ErrorDetail(sentence, f"lines.{index}") for index, sentence in sentences])
