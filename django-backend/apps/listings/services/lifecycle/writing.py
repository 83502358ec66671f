"""Writes the moves of the tables in `enums`, and the history of listings.

Callers have locked the rows and checked that they can move.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import OuterRef, Subquery

from apps.common.acts import Act
from apps.listings.enums import LISTING_MOVES, TICKET_MOVES, HoldOutcome, ListingChange, ListingMove, TicketMove
from apps.listings.errors.sales import SeatNotForSale
from apps.listings.models import Hold, Listing, ListingEvent, Ticket
from apps.listings.rules.home_games import game_clock
from apps.listings.rules.price_plans import EventClock
from apps.listings.rules.terms import needs_rate, planned_price, terms_of
from apps.listings.services.lifecycle.bulk_write import NewPrice, prices_update
from apps.listings.services.news import holds_ended_notify, listings_changed_notify, listings_moved_notify

MAX_NOTE: Final = 500


class Entry(NamedTuple):
    """A row for the history of a listing that still has its old status."""

    listing: Listing
    change: ListingChange
    note: str = ""
    to_status: str = ""  # empty: the status stays
    from_price_cents: int | None = None
    to_price_cents: int | None = None


def history_write(entries: Iterable[Entry], act: Act) -> None:
    """Add rows to histories; one query, none without rows. Notes that are too long are cut."""
    ListingEvent.objects.bulk_create(
        ListingEvent(
            listing=listing, actor_id=act.actor_id, source=act.source, change=change, at=act.at,
            from_status=listing.status, to_status=to_status or listing.status,
            from_price_cents=from_cents, to_price_cents=to_cents,
            note=note if len(note) <= MAX_NOTE else f"{note[: MAX_NOTE - 1]}…",
        )
        for listing, change, note, to_status, from_cents, to_cents in entries
    )  # fmt: skip


def moves_write(moves: Mapping[ListingMove, Sequence[Listing]], act: Act, *, seats: Iterable[Entry] = ()) -> None:
    """Move locked listings, each with all that its row of the table says; `seats` come first in the histories.

    The listings, whose events and venues are loaded, have their new status then. Queries do not grow with them.

    Raises:
        IntegrityError: a seat that becomes active again is active in another listing (`ticket_seat_active_once`).
    """
    status_entries = [
        Entry(listing, ListingChange.STATUS, act.reason, LISTING_MOVES[move].ends)
        for move, listings in moves.items()
        for listing in listings
    ]
    history_write([*seats, *status_entries], act)
    for move, listings in moves.items():
        if listings:
            _move(listings, move, act)


def _move(listings: Sequence[Listing], move: ListingMove, act: Act) -> None:
    row, ids = LISTING_MOVES[move], [listing.id for listing in listings]
    Listing.objects.filter(id__in=ids).update(status=row.ends, status_changed_at=act.at, updated_at=act.at)
    if row.seats:
        begins, ends = TICKET_MOVES[row.seats][:2]
        rows = Ticket.objects.filter(listing__in=ids, status__in=begins)
        rows.update(status=ends, hold=None, status_changed_at=act.at, updated_at=act.at)
    if row.resumes_plan:
        prices_update(prices=[_price_resumed(listing, act.at) for listing in listings], now=act.at)
    listings_moved_notify(listings=listings, move=move, act=act)
    for listing in listings:
        listing.status, listing.status_changed_at = row.ends, act.at


def seats_write(tickets: Sequence[Ticket], move: TicketMove, *, now: datetime, holds: Sequence[Hold] = ()) -> None:
    """Move seats, which have their new status then; one query, none for none.

    `holds` are those that begin, one for each listing of the seats. A seat that is not held any more has no hold.

    Raises:
        SeatNotForSale: one of them is not where the move begins.
    """
    if not tickets:
        return
    begins, ends = TICKET_MOVES[move][:2]
    rows = Ticket.objects.filter(id__in=[ticket.id for ticket in tickets], status__in=begins)
    by_listing = {hold.listing_id: hold for hold in holds}
    begun = Hold.objects.filter(id__in=[hold.id for hold in holds], listing=OuterRef("listing"))
    hold = Subquery(begun.values("id")) if holds else None
    if rows.update(status=ends, hold=hold, status_changed_at=now, updated_at=now) != len(tickets):
        raise SeatNotForSale(["A seat was taken by somebody else just now. Try again."])
    for ticket in tickets:
        ticket.status, ticket.status_changed_at, ticket.hold = ends, now, by_listing.get(ticket.listing_id)


def holds_end(holds: Sequence[Hold], outcome: HoldOutcome, act: Act) -> None:
    """End holds whose seats are not held any more; two queries, none for none. Owners are not notified of a sale."""
    if not holds:
        return
    for hold in holds:
        hold.released_at, hold.outcome, hold.reason, hold.updated_at = act.at, outcome, act.reason[:MAX_NOTE], act.at
    rows = Hold.objects.filter(id__in=[hold.id for hold in holds])
    rows.update(released_at=act.at, outcome=outcome, reason=act.reason[:MAX_NOTE], updated_at=act.at)
    if outcome is not HoldOutcome.SOLD:
        holds_ended_notify(holds=holds, now=act.at)


def prices_write(listings: Sequence[Listing], prices: Sequence[NewPrice], act: Act) -> int:
    """Give locked listings new prices, one each, with history and message; return how many cost another price today."""
    changed = [
        Entry(listing, ListingChange.PRICE, from_price_cents=listing.price_cents, to_price_cents=price.price_cents)
        for listing, price in zip(listings, prices, strict=True)
        if listing.price_cents != price.price_cents
    ]
    prices_update(prices=prices, now=act.at)
    history_write(changed, act)
    listings_changed_notify(listings=[entry.listing for entry in changed], now=act.at)
    for listing, price in zip(listings, prices, strict=True):
        listing.price_cents, listing.base_price_cents = price.price_cents, price.base_price_cents
        listing.next_markdown_at = price.next_markdown_at
    return len(changed)


def price_resumed(listing: Listing, *, clock: EventClock | None, now: datetime) -> NewPrice:
    """Return the price of a listing as it is, with the time of its next mark-down: `now` when one was missed.

    Without a clock there is none.
    """
    due_at = None
    if clock:
        # Without the net floor, whose rate is looked up when a step is made: at worst a round finds nothing to do.
        terms = terms_of(listing)
        planned = planned_price(
            replace(terms, floor_cents=None) if needs_rate(terms) else terms,
            base_cents=listing.base_price_cents,
            rate_bps=None,
            clock=clock,
            now=now,
            at_most_cents=listing.price_cents,
        )
        due_at = now if planned.price_cents < listing.price_cents else planned.next_markdown_at
    return NewPrice(listing.id, listing.price_cents, listing.base_price_cents, due_at)


def _price_resumed(listing: Listing, now: datetime) -> NewPrice:
    return price_resumed(listing, clock=game_clock(listing.event, listing.event.venue.zone), now=now)
