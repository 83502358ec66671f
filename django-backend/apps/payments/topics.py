"""What happened to payments; whoever owns the purpose listens. Listeners are called again after a failure."""

from uuid import UUID

from apps.common.topics import Topic
from apps.payments.enums import IncidentKind, Purpose, RefundStatus


class PaymentNews(Topic):
    """Something happened to a payment; `reference` is the id of what is paid."""

    payment_id: UUID
    purpose: Purpose
    reference: UUID


class PaymentSucceeded(PaymentNews, name="payment.succeeded"):
    """Stripe has taken the money.

    `is_late`: the payment had ended before, so what it was for may be gone. `paid_cents` differs from the amount of the
    payment only if staff accepted a money incident.
    """

    paid_cents: int
    currency: str
    is_late: bool = False


class PaymentProcessing(PaymentNews, name="payment.processing"):
    """The buyer has completed checkout, and the money is on its way."""


class PaymentExpired(PaymentNews, name="payment.expired"):
    """Nobody paid in time; the session cannot be paid any more."""


class PaymentFailed(PaymentNews, name="payment.failed"):
    """The payment failed after checkout, or staff returned its money."""


class PaymentCancelled(PaymentNews, name="payment.cancelled"):
    """The payment was cancelled; the session cannot be paid any more."""


class RefundEnded(PaymentNews, name="payment.refund_ended"):
    """A refund succeeded, failed or was canceled. It may still fail after succeeding, or be retried after failing.

    `refund_reference` is what `refund_request` was called with, None for a refund from Stripe's dashboard.
    """

    refund_id: UUID
    status: RefundStatus
    amount_cents: int
    refund_reference: UUID | None = None


class DisputeOpened(PaymentNews, name="payment.dispute_opened"):
    """A buyer's bank disputes the payment; evidence is due by `Dispute.due_by`."""

    dispute_id: UUID
    amount_cents: int


class DisputeClosed(PaymentNews, name="payment.dispute_closed"):
    """A dispute ended; `status` is Stripe's: won, lost, warning_closed or prevented."""

    dispute_id: UUID
    status: str


class MoneyIncidentOpened(PaymentNews, name="payment.money_incident_opened"):
    """What Stripe reports does not match the payment, which is frozen until staff decide, for a day at most."""

    incident_id: UUID
    kind: IncidentKind


class EarlyFraudWarning(PaymentNews, name="payment.early_fraud_warning"):
    """The card's issuer suspects fraud: a refund now may prevent a dispute."""
