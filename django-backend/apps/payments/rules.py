"""What a Checkout Session is called with, and what its state means for a payment. Values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

from apps.payments.enums import IncidentKind, LineLabel, Purpose

# Stripe takes 30 minutes to 24 hours, by its own clock. The rest is for a call that is repeated after a failure.
SESSION_LIFE: Final = timedelta(minutes=36)
LATEST_CALL: Final = timedelta(minutes=31)  # before the session expires
# Stripe reports an expired session within minutes.
EXPIRY_SLACK: Final = timedelta(minutes=5)
MIN_AMOUNT_CENTS: Final = 50
MAX_AMOUNT_CENTS: Final = 99_999_999


@dataclass(frozen=True)
class PaymentLine:
    """A line on Stripe's page: a quantity and a unit price."""

    label: LineLabel
    unit_cents: int
    quantity: int = 1


@dataclass(frozen=True)
class Payer:
    """The name and e-mail address of the buyer. Stripe stores them; we do not."""

    name: str
    email: str


@dataclass(frozen=True)
class SessionFacts:
    """What Stripe says about a Checkout Session, its PaymentIntent and its Charge; missing texts are empty."""

    id: str
    status: str
    payment_status: str
    amount_cents: int
    currency: str
    client_reference: str
    payment_id: str
    attempt_id: str
    address: str = ""
    intent_id: str = ""
    intent_status: str = ""
    received_cents: int = 0
    charge_id: str = ""
    customer_id: str = ""
    customer_name: str = ""
    customer_email: str = ""


@dataclass(frozen=True)
class Expected:
    """What the session of a payment must say."""

    payment_id: UUID
    attempt_id: UUID
    reference: UUID
    amount_cents: int
    currency: str


class Verdict(Enum):
    """What the state of a session means; an unknown one grants nothing."""

    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    EXPIRED = "expired"
    FAILED = "failed"


def dashboard_address(page: str, key: str, *, is_live: bool) -> str:
    """Return the address of a page of Stripe's dashboard (`payments`, `disputes`): in test mode if no money moved."""
    return f"https://dashboard.stripe.com/{'' if is_live else 'test/'}{page}/{key}"


def session_verdict(session: SessionFacts) -> Verdict:
    """Return what a session means."""
    if session.status == "expired":
        return Verdict.EXPIRED
    if session.status != "complete":
        return Verdict.OPEN
    if session.payment_status in {"paid", "no_payment_required"}:
        return Verdict.PAID
    is_over = session.intent_status in {"requires_payment_method", "canceled"}
    return Verdict.FAILED if is_over else Verdict.PROCESSING


def session_differences(session: SessionFacts, expected: Expected) -> list[IncidentKind]:
    """Return what a paid session does not agree about."""
    agree = {
        IncidentKind.AMOUNT: (session.amount_cents, session.received_cents) == (expected.amount_cents,) * 2,
        IncidentKind.CURRENCY: session.currency == expected.currency,
        IncidentKind.SESSION: session.attempt_id == str(expected.attempt_id),
        IncidentKind.REFERENCE: (session.payment_id, session.client_reference)
        == (str(expected.payment_id), str(expected.reference)),
    }
    return [kind for kind, is_so in agree.items() if not is_so]


def session_parameters(
    *,
    purpose: Purpose,
    expected: Expected,
    lines: Sequence[PaymentLine],
    expires_at: datetime,
    site_url: str,
) -> dict[str, Any]:
    """Return the parameters of a new session that say nothing about people. Cards are the one method: immediate."""
    return {
        "ui_mode": "hosted_page",
        "mode": "payment",
        "customer_creation": "always",
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "client_reference_id": str(expected.reference),
        "expires_at": int(expires_at.timestamp()),
        "success_url": f"{site_url}/payment/completed/?payment={expected.payment_id}",
        "cancel_url": f"{site_url}/payment/canceled/?payment={expected.payment_id}",
        "line_items": [
            {
                "quantity": line.quantity,
                "price_data": {
                    "currency": expected.currency,
                    "unit_amount": line.unit_cents,
                    "product_data": {"name": line.label.label},
                },
            }
            for line in lines
        ],
        "metadata": {
            "payment_id": str(expected.payment_id),
            "attempt_id": str(expected.attempt_id),
            "purpose": purpose.value,
            "reference": str(expected.reference),
        },
    }


def with_payer(parameters: Mapping[str, Any], payer: Payer) -> dict[str, Any]:
    """Return the complete parameters; metadata goes on the session and on its PaymentIntent, as Stripe copies none."""
    metadata = {**parameters["metadata"], "customer_name": payer.name, "customer_email": payer.email}
    more = {"metadata": metadata, "payment_intent_data": {"metadata": metadata}, "customer_email": payer.email}
    return {**parameters, **more}


@dataclass(frozen=True)
class RefundFacts:
    """What Stripe says about a refund; `refund_id` is ours, empty for one from Stripe's dashboard."""

    id: str
    refund_id: str
    intent_id: str
    amount_cents: int
    currency: str
    status: str
    failure_code: str


@dataclass(frozen=True)
class DisputeFacts:
    """What Stripe says about a dispute; `net_cents` is what it moved on our balance, fees included."""

    id: str
    intent_id: str
    amount_cents: int
    currency: str
    reason: str
    status: str
    net_cents: int
    due_by: datetime | None
    opened_at: datetime


@dataclass(frozen=True)
class EventFacts:
    """What is kept of a signed event."""

    id: str
    type: str
    object_id: str
    is_live: bool
    api_version: str
    made_at: datetime
