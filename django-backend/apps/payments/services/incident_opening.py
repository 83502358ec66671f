"""Opens money incidents: evidence first, then a freeze and an alarm."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from apps.notifications.api import slack_put
from apps.payments.enums import OPEN_PAYMENT_STATUSES, IncidentKind
from apps.payments.messages import incident_words
from apps.payments.models import MoneyIncident, Payment, PaymentAttempt
from apps.payments.rules import RefundFacts, SessionFacts
from apps.payments.services.moving import attempt_note, news_put
from apps.payments.topics import MoneyIncidentOpened

# Seats are not held any longer: the payment then expires, and the incident stays.
FREEZE: Final = timedelta(days=1)


def incident_open(
    payment: Payment, attempt: PaymentAttempt, session: SessionFacts, *, kind: IncidentKind, now: datetime
) -> None:
    """Note that a paid session does not match its locked payment; once for each session and kind."""
    attempt_note(attempt, session)
    attempt.save()
    expected = {
        "amount_cents": payment.amount_cents,
        "currency": payment.currency,
        "payment_id": str(payment.id),
        "attempt_id": str(attempt.id),
        "reference": str(payment.reference),
        "status": payment.status,
    }
    found = {
        "amount_cents": session.amount_cents,
        "received_cents": session.received_cents,
        "currency": session.currency,
        "payment_id": session.payment_id[:100],
        "attempt_id": session.attempt_id[:100],
        "reference": session.client_reference[:100],
        "status": session.status,
        "payment_status": session.payment_status,
    }
    evidence = {"expected": expected, "found": found, "found_cents": session.received_cents}
    _open(payment, kind, session.id, session.intent_id, evidence, now)


def refund_incident_open(payment: Payment, refund: RefundFacts, *, now: datetime) -> None:
    """Note that a refund from Stripe's dashboard fits a locked payment in no way, or in several."""
    expected = {"paid_cents": payment.paid_cents, "refunded_cents": payment.refunded_cents, "status": payment.status}
    found = {"amount_cents": refund.amount_cents, "currency": refund.currency, "status": refund.status}
    evidence = {"expected": expected, "found": found, "found_cents": refund.amount_cents}
    _open(payment, IncidentKind.REFUND_UNMATCHED, refund.id, refund.intent_id, evidence, now)


def _open(
    payment: Payment, kind: IncidentKind, object_id: str, intent_id: str, evidence: dict[str, Any], now: datetime
) -> None:
    incident, is_new = MoneyIncident.objects.get_or_create(
        payment=payment,
        kind=kind,
        stripe_object_id=object_id,
        defaults={**evidence, "payment_intent_id": intent_id, "opened_at": now},
    )
    if not is_new:
        return
    if payment.status in OPEN_PAYMENT_STATUSES:
        payment.frozen_until = now + FREEZE
        payment.save(update_fields=["frozen_until", "updated_at"])
    news_put(payment, MoneyIncidentOpened, now=now, incident_id=incident.id, kind=kind)
    said = incident_words(incident)
    slack_put(channel=settings.STT_NOTIFICATIONS_CHANNEL_ID, text=said.text, blocks=said.blocks, now=now)
