"""Customers at Stripe."""

from datetime import datetime
from typing import Final

from apps.common.listeners import Message
from apps.payments.enums import AttemptStatus
from apps.payments.gateways.sessions import customer_update, session_read
from apps.payments.models import PaymentAttempt
from apps.payments.topics import PaymentSucceeded

MARK: Final = "paid"


def customer_mark(
    *,
    message: Message[PaymentSucceeded],
    now: datetime,  # noqa: ARG001 - what handlers are called with
) -> None:
    """Give the customer of a payment the name and e-mail that the checkout asked for, and a mark of the purchase.

    Both come from our metadata at Stripe: what was typed on its page may differ, and we keep neither.

    Raises:
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: it is tried again.
    """
    news = message.payload
    attempt = PaymentAttempt.objects.filter(payment=news.payment_id, status=AttemptStatus.COMPLETE).first()
    if attempt is None or not attempt.customer_id:
        return
    session = session_read(attempt.session_id)
    customer_update(
        customer_id=attempt.customer_id,
        name=session.customer_name,
        email=session.customer_email,
        metadata={
            "customer_name": session.customer_name,
            "customer_email": session.customer_email,
            "payment_id": str(news.payment_id),
            f"{news.purpose.value}_{MARK}": str(news.reference),
        },
    )
