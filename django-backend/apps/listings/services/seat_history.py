"""What a listing does when its seats are sold or come back, and what its history tells then."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.catalog.models import Event
from apps.listings.enums import LISTING_MOVES, EventSource, ListingChange, ListingMove, ListingStatus
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.home_games import event_clock
from apps.listings.rules.seat_sales import sale_over_reason
from apps.listings.services.bulk_write import NewPrice, prices_update
from apps.listings.services.markdowns import markdown_due_at
from apps.users.models import User

MAX_NOTE: Final = 500


def sale_write(
    *,
    listing: Listing,
    sold: Sequence[Ticket],
    move: ListingMove | None,
    actor: User | None,
    source: EventSource,
    now: datetime,
) -> None:
    """Tell in the history which seats were sold, and make the move that follows, if the listing can make it."""
    history = [_seats_row(listing, f"Sold: {_names(sold)}", actor=actor, source=source, now=now)]
    if move and listing.status in LISTING_MOVES[move][0]:
        history.append(_status_row(listing, move, actor=actor, source=source, now=now))
        _move([listing], move, now)
    ListingEvent.objects.bulk_create(history)


def return_write(
    *,
    listings: Mapping[UUID, Listing],
    events: Mapping[UUID, Event],
    returned: Sequence[Ticket],
    withdrawn: Sequence[Ticket],
    unsold: Container[UUID],
    actor: User | None,
    source: EventSource,
    now: datetime,
) -> None:
    """Tell in the histories which seats came back; sold listings with seats on sale again are listed.

    Their price plans go on. A sold listing of `unsold`, the ids of those without a sold seat, that has none on sale is
    delisted, or expired when its event has begun. Six queries at most, whatever the number.
    """
    history, moved = list[ListingEvent](), dict[ListingMove, list[Listing]]()
    for listing in listings.values():
        back = [ticket for ticket in returned if ticket.listing_id == listing.id]
        gone = [ticket for ticket in withdrawn if ticket.listing_id == listing.id]
        for tickets, words in ((back, "back on sale"), (gone, "withdrawn")):
            if tickets:
                note = f"Sale void, {words}: {_names(tickets)}"
                history.append(_seats_row(listing, note, actor=actor, source=source, now=now))
        if move := _move_after(listing, events[listing.event_id], back=bool(back), unsold=unsold, now=now):
            history.append(_status_row(listing, move, actor=actor, source=source, now=now))
            moved.setdefault(move, []).append(listing)
    for move, group in moved.items():
        _move(group, move, now)
    ListingEvent.objects.bulk_create(history)
    listed = moved.get(ListingMove.RETURN_SEATS, ())
    prices_update(prices=[_next_price(listing, events[listing.event_id], now) for listing in listed], now=now)


def _move_after(
    listing: Listing, event: Event, *, back: bool, unsold: Container[UUID], now: datetime
) -> ListingMove | None:
    """Return what a listing does when sales of it are void, None when it stays where it is."""
    if listing.status != ListingStatus.SOLD:
        return None
    if back:
        return ListingMove.RETURN_SEATS
    if listing.id not in unsold:
        return None
    over = sale_over_reason(status=event.status, starts_at=event.starts_at, at=now)
    return ListingMove.LAPSE if over == "has begun" else ListingMove.TAKE_BACK


def _move(listings: Sequence[Listing], move: ListingMove, now: datetime) -> None:
    if not listings:
        return
    before, after = LISTING_MOVES[move]
    rows = Listing.objects.filter(id__in=[listing.id for listing in listings], status__in=before)
    rows.update(status=after, status_changed_at=now, updated_at=now)
    for listing in listings:
        listing.status, listing.status_changed_at = after, now


def _next_price(listing: Listing, event: Event, now: datetime) -> NewPrice:
    clock = event_clock(starts_at=event.starts_at, date_tbd=event.date_tbd, status=event.status, zone=event.venue.zone)
    due_at = markdown_due_at(listing, clock=clock, now=now)
    return NewPrice(listing.id, listing.price_cents, listing.base_price_cents, due_at)


def _seats_row(listing: Listing, note: str, *, actor: User | None, source: EventSource, now: datetime) -> ListingEvent:
    note = note if len(note) <= MAX_NOTE else f"{note[: MAX_NOTE - 1]}…"
    status = listing.status
    return ListingEvent(
        listing=listing, actor=actor, source=source, change=ListingChange.SEATS, from_status=status, to_status=status,
        at=now, note=note,
    )  # fmt: skip


def _status_row(
    listing: Listing, move: ListingMove, *, actor: User | None, source: EventSource, now: datetime
) -> ListingEvent:
    to: ListingStatus = LISTING_MOVES[move][1]
    return ListingEvent(listing=listing, actor=actor, source=source, from_status=listing.status, to_status=to, at=now)


def _names(tickets: Iterable[Ticket]) -> str:
    names = [ticket.seat for ticket in tickets]
    return f"seat{'s' if len(names) > 1 else ''} {', '.join(names)}"
