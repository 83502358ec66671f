"""What staff decide about money incidents."""

from uuid import UUID

from django.db import transaction

from apps.common.acts import Act
from apps.common.errors import MoveReasonMissing
from apps.payments.enums import (
    TAKEN_PAYMENT_STATUSES,
    AttemptStatus,
    IncidentKind,
    IncidentState,
    PaymentMove,
    RefundReason,
)
from apps.payments.errors import DecisionNotPossible, IncidentDecided
from apps.payments.locks import payment_locked
from apps.payments.models import MoneyIncident, Payment, PaymentAttempt
from apps.payments.rules import RefundFacts
from apps.payments.services.moving import attempt_end, payment_move
from apps.payments.services.refunds import dashboard_refund_add, refund_add


@transaction.atomic
def incident_decide(*, incident_id: UUID, decision: IncidentState, act: Act) -> MoneyIncident:
    """Decide about an incident. The reason is kept for years, so it must not name anybody.

    Accepted: the money counts as the payment, or the refund as one of it. Refunded: all of it goes back, and the
    payment is returned. Dismissed: nothing is done about the money here. In every case the payment is no longer frozen.

    Raises:
        MoveReasonMissing: there is no reason.
        IncidentDecided: somebody has already decided.
        DecisionNotPossible: the decision does not fit: money paid twice, or in another currency, cannot be accepted.
        RefundTooMuch: the refund from the dashboard is more than what is left of the payment.
    """
    if not act.reason.strip():
        raise MoveReasonMissing("Give a reason, without names.", attr="reason")
    payment = payment_locked(MoneyIncident.objects.values_list("payment_id", flat=True).get(id=incident_id))
    incident = MoneyIncident.objects.select_related("payment").get(id=incident_id)
    if incident.state != IncidentState.OPEN:
        raise IncidentDecided
    if decision is IncidentState.ACCEPTED:
        _accept(payment, incident, act)
    elif decision is IncidentState.REFUNDED:
        _refund(payment, incident, act)
    incident.state, incident.decided_at, incident.decided_by = decision, act.at, act.actor_id
    incident.decision_reason = act.reason.strip()
    incident.save()
    _thaw(payment, incident, act)
    return incident


def _accept(payment: Payment, incident: MoneyIncident, act: Act) -> None:
    if incident.kind == IncidentKind.REFUND_UNMATCHED:
        found = incident.found
        dashboard_refund_add(
            payment,
            RefundFacts(
                id=incident.stripe_object_id,
                refund_id="",
                intent_id=incident.payment_intent_id,
                amount_cents=incident.found_cents,
                currency=found["currency"],
                status=found["status"],
                failure_code="",
            ),
            now=act.at,
        )
        return
    if incident.kind in {IncidentKind.PAID_TWICE, IncidentKind.CURRENCY}:
        raise DecisionNotPossible("This money cannot count as the payment: refund it or dismiss the incident.")
    if not payment_move(payment, PaymentMove.PAY, now=act.at, taken_cents=incident.found_cents):
        raise DecisionNotPossible("The payment has since been paid: refund this money or dismiss the incident.")


def _refund(payment: Payment, incident: MoneyIncident, act: Act) -> None:
    if incident.kind == IncidentKind.REFUND_UNMATCHED or not incident.found_cents:
        raise DecisionNotPossible("There is no money to refund: dismiss the incident.")
    if payment.status in TAKEN_PAYMENT_STATUSES:
        payment.paid_cents += incident.found_cents
        payment.save(update_fields=["paid_cents", "updated_at"])
    else:
        payment_move(payment, PaymentMove.RETURN, now=act.at, taken_cents=incident.found_cents)
    refund_add(
        payment,
        amount_cents=incident.found_cents,
        reason=RefundReason.INCIDENT,
        intent_id=incident.payment_intent_id,
        reference=incident.id,
        now=act.at,
    )


def _thaw(payment: Payment, incident: MoneyIncident, act: Act) -> None:
    """End the session that the incident is about, and the freeze when nothing else waits for a decision."""
    for attempt in PaymentAttempt.objects.filter(payment=payment, session_id=incident.stripe_object_id):
        is_accepted = incident.state == IncidentState.ACCEPTED  # only such a session is what refunds give back
        attempt_end(attempt, AttemptStatus.COMPLETE if is_accepted else AttemptStatus.FAILED, now=act.at)
    if not payment.incidents.filter(state=IncidentState.OPEN).exists():
        payment.frozen_until = None
        payment.save(update_fields=["frozen_until", "updated_at"])
        if incident.state == IncidentState.DISMISSED:
            payment_move(payment, PaymentMove.EXPIRE, now=act.at)
