"""Seats are held for a buyer who is about to pay, and the hold ends: sold, released, expired, or with its event.

Whoever changes a hold locks its listing first, as for a change of a seat. So the lock of the listing separates the
owner who pays, the timer that ends the hold and staff who release it: the second one reads what the first one left.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.catalog.enums import EventStatus
from apps.common.acts import Act, ChangeSource
from apps.common.errors import DomainError
from apps.listings.enums import OPEN_LISTING_STATUSES, HoldOutcome, HoldOwner, ListingMove, TicketMove
from apps.listings.errors.sales import HoldEnded, HoldTooLong, ListingNotForSale, SeatsNotHeld
from apps.listings.locks import BLOCK_AND_GAME, listings_free_locked, listings_locked, tickets_locked
from apps.listings.models import LONGEST_HOLD, Hold, Listing, Ticket
from apps.listings.rules.seat_sales import move_after
from apps.listings.services.lifecycle.choosing import SeatRequest, require_time, seats_for_sale
from apps.listings.services.lifecycle.selling import SoldSeats, seats_sold_write
from apps.listings.services.lifecycle.writing import holds_end, moves_write, seats_write

EXPIRY_BATCH: Final = 200


@transaction.atomic(savepoint=False)
def seats_hold(
    *, requests: Sequence[SeatRequest], owner_kind: HoldOwner, owner_id: UUID, expires_at: datetime, act: Act
) -> list[Hold]:
    """Hold seats of one listing or many until `expires_at` (UTC), all or none; return one hold for each request.

    The seats are chosen as for a sale at the time of the act. Each hold keeps the price that its listing has now, and
    comes with its listing and event, read under the lock. Five queries, however many listings and seats.

    Raises:
        SeatsNotHeld: seats cannot be sold now; `refusals` has the error of `listing_seats_sell` for each listing.
        HoldTooLong: nothing is held for longer than `LONGEST_HOLD`.
        Listing.DoesNotExist: there is no such listing.
        ValueError: a listing is named twice, or the hold would end before it begins.
    """
    by_listing = {request.listing_id: request for request in requests}
    if len(by_listing) != len(requests) or expires_at <= act.at:
        raise ValueError("name each listing once, and an end in the future")
    _require_end(expires_at, held_at=act.at)
    listings = {listing.id: listing for listing in listings_locked(by_listing)}
    if len(listings) != len(by_listing):
        raise Listing.DoesNotExist
    chosen, refusals = dict[UUID, list[Ticket]](), dict[UUID, DomainError]()
    for listing_id, tickets in _by_listing(tickets_locked(by_listing)).items():
        listings[listing_id].event = tickets[0].event
        try:
            chosen[listing_id] = seats_for_sale(
                by_listing[listing_id], listings[listing_id], tickets, now=act.at, sold_at=act.at
            )
        except DomainError as refusal:
            refusals[listing_id] = refusal
    if refusals:
        raise SeatsNotHeld(refusals)
    holds = [
        Hold(
            listing=listings[listing_id],
            owner_kind=owner_kind,
            owner_id=owner_id,
            seats=[ticket.seat for ticket in chosen[listing_id]],
            price_cents=listings[listing_id].price_cents,
            held_at=act.at,
            expires_at=expires_at,
        )
        for listing_id in by_listing
    ]
    Hold.objects.bulk_create(holds)
    seats_write([seat for seats in chosen.values() for seat in seats], TicketMove.HOLD, now=act.at, holds=holds)
    return holds


@transaction.atomic
def holds_extend(*, hold_ids: Collection[UUID], expires_at: datetime, act: Act) -> list[Hold]:
    """Hold the seats until `expires_at` (UTC), all or none; a hold that lasts longer already stays. In id order.

    A hold whose time is over is extended too, unless the timer has ended it.

    Raises:
        HoldEnded: a hold has ended; when and why.
        HoldTooLong: nothing is held for longer than `LONGEST_HOLD`.
        Hold.DoesNotExist: there is no such hold.
    """
    holds, _ = _live_locked(hold_ids)
    for hold in holds:
        _require_end(expires_at, held_at=hold.held_at)
        hold.expires_at = max(hold.expires_at, expires_at)
    rows = Hold.objects.filter(id__in=hold_ids, expires_at__lt=expires_at)
    rows.update(expires_at=expires_at, updated_at=act.at)
    return holds


@transaction.atomic
def hold_sell(*, hold_id: UUID, act: Act, sold_at: datetime | None = None) -> SoldSeats:
    """Sell the seats of a hold at its price; `sold_at` (UTC) is when the buyer paid, None: now.

    They are sold whatever has become of the listing since, also after the start when the buyer paid before it, and
    after the end of the hold unless the timer has ended it. Whoever sells several holds in one transaction locks their
    listings first, in id order. Seven queries whatever the number of seats, and one more with the last seat.

    Raises:
        HoldEnded: the hold has ended; when and why.
        ListingNotForSale: the event is cancelled.
        SaleTimeRefused: `sold_at` lies in the future, before the listing was made, or not before the event.
        Hold.DoesNotExist: there is no such hold.
    """
    (hold,), (listing,) = _live_locked([hold_id])
    tickets = tickets_locked([listing.id])
    if tickets[0].event.status == EventStatus.CANCELLED:
        raise ListingNotForSale("The seats cannot be sold: the event is cancelled.")
    require_time(tickets[0], sold_at or act.at, now=act.at)
    own = [ticket for ticket in tickets if ticket.hold_id == hold.id]
    sold = seats_sold_write(listing, tickets, own, price_cents=hold.price_cents, act=act)
    holds_end([hold], HoldOutcome.SOLD, act)
    return sold


@transaction.atomic
def holds_release(*, hold_ids: Collection[UUID], act: Act) -> list[Hold]:
    """End holds without a sale; return those that were live. The others stay as they are.

    The seats are available again where the listing is open, and withdrawn where it is not any more: expired, or being
    delisted, which the last of its holds completes. Listings whose holds have all ended are not locked. Queries do not
    grow with the holds.
    """
    live = Hold.objects.filter(id__in=hold_ids, released_at__isnull=True)
    listing_ids = set(live.order_by().values_list("listing_id", flat=True))
    return _end(live, listings_locked(listing_ids, *BLOCK_AND_GAME), HoldOutcome.RELEASED, act)


def holds_close(listings: Sequence[Listing], act: Act) -> None:
    """End all holds of locked listings whose seats nobody can sell any more; the owners read the reason of the act."""
    ids = [listing.id for listing in listings]
    _end(Hold.objects.filter(listing__in=ids), listings, HoldOutcome.CLOSED, act)


def holds_expire(*, now: datetime) -> int:
    """End the holds whose time is over; return how many. Batches keep the locks short.

    The race: the timer waits for a listing that somebody is changing, with others of its batch locked. It passes that
    one by, and the next round finds its holds.
    """
    expired = 0
    due = Hold.objects.filter(released_at__isnull=True, expires_at__lte=now).order_by("id")
    batch = list(due[:EXPIRY_BATCH])
    while batch:
        expired += _expire(batch, now)
        batch = list(due.filter(id__gt=batch[-1].id)[:EXPIRY_BATCH])
    return expired


@transaction.atomic
def _expire(holds: Sequence[Hold], now: datetime) -> int:
    """End those of the holds whose listing nobody has locked and whose time is over; return how many.

    The race: the owner sells or extends a hold after the timer has found it. The hold is read again under the lock.
    """
    listings = listings_locked(listings_free_locked({hold.listing_id for hold in holds}), *BLOCK_AND_GAME)
    over = Hold.objects.filter(_is_over(now), id__in=[hold.id for hold in holds], listing__in=listings)
    return len(_end(over, listings, HoldOutcome.EXPIRED, Act(None, ChangeSource.SYSTEM, now)))


def _is_over(now: datetime) -> Q:
    return Q(expires_at__lte=now)


def _require_end(expires_at: datetime, *, held_at: datetime) -> None:
    if expires_at > held_at + LONGEST_HOLD:
        raise HoldTooLong(latest=held_at + LONGEST_HOLD)


def _live_locked(hold_ids: Collection[UUID]) -> tuple[list[Hold], list[Listing]]:
    """Return holds, read under the locks of their listings, and these."""
    listing_ids = set(Hold.objects.filter(id__in=hold_ids).order_by().values_list("listing_id", flat=True))
    listings = listings_locked(listing_ids)
    holds = list(Hold.objects.filter(id__in=hold_ids).order_by("id"))
    if len(holds) != len(set(hold_ids)):
        raise Hold.DoesNotExist
    for hold in holds:
        if hold.released_at:
            raise HoldEnded(outcome=hold.get_outcome_display(), at=hold.released_at, reason=hold.reason)
    return holds, listings


def _end(rows: QuerySet[Hold], listings: Sequence[Listing], outcome: HoldOutcome, act: Act) -> list[Hold]:
    """End those of the holds that are live without a sale; return them. Their listings are locked."""
    holds = list(rows.filter(released_at__isnull=True).order_by("id"))
    if not holds:
        return []
    ending, listing_ids = {hold.id for hold in holds}, {hold.listing_id for hold in holds}
    seats = _by_listing(tickets_locked(listing_ids))
    back, gone, finished = list[Ticket](), list[Ticket](), list[Listing]()
    touched = [listing for listing in listings if listing.id in listing_ids]
    for listing in touched:
        released = [ticket for ticket in seats[listing.id] if ticket.hold_id in ending]
        (back if listing.status in OPEN_LISTING_STATUSES else gone).extend(released)
    seats_write(back, TicketMove.RELEASE, now=act.at)
    seats_write(gone, TicketMove.LET_GO, now=act.at)
    for listing in touched:
        left = {ticket.status for ticket in seats[listing.id]}
        if move_after(status=listing.status, seats=left, over=None) is ListingMove.FINISH_DELISTING:
            finished.append(listing)
    moves_write({ListingMove.FINISH_DELISTING: finished}, act)
    holds_end(holds, outcome, act)
    return holds


def _by_listing(tickets: Sequence[Ticket]) -> dict[UUID, list[Ticket]]:
    """Return seats by listing; they come listing by listing."""
    return {listing_id: list(group) for listing_id, group in groupby(tickets, key=lambda ticket: ticket.listing_id)}
