"""Moves listings between statuses, one or many at a time, by the one table in enums."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.common.database import violated_constraint
from apps.listings.enums import (
    LISTING_MOVES,
    MOVES_WITH_REASON,
    OPEN_LISTING_STATUSES,
    EventSource,
    ListingMove,
    ListingStatus,
    TicketStatus,
)
from apps.listings.errors import EventNotOpen, ListingMoveRefused, MoveReasonMissing, SeatAlreadyListed
from apps.listings.locks import listings_locked
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.selectors.seats import seats_active_at
from apps.listings.services.listings import closed_reason
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
        EventNotOpen, SeatAlreadyListed: relisting seats of an event that has begun, or that are active elsewhere.
        Listing.DoesNotExist: there is no such listing.
    """
    _require_reason(move, reason)
    locked = listings_locked([listing_id])
    if not locked:
        raise Listing.DoesNotExist
    listing = locked[0]
    if listing.status not in LISTING_MOVES[move][0]:
        raise ListingMoveRefused(_refusal(listing, move))
    if move is ListingMove.RELIST:
        _reactivate(listing, now)
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

    Four queries whatever the number. Relisting is not for many: its seats may be taken one by one.

    Raises:
        MoveReasonMissing: the move needs a reason that the other side reads.
    """
    _require_reason(move, reason)
    locked = {listing.id: listing for listing in listings_locked(listing_ids)}
    able = [listing for listing in locked.values() if listing.status in LISTING_MOVES[move][0]]
    refusals = {
        listing.id: _refusal(listing, move)
        for listing in locked.values()
        if listing.status not in LISTING_MOVES[move][0]
    }
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
    """Expire the open listings of events that have begun; return how many. Batches keep the locks short."""
    expired = 0
    while True:
        started = Listing.objects.filter(status__in=OPEN_LISTING_STATUSES, event__starts_at__lte=now).order_by("id")
        batch = list(started.values_list("id", flat=True)[:EXPIRY_BATCH])
        if not batch:
            return expired
        results = listings_move(
            listing_ids=batch, move=ListingMove.EXPIRE, actor=None, source=EventSource.SYSTEM, now=now
        )
        expired += sum(result.status is not None for result in results)


def _require_reason(move: ListingMove, reason: str) -> None:
    if move in MOVES_WITH_REASON and not reason.strip():
        raise MoveReasonMissing


def _refusal(listing: Listing, move: ListingMove) -> str:
    status = ListingStatus(listing.status)
    since = listing.status_changed_at.isoformat(timespec="seconds")
    return f"{move.label} is not possible: the listing is {status.label.lower()} since {since}."


def _reactivate(listing: Listing, now: datetime) -> None:
    if reason := closed_reason(listing.event, now):
        raise EventNotOpen(reason)
    tickets = Ticket.objects.filter(listing=listing, status=TicketStatus.WITHDRAWN)
    try:
        with transaction.atomic():
            tickets.update(status=TicketStatus.AVAILABLE, updated_at=now)
    except IntegrityError as error:
        if violated_constraint(error) != "ticket_seat_active_once":
            raise
        rows = list(tickets.order_by("id").values_list("section", "row", "seat"))
        place, seats = {"section": rows[0][0], "row": rows[0][1]}, [seat for _, _, seat in rows]
        taken = seats_active_at(event_ids=[listing.event_id], seats=seats, **place).get(listing.event_id)
        raise SeatAlreadyListed(**place, seats_by_event={"this event": taken or seats}) from error


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
    if to in {ListingStatus.DELISTED, ListingStatus.DECLINED, ListingStatus.EXPIRED}:
        Ticket.objects.filter(listing__in=ids, status=TicketStatus.AVAILABLE).update(
            status=TicketStatus.WITHDRAWN, updated_at=now
        )
    for listing in listings:
        listing.status, listing.status_changed_at = to, now
