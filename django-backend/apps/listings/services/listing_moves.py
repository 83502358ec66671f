"""Moves listings between statuses, one or many at a time, by the one table in enums."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.catalog.models import Event
from apps.listings.enums import (
    LISTING_MOVES,
    MOVES_WITH_REASON,
    SEAT_MOVES,
    EventSource,
    ListingMove,
    ListingStatus,
    TicketStatus,
)
from apps.listings.errors.changes import HELD_SENTENCE, ListingMoveRefused, MoveReasonMissing, SeatHeld
from apps.listings.errors.listings import EventElsewhere, EventNotOpen, SeatAlreadyListed, SeatWithheld
from apps.listings.locks import game_shared, listings_free_locked, listings_locked, season_ticket_locked
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.refusals import status_refusal
from apps.listings.rules.seat_sales import sale_over_reason
from apps.listings.selectors.begun import listings_of_begun_events, open_listings_of_begun_events
from apps.listings.selectors.seats import listings_with_held_seat, seats_active_at
from apps.listings.services.markdowns import markdown_due_at
from apps.listings.services.new_listings import block_at, is_seat_taken, require_verified
from apps.listings.services.news import listings_moved_tell
from apps.users.models import User

EXPIRY_BATCH = 500


@dataclass(frozen=True)
class MoveResult:
    """What became of one listing of many: the new status, or why it stayed."""

    listing_id: UUID
    status: ListingStatus | None
    refusal: str | None = None


@transaction.atomic
def listing_move(
    *, listing_id: UUID, move: ListingMove, actor: User | None, source: EventSource, now: datetime, reason: str = ""
) -> Listing:
    """Make one move; its history row tells who made it, through which door, when and why.

    Raises:
        MoveReasonMissing: the move needs a reason that the other side reads.
        ListingMoveRefused: the listing is not where the move begins; the sentence says where it is since when.
        SeatHeld: delisting while a buyer is about to buy.
        SeasonTicketNotVerified, EventNotOpen, EventElsewhere, SeatWithheld, SeatAlreadyListed: relisting seats that
            cannot be listed.
        Listing.DoesNotExist: there is no such listing.
        ValueError: the move follows from what happens to the seats; nobody makes it by name.
    """
    _require_made_by_name(move)
    _require_reason(move, reason)
    if move is ListingMove.RELIST:
        return _relist(listing_id, actor=actor, source=source, now=now, reason=reason)
    locked = listings_locked([listing_id])
    if not locked:
        raise Listing.DoesNotExist
    listing = locked[0]
    _require_status(listing, move)
    _read_events_again(locked, move)
    if unfit := _unfit(listing, move, now):
        raise ListingMoveRefused(unfit)
    if move is ListingMove.APPROVE_DELISTING and listings_with_held_seat(listing_ids=[listing_id]):
        raise SeatHeld
    _write([listing], move, actor=actor, source=source, now=now, reason=reason)
    return listing


@transaction.atomic
def listings_move(
    *,
    listing_ids: Collection[UUID],
    move: ListingMove,
    actor: User | None,
    source: EventSource,
    now: datetime,
    reason: str = "",
) -> list[MoveResult]:
    """Make the same move with many listings, those that can make it; tell for each what became of it.

    Five queries whatever the number, and one more for approving listings or delistings.

    Raises:
        MoveReasonMissing: the move needs a reason that the other side reads.
        ValueError: the move follows from what happens to the seats, or is a relisting, which is made one by one.
    """
    _require_made_by_name(move)
    if move is ListingMove.RELIST:
        raise ValueError("seats are relisted one listing at a time")
    _require_reason(move, reason)
    locked = {listing.id: listing for listing in listings_locked(listing_ids)}
    _read_events_again(locked.values(), move)
    held = listings_with_held_seat(listing_ids=list(locked)) if move is ListingMove.APPROVE_DELISTING else set()
    refusals = {
        listing.id: refusal
        for listing in locked.values()
        if (refusal := _refusal(listing, move) or _unfit(listing, move, now) or (listing.id in held and HELD_SENTENCE))
    }
    able = [listing for listing in locked.values() if listing.id not in refusals]
    _write(able, move, actor=actor, source=source, now=now, reason=reason)
    results = []
    for listing_id in dict.fromkeys(listing_ids):
        if listing_id not in locked:
            results.append(MoveResult(listing_id, None, "There is no such listing."))
        elif listing_id in refusals:
            results.append(MoveResult(listing_id, None, refusals[listing_id]))
        else:
            results.append(MoveResult(listing_id, LISTING_MOVES[move][1]))
    return results


def listings_expire(*, now: datetime) -> int:
    """Expire the open listings of events that have begun; return how many. Batches keep the locks short.

    A postponed event has not begun, whatever its old date says. What somebody is changing at this moment is left for
    the next round.
    """
    expired = 0
    begun = open_listings_of_begun_events(now=now)
    batch = list(begun[:EXPIRY_BATCH])
    while batch:
        expired += _expire(batch, now)
        batch = list(begun.filter(id__gt=batch[-1])[:EXPIRY_BATCH])
    return expired


@transaction.atomic
def _expire(listing_ids: Collection[UUID], now: datetime) -> int:
    """Expire those of the listings that are open, not locked, and whose events have begun; return how many.

    The race: staff postpone or reschedule an event after the timer has found it begun. They hold the locks of its
    listings until they commit, so the event is read again under these locks.
    """
    results = listings_move(
        listing_ids=listings_of_begun_events(listing_ids=listings_free_locked(listing_ids), now=now),
        move=ListingMove.EXPIRE,
        actor=None,
        source=EventSource.SYSTEM,
        now=now,
    )
    return sum(result.status is not None for result in results)


def _require_made_by_name(move: ListingMove) -> None:
    if move in SEAT_MOVES:
        raise ValueError(f"{move} follows from what happens to the seats")


def _require_reason(move: ListingMove, reason: str) -> None:
    if move in MOVES_WITH_REASON and not reason.strip():
        raise MoveReasonMissing


def _require_status(listing: Listing, move: ListingMove) -> None:
    if refusal := _refusal(listing, move):
        raise ListingMoveRefused(refusal)


def _refusal(listing: Listing, move: ListingMove) -> str | None:
    if listing.status in LISTING_MOVES[move][0]:
        return None
    return status_refusal(wish=move.label.lower(), status=listing.status, since=listing.status_changed_at)


def _read_events_again(listings: Collection[Listing], move: ListingMove) -> None:
    """Read the events of locked listings that are to be put on sale.

    The race: an event is cancelled or moved while we wait for the lock of its listing; the event that came with the
    listing was read before that.
    """
    if move is ListingMove.APPROVE:
        events = Event.objects.select_related("venue", "home_team").in_bulk({listing.event_id for listing in listings})
        for listing in listings:
            listing.event = events[listing.event_id]


def _unfit(listing: Listing, move: ListingMove, now: datetime) -> str | None:
    """Return why a listing is not put on sale: its event has begun, or has moved to before its tickets are in hand.

    Or to a venue where its seats are not. The timer may come minutes after the start.
    """
    if move is not ListingMove.APPROVE:
        return None
    event = listing.event
    if over := sale_over_reason(status=event.status, starts_at=event.starts_at, at=now):
        return f"Cannot approve: the event {over}."
    if venue := listing.other_venue:
        return f"Cannot approve: the event is at {venue}, these seats are not."
    if day := listing.in_hand_after:
        return f"Cannot approve: in hand on {listing.in_hand_date}, after the event on {day}. The holder can change it."
    return None


def _relist(listing_id: UUID, *, actor: User | None, source: EventSource, now: datetime, reason: str) -> Listing:
    # The locks of listing seats, in their order: the block, the game, then the listing. Block and game never change.
    known = Listing.objects.only("season_ticket_id", "event_id").get(id=listing_id)
    season_ticket = season_ticket_locked(known.season_ticket_id)
    game = game_shared(event_id=known.event_id, season_ticket_id=known.season_ticket_id)
    listing = listings_locked([listing_id])[0]
    _require_status(listing, ListingMove.RELIST)
    if season_ticket is None or game is None:  # rows that are referred to cannot go
        raise Listing.DoesNotExist
    require_verified(season_ticket)
    if closed := game.closed(now):
        raise EventNotOpen(closed)
    if block_at(season_ticket, game) is not season_ticket:
        raise EventElsewhere(game.venue)
    _reactivate(listing, game, now)
    Listing.objects.filter(id=listing_id).update(next_markdown_at=markdown_due_at(listing, clock=game.clock, now=now))
    _write([listing], ListingMove.RELIST, actor=actor, source=source, now=now, reason=reason)
    return listing


def _reactivate(listing: Listing, game: HomeGame, now: datetime) -> None:
    tickets = Ticket.objects.filter(listing=listing, status=TicketStatus.WITHDRAWN).order_by("position")
    rows = list(tickets.values_list("section", "row", "seat", "general_admission_block"))
    seats = [seat for _, _, seat, _ in rows]
    if withheld := [seat for seat in seats if seat in game.withheld]:
        raise SeatWithheld({"this event": withheld})
    try:
        with transaction.atomic():
            tickets.update(status=TicketStatus.AVAILABLE, updated_at=now)
    except IntegrityError as error:
        if not is_seat_taken(error):
            raise
        section, row, _, block = rows[0]
        taken = seats_active_at(
            event_ids=[game.id], section=section, row=row, seats=seats, general_admission_block=block
        ).get(game.id)
        raise SeatAlreadyListed(section=section, row=row, seats_by_event={"this event": taken or seats}) from error


def _write(
    listings: list[Listing], move: ListingMove, *, actor: User | None, source: EventSource, now: datetime, reason: str
) -> None:
    to = LISTING_MOVES[move][1]
    ids = [listing.id for listing in listings]
    ListingEvent.objects.bulk_create(
        ListingEvent(
            listing=listing, actor=actor, source=source, from_status=listing.status, to_status=to, at=now, note=reason
        )
        for listing in listings
    )
    Listing.objects.filter(id__in=ids).update(status=to, status_changed_at=now, updated_at=now)
    # Seats that are held or sold stay what they are, whatever becomes of the listing.
    if to in {ListingStatus.DELISTED, ListingStatus.DECLINED, ListingStatus.EXPIRED}:
        Ticket.objects.filter(listing__in=ids, status=TicketStatus.AVAILABLE).update(
            status=TicketStatus.WITHDRAWN, updated_at=now
        )
    listings_moved_tell(listings=listings, move=move, actor=actor, source=source, reason=reason, now=now)
    for listing in listings:
        listing.status, listing.status_changed_at = to, now
