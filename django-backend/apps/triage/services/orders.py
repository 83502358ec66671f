"""Handlers of the outbox that show staff orders which need them, and what was refunded for a cancelled event."""

from datetime import datetime

from apps.common.listeners import Message
from apps.orders.api import EventRefundsEnded, OrderRaised
from apps.triage.enums import TriageKind
from apps.triage.messages.orders import order_words, refunds_words
from apps.triage.selectors import order_shown, refunds_shown
from apps.triage.services.showing import triage_show


def order_raised_show(*, message: Message[OrderRaised], now: datetime) -> None:
    """Show an order whose refund failed, whose payment is disputed, or that was refunded in Stripe's dashboard."""
    news = message.payload
    triage_show(
        kind=TriageKind.ORDER,
        object_ids=[news.order_id],
        source_key=f"outbox:{message.id}",
        now=now,
        words=order_words(order_shown(news.order_id, news.concern)),
    )


def event_refunds_show(*, message: Message[EventRefundsEnded], now: datetime) -> None:
    """Show what became of the refunds for a cancelled event."""
    run_id = message.payload.run_id
    triage_show(
        kind=TriageKind.ORDER,
        object_ids=[run_id],
        source_key=f"outbox:{message.id}",
        now=now,
        words=refunds_words(refunds_shown(run_id)),
    )
