"""The row locks of listings and their seats, each with the race that it prevents; held until the transaction ends."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.catalog.models import Event
from apps.listings.enums import OPEN_LISTING_STATUSES
from apps.listings.models import Listing, ListingEvent, Ticket

# What `Listing.other_venue` and the messages of a move need.
BLOCK_AND_GAME: Final = ("season_ticket", "event__venue", "event__home_team")
# Plain SQL: every sale begins with it, and compiling the query takes longer than answering it.
_TICKETS: Final = """
SELECT ticket.*, (
    SELECT at FROM listings_listingevent AS entry WHERE entry.listing_id = ticket.listing_id ORDER BY id LIMIT 1
) AS listed_at
FROM listings_ticket AS ticket WHERE listing_id = ANY(%(listings)s::uuid[]) ORDER BY listing_id, position FOR UPDATE
"""


def listings_locked(listing_ids: Collection[UUID], *related: str) -> list[Listing]:
    """Return the listings under their row locks, in id order, so that two sets never lock each other out.

    The race: staff approve a delisting while somebody else declines it, or while the seats are being sold. The second
    one waits here and then sees what the first one did. What `related` names is loaded, not locked.
    """
    rows = Listing.objects.select_for_update(of=("self",)).filter(id__in=listing_ids).order_by("id")
    return list(rows.select_related(*related) if related else rows)


def listings_free_locked(listing_ids: Collection[UUID]) -> list[UUID]:
    """Lock the rows of listings and return their ids; those that others have locked are left out.

    The race: a timer has many listings locked and waits for one that somebody is changing; whoever wants one of the
    others waits as well.
    """
    rows = Listing.objects.select_for_update(skip_locked=True).filter(id__in=listing_ids)
    return list(rows.order_by("id").values_list("id", flat=True))


def listings_due_locked(*, now: datetime, limit: int) -> list[Listing]:
    """Return listings whose next mark-down is due, under their row locks; those that others have locked are left out.

    The race: two timers mark the same listings down. The second one skips them instead of waiting, and the next
    round finds what it left out, done or not.
    """
    due = Listing.objects.select_for_update(of=("self",), skip_locked=True).filter(next_markdown_at__lte=now)
    return list(due.select_related("event").order_by("next_markdown_at", "id")[:limit])


def open_listings_with_plan_locked(event_ids: Collection[UUID]) -> list[Listing]:
    """Return the open listings of events that have a price plan, under their row locks, in id order.

    The race: the holder reprices a listing while the date of its event changes; the second one sees the first.
    """
    listings = Listing.objects.select_for_update().filter(event__in=event_ids, status__in=OPEN_LISTING_STATUSES)
    return list(listings.exclude(price_steps=[]).order_by("id"))


def tickets_locked(listing_ids: Collection[UUID]) -> list[Ticket]:
    """Return the seats of listings that are locked, under their row locks, lowest first, with event and venue.

    The race: two people sell one seat. Whoever changes seats has the lock of the listing first; these locks keep off
    who does not. The event is read here because the listing's lock was waited for: the row that came with the listing
    may be older than a cancellation. `listed_at` says since when there is the listing.
    """
    tickets = list(Ticket.objects.raw(_TICKETS, {"listings": list(listing_ids)}))
    games = Event.objects.select_related("venue", "home_team").in_bulk({ticket.event_id for ticket in tickets})
    for ticket in tickets:
        ticket.event = games[ticket.event_id]
    return tickets
