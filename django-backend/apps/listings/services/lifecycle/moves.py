"""Moves listings by the table in `enums`, one or many at a time; one is a bulk of one."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.common.errors import DomainError, MoveReasonMissing
from apps.listings.enums import LISTING_MOVES, ListingChange, ListingMove, ListingStatus, Mover, TicketStatus
from apps.listings.errors.listings import ListingMoveRefused, OfferRefused, SeatHeld
from apps.listings.locks import BLOCK_AND_GAME, listings_free_locked, listings_locked
from apps.listings.models import Listing, Ticket
from apps.listings.rules.offers import Offer, offer_problems
from apps.listings.rules.seat_sales import sale_over_reason, status_refusal
from apps.listings.rules.terms import NO_TERMS
from apps.listings.selectors.listings import listings_of_begun_events, open_listings_of_begun_events
from apps.listings.selectors.tickets import held_until
from apps.listings.services.lifecycle.writing import Entry, history_write, moves_write
from apps.listings.services.offering import active_once, seats_taken
from apps.season_tickets.api import home_games_shared, require_verified, season_ticket_locked

EXPIRY_BATCH = 500
# The result for each listing that was found: it moved, or why it did not.
_Made = dict[UUID, Listing | DomainError]
_Guard = Callable[[Sequence[Listing], datetime], dict[UUID, DomainError]]


@dataclass(frozen=True)
class MoveResult:
    """What became of one listing of many: the new status, or why it stayed."""

    listing_id: UUID
    status: ListingStatus | None
    refusal: str | None = None


@transaction.atomic
def listing_move(*, listing_id: UUID, move: ListingMove, act: Act) -> Listing:
    """Make one move; its history row has the act.

    Raises:
        MoveReasonMissing: the move needs a reason, which holder or staff read.
        ListingMoveRefused: the listing is not where the move begins; the sentence says where it is since when.
        SeatHeld: delisting while a buyer holds seats; until when.
        SeasonTicketNotVerified, OfferRefused: relisting seats that cannot be listed.
        Listing.DoesNotExist: there is no such listing.
        ValueError: the move follows from what happens to the seats; nobody makes it by name.
    """
    made = _relist(listing_id, act) if move is ListingMove.RELIST else moves_make([listing_id], move, act)
    if not made:
        raise Listing.DoesNotExist
    if isinstance(outcome := made[listing_id], DomainError):
        raise outcome
    return outcome


@transaction.atomic
def listings_move(*, listing_ids: Collection[UUID], move: ListingMove, act: Act) -> list[MoveResult]:
    """Make the same move with many listings, those that can make it; return what became of each.

    Five queries whatever the number, and one more for approving listings or delistings.

    Raises:
        MoveReasonMissing: the move needs a reason, which holder or staff read.
        ValueError: the move follows from what happens to the seats, or is a relisting, which is made one by one.
    """
    if move is ListingMove.RELIST:
        raise ValueError("seats are relisted one listing at a time")
    made = moves_make(listing_ids, move, act)
    return [_result(listing_id, made.get(listing_id)) for listing_id in dict.fromkeys(listing_ids)]


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
    begun = listings_of_begun_events(listing_ids=listings_free_locked(listing_ids), now=now)
    made = moves_make(begun, ListingMove.EXPIRE, Act(None, ChangeSource.SYSTEM, now))
    return sum(isinstance(outcome, Listing) for outcome in made.values())


def moves_make(listing_ids: Collection[UUID], move: ListingMove, act: Act, guard: _Guard | None = None) -> _Made:
    """Make a move with those listings that can make it; return what became of each that was found.

    `guard`, or that of the move, knows more than the table. The caller has opened the transaction.
    """
    row = LISTING_MOVES[move]
    if row.mover is Mover.SEATS:
        raise ValueError(f"{move} follows from what happens to the seats")
    if row.has_reason and not act.reason.strip():
        raise MoveReasonMissing("Say why: our staff read it." if row.mover is Mover.HOLDER else "")
    listings = listings_locked(listing_ids, *BLOCK_AND_GAME)
    refused: dict[UUID, DomainError] = {
        listing.id: ListingMoveRefused(
            status_refusal(verb=move.label.lower(), status=listing.status, since=listing.status_changed_at)
        )
        for listing in listings
        if listing.status not in row.begins
    }
    if guard := guard or _GUARDS.get(move):
        refused |= guard([listing for listing in listings if listing.id not in refused], act.at)
    moves_write({move: [listing for listing in listings if listing.id not in refused]}, act)
    return {listing.id: refused.get(listing.id, listing) for listing in listings}


def event_note_write(listings: Iterable[Listing], act: Act) -> None:
    """Write what happened to the event, `act.reason`, into the history of listings, whose status stays. One query."""
    history_write([Entry(listing, ListingChange.EVENT, act.reason) for listing in listings], act)


def _result(listing_id: UUID, outcome: Listing | DomainError | None) -> MoveResult:
    if isinstance(outcome, Listing):
        return MoveResult(listing_id, ListingStatus(outcome.status))
    return MoveResult(listing_id, None, str(outcome or "There is no such listing."))


def _read_events_again(listings: Sequence[Listing]) -> None:
    """Read the events of locked listings again, before the listings go on sale.

    The race: an event is cancelled or moved while we wait for the lock of its listing; the event that came with the
    listing was read before that.
    """
    events = Event.objects.select_related("venue", "home_team").in_bulk({listing.event_id for listing in listings})
    for listing in listings:
        listing.event = events[listing.event_id]


def _unfit_for_sale(listings: Sequence[Listing], now: datetime) -> dict[UUID, DomainError]:
    """Refuse events that have begun, which the timer finds only minutes later, or moved away from the seats."""
    _read_events_again(listings)
    refused: dict[UUID, DomainError] = {}
    for listing in listings:
        event = listing.event
        if over := sale_over_reason(status=event.status, starts_at=event.starts_at, at=now):
            why = f"the event {over}."
        elif venue := listing.other_venue:
            why = f"the event is at {venue}, these seats are not."
        elif day := listing.in_hand_after:
            why = f"in hand on {listing.in_hand_date}, after the event on {day}. The holder can change it."
        else:
            continue
        refused[listing.id] = ListingMoveRefused(f"Cannot approve: {why}")
    return refused


def _held_for_buyer(listings: Sequence[Listing], _now: datetime) -> dict[UUID, DomainError]:
    held = held_until(listing_ids=[listing.id for listing in listings])
    return {
        listing.id: SeatHeld(until=listing.event.venue.local_text(held[listing.id]))
        for listing in listings
        if listing.id in held
    }


def _held_by_nobody(listings: Sequence[Listing], _now: datetime) -> dict[UUID, DomainError]:
    held = held_until(listing_ids=[listing.id for listing in listings])
    refusal = ListingMoveRefused("Cannot delist when released: no seat is held for a buyer. Approve the delisting.")
    return {listing.id: refusal for listing in listings if listing.id not in held}


_GUARDS: Final[Mapping[ListingMove, _Guard]] = {
    ListingMove.APPROVE: _unfit_for_sale,
    ListingMove.APPROVE_DELISTING: _held_for_buyer,
    ListingMove.DELIST_WHEN_RELEASED: _held_by_nobody,
}


def _relist(listing_id: UUID, act: Act) -> _Made:
    """Offer the withdrawn seats of a listing again, on the terms that were agreed on."""
    # The locks of listing seats, in their order: the block, the game, then the listing. Block and game never change.
    known = Listing.objects.only("season_ticket_id", "event_id").get(id=listing_id)
    block = season_ticket_locked(known.season_ticket_id)
    game = home_games_shared([block], event_id=known.event_id).get(known.event_id) if block else None
    if block is None or game is None:  # cannot happen: rows that are referred to cannot be deleted
        raise Listing.DoesNotExist
    withdrawn = Ticket.objects.filter(listing=listing_id, status=TicketStatus.WITHDRAWN).order_by("position")
    offers = list[Offer]()

    def guard(listings: Sequence[Listing], now: datetime) -> dict[UUID, DomainError]:
        if not listings:
            return {}
        require_verified(block)
        here = block.seat_block if block.at(game) is block else None
        seats = list(withdrawn.values_list("seat", flat=True))
        offers.append(Offer(game, here, seats, listings[0].base_price_cents, NO_TERMS))
        problems = offer_problems(offers[0], rate_bps=None, now=now)
        if problems:
            raise OfferRefused.of([problem.error(event="this event") for problem in problems])
        return {}

    with active_once(lambda: seats_taken(offers, event_name=lambda _: "this event")):
        return moves_make([listing_id], ListingMove.RELIST, act, guard)
