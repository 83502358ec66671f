"""What can go wrong with payments."""

from apps.common.errors import DomainError


class PaymentsOff(DomainError, code="payments_off", status=503, says="Payments are off: no Stripe key is set."):
    """STRIPE_SECRET_KEY is unset."""


class StripeUnanswered(DomainError, code="stripe_unanswered", status=503, says="Stripe does not answer. Try again."):
    """No answer arrived, or Stripe asked us to wait: the same call may be sent again under the same key."""


class StripeBroken(DomainError, code="stripe_broken", status=503, says="Stripe had an internal error. Try again."):
    """A status of 500 or more. Whether the call took effect is unknown, and Stripe repeats this answer for the key."""


class StripeRefused(DomainError, code="stripe_refused", status=502):
    """Stripe refused the call, which had no effect; `reason` is Stripe's own code for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Stripe refused the call: {reason}.")
        self.reason = reason


class AmountOutOfRange(DomainError, code="amount_out_of_range", status=400):
    """Stripe does not accept a payment of this amount."""


class PaymentNotFound(DomainError, code="payment_not_found", status=404, says="There is no such payment."):
    """Nobody began the payment."""


class PaymentDiffers(DomainError, code="payment_differs", says="The amount has changed. Cancel the payment first."):
    """What is to be paid changed after its payment began."""


class PaymentNotOpen(DomainError, code="payment_not_open"):
    """The payment ended, or its session did; `status` is that of the payment now."""

    def __init__(self, status: str) -> None:
        super().__init__(f"This payment is {status} and cannot be paid.")
        self.payment_status = status


class PaymentFrozen(DomainError, code="payment_frozen", says="Staff must review this payment first."):
    """What Stripe reports does not agree with the payment."""


class AttemptStale(DomainError, code="payment_stale", says="The checkout took too long. Begin the payment again."):
    """The call was not sent in time, or failed for good: `payment_begin` makes another attempt."""


class ParametersChanged(DomainError, code="payment_changed", says="The buyer has changed. Cancel and begin again."):
    """The call would send different parameters under the same key."""


class RefundTooMuch(DomainError, code="refund_too_much"):
    """The amount exceeds what was paid and has not been refunded yet."""


class NothingPaid(DomainError, code="nothing_paid", says="There is nothing to refund."):
    """The payment has taken no money."""


class RefundNotFound(DomainError, code="refund_not_found", status=404, says="There is no such refund."):
    """Nobody requested the refund."""


class RefundNotFailed(DomainError, code="refund_not_failed", says="Only a failed refund can be sent again."):
    """It is on its way, or has arrived."""


class EventRefused(DomainError, code="event_refused", status=400, says="This is not an event signed by Stripe for us."):
    """The signature is missing, wrong or too old, the body is unreadable, or the event is of the other mode."""


class EventTooLarge(DomainError, code="event_too_large", status=413, says="The event is too large."):
    """The body is longer than any event."""


class IncidentDecided(DomainError, code="incident_decided", says="This incident has already been decided."):
    """Each incident is decided once."""


class DecisionNotPossible(DomainError, code="decision_not_possible"):
    """This decision does not fit the incident."""
