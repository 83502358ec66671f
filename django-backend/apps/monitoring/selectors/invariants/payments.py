"""Invariants of payments: events are handled, money that does not agree is decided about, checkouts end."""

from datetime import datetime, timedelta
from typing import Final

from apps.monitoring.selectors.invariants.base import Found, Invariant, SqlInvariant, found_in
from apps.payments.enums import OPEN_PAYMENT_STATUSES, IncidentState
from apps.payments.models import MoneyIncident, Payment, StripeEvent

EVENT_LATE: Final = timedelta(minutes=15)
PAYMENT_LATE: Final = timedelta(hours=1)


class StripeEventsAreHandled(Invariant):
    """Without them a buyer has paid and gets nothing until the sweep asks Stripe."""

    name = "stripe_events_handled"
    title = "Stripe events"
    sentence = "No event of Stripe has waited for more than 15 minutes."
    page = "payments_stripeevent"

    def find(self, *, now: datetime) -> Found:
        """Return the waiting events."""
        return found_in(StripeEvent.objects.filter(handled_at__isnull=True, received_at__lte=now - EVENT_LATE))


class MoneyIncidentsAreDecided(Invariant):
    """What is paid and not agreed about is a buyer's money without seats, or seats without money."""

    name = "money_incidents_decided"
    title = "Money incidents"
    sentence = "No money incident waits for a decision of staff."
    page = "payments_moneyincident"

    def find(self, *, now: datetime) -> Found:
        """Return the open incidents."""
        return found_in(MoneyIncident.objects.filter(state=IncidentState.OPEN))


class PaymentsEnd(Invariant):
    """The sweep ends a payment soon after its session; one that stays open may hold seats for good."""

    name = "payments_end"
    title = "Open payments"
    sentence = "No payment is open an hour after its last session has ended, unless a money incident freezes it."
    page = "payments_payment"

    def find(self, *, now: datetime) -> Found:
        """Return the payments that are late."""
        late = Payment.objects.filter(status__in=OPEN_PAYMENT_STATUSES, frozen_until__isnull=True)
        return found_in(late.exclude(attempts__expires_at__gt=now - PAYMENT_LATE))


class RefundsSumToTheirPayment(SqlInvariant):
    """Checked without trusting the column that the constraint looks at."""

    name = "refunds_within_payments"
    title = "Refunds"
    sentence = "The refunds of a payment that count are what it has as refunded, and never more than was paid."
    page = "payments_payment"
    statement = """
        SELECT payment.id FROM payments_payment AS payment LEFT JOIN (
            SELECT payment_id, sum(amount_cents) AS cents FROM payments_refund
            WHERE status NOT IN ('failed', 'canceled') GROUP BY payment_id
        ) AS counted ON counted.payment_id = payment.id
        WHERE payment.refunded_cents <> COALESCE(counted.cents, 0) OR payment.refunded_cents > payment.paid_cents
    """
