"""The state of the product as numbers, for metrics."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Min, Q, Sum

from apps.common.listeners import listener_names
from apps.listings.enums import UNDECIDED_LISTING_STATUSES, ListingStatus, TicketStatus
from apps.listings.models import Listing, Ticket
from apps.monitoring.enums import CheckState
from apps.monitoring.messages.metrics import Counts, LiveState
from apps.monitoring.models import BEAT, Heartbeat, InvariantResult
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.notifications.api import outbox_in_state
from apps.notifications.enums import MessageState
from apps.notifications.models import OutboxMessage
from apps.orders.models import Sale
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.models import SeasonTicket

_MONEY: Final = {"price": "price_cents", "commission": "commission_cents", "payout": "payout_cents"}


def live_state(*, now: datetime) -> LiveState:
    """Return the present state, in light queries."""
    open_messages = OutboxMessage.objects.filter(delivered_at__isnull=True, dead_at__isnull=True)
    outbox = open_messages.aggregate(
        waiting=Count("id", filter=Q(claimed_at__isnull=True, last_error="")),
        claimed=Count("id", filter=Q(claimed_at__isnull=False)),
        failed=Count("id", filter=Q(claimed_at__isnull=True) & ~Q(last_error="")),
        due=Min("available_at", filter=Q(topic__in=listener_names(gathers=False))),
        gathered=Min("available_at", filter=Q(topic__in=listener_names(gathers=True))),
    )
    oldest_seconds = _oldest_due_seconds(due=outbox.pop("due"), gathered=outbox.pop("gathered"), now=now)
    outbox[MessageState.DEAD.value] = outbox_in_state(OutboxMessage.objects.all(), MessageState.DEAD).count()
    # Results that no code of this release updates would only grow old.
    known = InvariantResult.objects.filter(name__in=[invariant.name for invariant in INVARIANTS])
    results = known.values_list("name", "state", "checked_at")
    undecided = Listing.objects.filter(status__in=UNDECIDED_LISTING_STATUSES).order_by()
    beat_at = Heartbeat.objects.filter(id=BEAT).values_list("at", flat=True).first()
    return LiveState(
        outbox=outbox,
        outbox_oldest_seconds=oldest_seconds,
        season_tickets_pending=SeasonTicket.objects.filter(status=SeasonTicketStatus.PENDING).count(),
        listings_undecided={
            **dict.fromkeys(UNDECIDED_LISTING_STATUSES, 0),
            **dict(undecided.values_list("status").annotate(Count("id"))),
        },
        invariants={name: (state == CheckState.FAILING, checked_at) for name, state, checked_at in results},
        beat_at=beat_at,
    )


def _oldest_due_seconds(*, due: datetime | None, gathered: datetime | None, now: datetime) -> float:
    """Return how long the longest waiting message has been due; a gathered one is not due in its quiet time."""
    quiet = timedelta(seconds=settings.OUTBOX_GATHERING_SECONDS)
    since = [at for at in (due, gathered and gathered + quiet) if at]
    return max(0.0, (now - min(since)).total_seconds()) if since else 0.0


def counts() -> Counts:
    """Return the numbers of listings, seats and sales by status, and the sums of sales in cents.

    These queries read whole tables; cache the result if you need it often.
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
        sales={"open": sum(row["open"] for row in sales), "void": sum(row["all"] - row["open"] for row in sales)},
        sale_cents={
            **dict.fromkeys(((part, settings.CURRENCY) for part in _MONEY), 0),
            **{(part, row["currency"]): row[part] for row in sales for part in _MONEY},
        },
    )
