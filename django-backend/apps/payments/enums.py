"""Words of payments, their moves, and the events of Stripe that are handled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db import models

S = TypeVar("S")


@dataclass(frozen=True)
class Move(Generic[S]):
    """A change of status: from which ones, and to which one."""

    sources: frozenset[S] | set[S]
    target: S


class Purpose(models.TextChoices):
    """What kind of object is paid; its id is stored next to it."""

    ORDER = "order", "Order"


class LineLabel(models.TextChoices):
    """What buyers read on Stripe's page. Fixed texts: nothing about the order or about people goes there."""

    TICKETS = "tickets", "Tickets"
    FEES = "fees", "Fees"
    PRODUCTS = "products", "Digital products"


# The key in the buyer's session with the path of the page from which they went to Stripe's.
PAYING_FOR: Final = "paying_for"


class PaymentStatus(models.TextChoices):
    """The status of a payment. Its refunds say how much of it was refunded."""

    PENDING = "pending", "Pending"
    PROCESSING = "processing", "Processing"
    PAID = "paid", "Paid"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    RETURNED = "returned", "Returned"  # staff sent back money that did not match


class PaymentMove(models.TextChoices):
    """What happens to a payment."""

    PROCESS = "process", "Process"
    PAY = "pay", "Pay"
    EXPIRE = "expire", "Expire"
    FAIL = "fail", "Fail"
    CANCEL = "cancel", "Cancel"
    RETURN = "return", "Return"


_P = PaymentStatus
OPEN_PAYMENT_STATUSES: Final = frozenset({_P.PENDING, _P.PROCESSING})
# Stripe has taken money.
TAKEN_PAYMENT_STATUSES: Final = frozenset({_P.PAID, _P.RETURNED})
_NOT_TAKEN: Final = frozenset(_P) - TAKEN_PAYMENT_STATUSES
# The one table of payments. Money that arrives late is still money: it is paid from every status but two.
PAYMENT_MOVES: Final[Mapping[PaymentMove, Move[PaymentStatus]]] = {
    PaymentMove.PROCESS: Move({_P.PENDING}, _P.PROCESSING),
    PaymentMove.PAY: Move(_NOT_TAKEN, _P.PAID),
    PaymentMove.EXPIRE: Move(OPEN_PAYMENT_STATUSES, _P.EXPIRED),
    PaymentMove.FAIL: Move(OPEN_PAYMENT_STATUSES, _P.FAILED),
    PaymentMove.CANCEL: Move({_P.PENDING}, _P.CANCELLED),
    PaymentMove.RETURN: Move(_NOT_TAKEN, _P.RETURNED),
}


class AttemptStatus(models.TextChoices):
    """The status of one Checkout Session of a payment."""

    NEW = "new", "Not answered"  # committed; whether Stripe made the session is unknown
    OPEN = "open", "Open"
    COMPLETE = "complete", "Complete"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"
    ABANDONED = "abandoned", "Abandoned"  # refused by Stripe, or the payment moved on before the answer


LIVE_ATTEMPT_STATUSES: Final = (AttemptStatus.NEW, AttemptStatus.OPEN)
# Nothing more happens to their sessions.
ENDED_ATTEMPT_STATUSES: Final = (AttemptStatus.COMPLETE, AttemptStatus.EXPIRED, AttemptStatus.FAILED)


class RefundStatus(models.TextChoices):
    """The status of a refund, in Stripe's words, and one for an empty balance."""

    PENDING = "pending", "Pending"
    REQUIRES_ACTION = "requires_action", "Requires action"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"
    BALANCE_INSUFFICIENT = "balance_insufficient", "Balance insufficient"


class RefundMove(models.TextChoices):
    """What happens to a refund."""

    WAIT = "wait", "Wait"
    ASK = "ask", "Ask"
    SUCCEED = "succeed", "Succeed"
    FAIL = "fail", "Fail"
    CANCEL = "cancel", "Cancel"
    RUN_DRY = "run_dry", "Run dry"
    RETRY = "retry", "Retry"


