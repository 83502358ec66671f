"""The row locks of the consignment core, each with the race that it prevents; held until the transaction ends."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Q, Subquery

from apps.holders.models import TicketHolder
from apps.listings.enums import OPEN_LISTING_STATUSES
from apps.listings.models import Listing, ListingEvent, SeasonTicket, Ticket
from apps.listings.rules.home_games import HomeGame

_HOME_GAMES: Final = (
    "(event.season_id, event.home_team_id) IN %(teams)s AND event.id = COALESCE(%(event)s::uuid, event.id)"
)
# Venue, teams and withheld seats are read, not locked: the locks of the season tickets guard the latter.
_GAMES: Final = f"""
SELECT event.id, event.season_id, event.home_team_id, event.starts_at, event.date_tbd, event.status, venue.timezone,
    event.label, venue.id, concat_ws(', ', venue.name, NULLIF(venue.city, '')), team.home_venue_id,
    COALESCE(away.name, ''), COALESCE(away.abbreviation, ''), COALESCE(away.city, ''),
    ARRAY(
        SELECT ARRAY[season_ticket_id::text, seat] FROM listings_withheldseat
        WHERE event_id = event.id AND season_ticket_id = ANY(%(blocks)s::uuid[])
    )
FROM catalog_event AS event JOIN catalog_venue AS venue ON venue.id = event.venue_id
JOIN catalog_team AS team ON team.id = event.home_team_id
LEFT JOIN catalog_team AS away ON away.id = event.away_team_id
WHERE {_HOME_GAMES}
ORDER BY event.id
"""  # noqa: S608 - constants
# Two statements. The race: a game moves to another venue while we wait for its lock; a statement that began before it
# would join the old venue and lose the game.
_GAMES_SHARED: Final = f"""
SELECT FROM catalog_event AS event WHERE {_HOME_GAMES} ORDER BY event.id FOR SHARE OF event;
{_GAMES} FOR SHARE OF event
"""


# What `Listing.other_venue` and the messages of a move need.
BLOCK_AND_GAME: Final = ("season_ticket", "event__venue", "event__home_team")


def season_ticket_locked(season_ticket_id: UUID) -> SeasonTicket | None:
    """Return the season ticket under its row lock, None when there is none.

    The races: the holder lists a seat while withholding it, or while staff end the season ticket. Everybody who adds
    listings to a block, withholds seats of it or decides about it takes this lock first, before those of listings. It
    lets rows that refer to the season ticket pass. Its blocks at other venues are locked and read along.
    """
    blocks = SeasonTicket.objects.select_for_update(no_key=True)
    rows = blocks.filter(Q(id=season_ticket_id) | Q(elsewhere_of=season_ticket_id)).order_by("id")
    found = {row.id: row for row in rows}
    if season_ticket := found.pop(season_ticket_id, None):
        season_ticket.elsewhere = list(found.values())
    return season_ticket


def place_locked(*, team_id: UUID, section: str, row: str) -> None:
    """Lock a team's season tickets of a row, whose name is being named as distinct.

    The race: one of them is verified meanwhile. Its seats would keep the key that they have no more, and nobody would
    see why the other row of that key cannot be verified.
    """
    blocks = SeasonTicket.objects.select_for_update(no_key=True).filter(team=team_id, section=section, row=row)
    list(blocks.order_by("id").values_list("id"))


def holder_locked(holder_id: UUID) -> None:
    """Lock a holder against registering seats twice.

    The race: two requests of one holder register overlapping blocks; neither sees the other's. It lets rows that refer
    to the holder pass.
    """
    list(TicketHolder.objects.select_for_update(no_key=True).filter(id=holder_id).values_list("id"))


def listings_locked(listing_ids: Collection[UUID], *related: str) -> list[Listing]:
    """Return the listings under their row locks, in id order, so that two sets never lock each other out.

    The race: staff approve a delisting while somebody else declines it, or while the seats are being sold. The second
    one waits here and then sees what the first one did. What `related` names is loaded, not locked.
    """
    rows = Listing.objects.select_for_update(of=("self",)).filter(id__in=listing_ids).order_by("id")
    return list(rows.select_related(*related) if related else rows)


def season_tickets_of_holder_locked(holder_id: UUID, *, dry_run: bool) -> list[SeasonTicket]:
    """Return all blocks of a holder with team and season under their row locks; the races are those of one block.

    In id order, so that two uploads of one holder never lock each other out. A dry run reads them without locks.
    """
    blocks = SeasonTicket.objects.select_related("team", "season").filter(holder=holder_id).order_by("id")
    found = list(blocks if dry_run else blocks.select_for_update(of=("self",), no_key=True))
    for block in found:
        block.elsewhere = [other for other in found if other.elsewhere_of_id == block.id]
    return found


def home_games_shared(
    season_tickets: Collection[SeasonTicket], *, event_id: UUID | None = None, dry_run: bool = False
) -> dict[UUID, HomeGame]:
    """Return the home games of locked blocks by id, or that of `event_id`, under shared locks, taken in id order.

    The race: staff cancel or move the event between the check that it is open and the insert of its listings, which
    nobody would then close. Whoever changes an event locks it first and finds all of its listings, or
    comes first and is seen here. The blocks are locked already, so nobody withholds a seat meanwhile. A dry run reads
    the games without locks.
    """
    if not season_tickets:
        return {}
    values = {
        "teams": tuple({(block.season_id, block.team_id) for block in season_tickets}),
        "event": event_id,
        "blocks": [here.id for block in season_tickets for here in (block, *block.elsewhere)],
    }
    with connection.cursor() as cursor:
        cursor.execute(_GAMES if dry_run else _GAMES_SHARED, values)
        return {columns[0]: HomeGame._make((*columns, _by_block(withheld))) for *columns, withheld in cursor.fetchall()}


def _by_block(withheld: Collection[Sequence[str]]) -> Mapping[UUID, set[str]]:
    seats: dict[UUID, set[str]] = {}
    for block, seat in withheld:
        seats.setdefault(UUID(block), set()).add(seat)
    return seats


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
    first = ListingEvent.objects.filter(listing=OuterRef("listing")).order_by("id")
    tickets = Ticket.objects.select_for_update(of=("self",)).select_related("event__venue", "event__home_team")
    tickets = tickets.annotate(listed_at=Subquery(first.values("at")[:1]))
    return list(tickets.filter(listing__in=listing_ids).order_by("listing", "position"))
