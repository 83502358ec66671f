"""What every way of listing seats does alike, however many games: the right to list, the price of today, the insert."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import IntegrityError

from apps.common.database import violated_constraint
from apps.common.ids import uuid7
from apps.holders.models import TicketHolder
from apps.holders.selectors import commission_rate_for
from apps.listings.enums import SeasonTicketStatus
from apps.listings.errors.listings import SeatAlreadyListed
from apps.listings.errors.season_tickets import SeasonTicketNotFound, SeasonTicketNotVerified
from apps.listings.locks import season_ticket_locked
from apps.listings.models import SeasonTicket
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.terms import ListingTerms, needs_rate, planned_price
from apps.listings.selectors.seats import seats_active_at
from apps.listings.services.lifecycle.bulk_write import NewListing


def listable_season_ticket(*, holder: TicketHolder, season_ticket_id: UUID) -> SeasonTicket:
    """Return the holder's block under its lock if its seats may be listed; `holder` is set on it without a query.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
    """
    season_ticket = season_ticket_locked(season_ticket_id)
    if season_ticket is None or season_ticket.holder_id != holder.id:
        raise SeasonTicketNotFound
    require_verified(season_ticket)
    season_ticket.holder = holder
    return season_ticket


def require_verified(season_ticket: SeasonTicket) -> None:
    """Do nothing for a verified block.

    Raises:
        SeasonTicketNotVerified: it is pending, rejected or ended.
    """
    if season_ticket.status != SeasonTicketStatus.VERIFIED:
        raise SeasonTicketNotVerified(season_ticket.get_status_display().lower())


def floor_rate(*, season_ticket: SeasonTicket, terms: ListingTerms, now: datetime) -> int | None:
    """Return the commission rate of today in basis points if the floor depends on it: one query then, else none."""
    if not needs_rate(terms):
        return None
    on = now.astimezone(UTC).date()
    return commission_rate_for(holder=season_ticket.holder, team_id=season_ticket.team_id, on=on).rate_bps


def new_listing(
    *,
    season_ticket: SeasonTicket,
    game: HomeGame,
    positions: Mapping[str, int],
    price_cents: int,
    terms: ListingTerms,
    rate_bps: int | None,
    now: datetime,
) -> NewListing:
    """Return a listing of the seats `positions` names, with the price that its plan gives today.

    `price_cents` is the base price, `rate_bps` the commission rate of today, needed for a net floor only.
    """
    planned = planned_price(terms, base_cents=price_cents, rate_bps=rate_bps, clock=game.clock, now=now)
    return NewListing(
        id=uuid7(),
        holder_id=season_ticket.holder_id,
        season_ticket_id=season_ticket.id,
        team_id=season_ticket.team_id,
        event_id=game.id,
        section=season_ticket.section,
        row=season_ticket.row,
        general_admission_block=season_ticket.general_admission_block,
        price_cents=planned.price_cents,
        base_price_cents=price_cents,
        next_markdown_at=planned.next_markdown_at,
        terms=terms,
        tickets=[(uuid7(), seat, position) for seat, position in positions.items()],
    )


def is_seat_taken(error: IntegrityError) -> bool:
    """Tell whether the database refused a seat that is active already."""
    return violated_constraint(error) == "ticket_seat_active_once"


def seats_taken(
    *, season_ticket: SeasonTicket, listings: Sequence[NewListing], event_names: Mapping[UUID, str]
) -> SeatAlreadyListed:
    """Return the error that names the seats of one block that are active already; one query, after the rollback.

    `event_names` is what the sentences call the events.
    """
    place = {"section": season_ticket.section, "row": season_ticket.row}
    wanted = {listing.event_id: [seat for _, seat, _ in listing.tickets] for listing in listings}
    taken = seats_active_at(
        event_ids=list(wanted),
        seats=list(dict.fromkeys(seat for seats in wanted.values() for seat in seats)),
        general_admission_block=season_ticket.general_admission_block,
        **place,
    )
    seats_by_event = {
        event_names[event]: both
        for event, seats in wanted.items()
        if (both := [seat for seat in seats if seat in taken.get(event, ())])
    }
    # Whoever had the seat may have let it go since.
    fallback = {event_names[listings[0].event_id]: wanted[listings[0].event_id]}
    return SeatAlreadyListed(**place, seats_by_event=seats_by_event or fallback)