_R = RefundStatus
UNFINISHED_REFUND_STATUSES: Final = frozenset({_R.PENDING, _R.REQUIRES_ACTION, _R.BALANCE_INSUFFICIENT})
# The one table of refunds. A bank may send back a refund that had succeeded.
REFUND_MOVES: Final[Mapping[RefundMove, Move[RefundStatus]]] = {
    RefundMove.WAIT: Move({_R.REQUIRES_ACTION, _R.BALANCE_INSUFFICIENT}, _R.PENDING),
    RefundMove.ASK: Move({_R.PENDING}, _R.REQUIRES_ACTION),
    RefundMove.SUCCEED: Move(UNFINISHED_REFUND_STATUSES, _R.SUCCEEDED),
    RefundMove.FAIL: Move(UNFINISHED_REFUND_STATUSES | {_R.SUCCEEDED}, _R.FAILED),
    RefundMove.CANCEL: Move(UNFINISHED_REFUND_STATUSES, _R.CANCELED),
    RefundMove.RUN_DRY: Move({_R.PENDING}, _R.BALANCE_INSUFFICIENT),
    RefundMove.RETRY: Move({_R.FAILED, _R.CANCELED, _R.BALANCE_INSUFFICIENT}, _R.PENDING),
}
# These reduce what can be refunded. One that waits for balance will be sent again.
COUNTED_REFUND_STATUSES: Final = UNFINISHED_REFUND_STATUSES | {_R.SUCCEEDED}
ENDED_REFUND_STATUSES: Final = frozenset({_R.SUCCEEDED, _R.FAILED, _R.CANCELED})


class RefundReason(models.TextChoices):
    """Why money goes back. Stripe knows the first three."""

    REQUESTED = "requested_by_customer", "Requested by the buyer"
    DUPLICATE = "duplicate", "Duplicate"
    FRAUDULENT = "fraudulent", "Fraudulent"
    EVENT_CANCELLED = "event_cancelled", "Event cancelled"
    UNAVAILABLE = "unavailable", "No longer available"
    INCIDENT = "incident", "Money incident"
    DASHBOARD = "dashboard", "Made in Stripe's dashboard"


STRIPE_REASONS: Final = frozenset({RefundReason.REQUESTED, RefundReason.DUPLICATE, RefundReason.FRAUDULENT})
# Of a dispute, in Stripe's words.
CLOSED_DISPUTE_STATUSES: Final = frozenset({"won", "lost", "warning_closed", "prevented"})


class IncidentKind(models.TextChoices):
    """What does not match."""

    AMOUNT = "amount", "Amount"
    CURRENCY = "currency", "Currency"
    SESSION = "session", "Session"
    REFERENCE = "reference", "Reference"
    PAID_TWICE = "paid_twice", "Paid twice"
    REFUND_UNMATCHED = "refund_unmatched", "Refund without a match"


class IncidentState(models.TextChoices):
    """Whether somebody decided about a money incident, and how."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    REFUNDED = "refunded", "Refunded"
    DISMISSED = "dismissed", "Dismissed"


class ObjectKind(models.TextChoices):
    """What an event of Stripe is about."""

    SESSION = "session", "Checkout Session"
    REFUND = "refund", "Refund"
    DISPUTE = "dispute", "Dispute"
    FRAUD_WARNING = "fraud_warning", "Early fraud warning"


# The one table of events: what we subscribe to is what we handle, in the words of the API version of the SDK.
HANDLED_EVENTS: Final[Mapping[str, ObjectKind]] = {
    "checkout.session.completed": ObjectKind.SESSION,
    "checkout.session.async_payment_succeeded": ObjectKind.SESSION,
    "checkout.session.async_payment_failed": ObjectKind.SESSION,
    "checkout.session.expired": ObjectKind.SESSION,
    "refund.created": ObjectKind.REFUND,
    "refund.updated": ObjectKind.REFUND,
    "refund.failed": ObjectKind.REFUND,
    "charge.dispute.created": ObjectKind.DISPUTE,
    "charge.dispute.updated": ObjectKind.DISPUTE,
    "charge.dispute.closed": ObjectKind.DISPUTE,
    "charge.dispute.funds_withdrawn": ObjectKind.DISPUTE,
    "charge.dispute.funds_reinstated": ObjectKind.DISPUTE,
    "radar.early_fraud_warning.created": ObjectKind.FRAUD_WARNING,
}
