"""What keeps a season ticket from ending."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.catalog.api import begun
from apps.catalog.enums import EventStatus
from apps.listings.enums import OPEN_LISTING_STATUSES, TicketStatus
from apps.listings.models import Listing, Ticket
from apps.season_tickets.models import SeasonTicket


def obligations_of(*, season_ticket_id: UUID, now: datetime) -> tuple[int, int]:
    """Return how many open listings a block has, at other venues too, and how many seats sold or held at games to come.

    A cancelled game does not count.

    The race: a sale is voided and its listing is open again. In two queries, the listing could be counted neither as
    open nor as sold; one statement sees either state.
    """
    to_come = ~begun(at=now, event="event__") & ~Q(event__status=EventStatus.CANCELLED)
    blocks = SeasonTicket.objects.filter(Q(id=season_ticket_id) | Q(elsewhere_of=season_ticket_id)).order_by()
    taken = Ticket.objects.filter(
        to_come, listing__season_ticket__in=blocks, status__in=(TicketStatus.SOLD, TicketStatus.HELD)
    )
    open_listings = Listing.objects.filter(season_ticket__in=blocks, status__in=OPEN_LISTING_STATUSES)
    block = SeasonTicket.objects.filter(id=season_ticket_id).order_by()
    counts: tuple[int, int] = block.values_list(_count_of(open_listings), _count_of(taken)).get()
    return counts


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    count = rows.order_by().annotate(one=Value(1)).values("one").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(count), 0)
