"""The state of the product as numbers, for metrics."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Q, Sum

from apps.listings.enums import ListingStatus, SeasonTicketStatus, TicketStatus
from apps.listings.models import Listing, SeasonTicket, Ticket
from apps.monitoring.enums import CheckState
from apps.monitoring.messages.metrics import Counts, LiveState
from apps.monitoring.models import BEAT, Heartbeat, InvariantResult
from apps.notifications.enums import MessageState
from apps.notifications.models import OutboxMessage
from apps.notifications.selectors import outbox_in_state, outbox_oldest_due
from apps.orders.models import Sale

_MONEY: Final = {"price": "price_cents", "commission": "commission_cents", "payout": "payout_cents"}


def live_state(*, now: datetime) -> LiveState:
    """Return what must be known of this moment; six queries, each by an index or of a few rows."""
    open_messages = OutboxMessage.objects.filter(delivered_at__isnull=True, dead_at__isnull=True)
    outbox = open_messages.aggregate(
        waiting=Count("id", filter=Q(claimed_at__isnull=True, last_error="")),
        claimed=Count("id", filter=Q(claimed_at__isnull=False)),
        failed=Count("id", filter=Q(claimed_at__isnull=True) & ~Q(last_error="")),
    )
    outbox[MessageState.DEAD.value] = outbox_in_state(OutboxMessage.objects.all(), MessageState.DEAD).count()
    oldest = outbox_oldest_due(now=now)
    results = InvariantResult.objects.values_list("name", "state", "checked_at")
    beat_at = Heartbeat.objects.filter(id=BEAT).values_list("at", flat=True).first()
    return LiveState(
        outbox=outbox,
        outbox_oldest_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        season_tickets_pending=SeasonTicket.objects.filter(status=SeasonTicketStatus.PENDING).count(),
        invariants={name: (state == CheckState.FAILING, checked_at) for name, state, checked_at in results},
        beat_at=beat_at,
    )


def counts() -> Counts:
    """Return how many listings, seats and sales there are by status and what the sales sum to, in cents.

    Three queries that read whole tables; who asks often keeps the answer for a while.
    """
    listings = Listing.objects.order_by().values_list("status").annotate(Count("id"))
    seats = Ticket.objects.order_by().values_list("status").annotate(Count("id"))
    is_open = Q(voided_at__isnull=True)
    sums = {name: Sum(field, filter=is_open, default=0) for name, field in _MONEY.items()}
    by_currency = Sale.objects.order_by().values("currency")
    sales: list[dict[str, Any]] = list(
        by_currency.annotate(all=Count("id"), open=Count("id", filter=is_open), **sums)  # type: ignore[arg-type]
    )
    return Counts(
        listings={**dict.fromkeys(ListingStatus.values, 0), **dict(listings)},
        seats={**dict.fromkeys(TicketStatus.values, 0), **dict(seats)},
        sales={
            "open": sum(row["open"] for row in sales),
            "void": sum(row["all"] - row["open"] for row in sales),
        },
        sale_cents={
            **dict.fromkeys(((part, settings.CURRENCY) for part in _MONEY), 0),
            **{(part, row["currency"]): row[part] for row in sales for part in _MONEY},
        },
    )
