"""What every way of listing seats does alike, however many games: the right to list, the price of today, the insert."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import IntegrityError

from apps.common.database import violated_constraint
from apps.common.ids import uuid7
from apps.holders.api import commission_rate_for
from apps.holders.models import TicketHolder
from apps.listings.enums import SeasonTicketStatus
from apps.listings.errors.listings import EventElsewhere, SeatAlreadyListed
from apps.listings.errors.season_tickets import SeasonTicketNotFound, SeasonTicketNotVerified
from apps.listings.locks import season_ticket_locked
from apps.listings.models import SeasonTicket
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.terms import ListingTerms, needs_rate, planned_price
from apps.listings.selectors.seats import seats_active_at
from apps.listings.services.lifecycle.bulk_write import NewListing


def listable_season_ticket(*, holder: TicketHolder, season_ticket_id: UUID) -> SeasonTicket:
    """Return the holder's block under its lock if its seats may be listed; `holder` is set without a query.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
    """
    season_ticket = season_ticket_locked(season_ticket_id)
    if season_ticket is None or season_ticket.holder_id != holder.id:
        raise SeasonTicketNotFound
    require_verified(season_ticket)
    for block in (season_ticket, *season_ticket.elsewhere):
        block.holder = holder
    return season_ticket


def block_at(season_ticket: SeasonTicket, game: HomeGame) -> SeasonTicket:
    """Return the block whose seats the holder has at a home game of a locked block: that one, or one elsewhere.

    Raises:
        EventElsewhere: the game is not at the team's home venue, and staff have not said which seats the holder has.
    """
    if block := block_or_none(season_ticket, game):
        return block
    raise EventElsewhere(game.venue)


def block_or_none(season_ticket: SeasonTicket, game: HomeGame) -> SeasonTicket | None:
    """Return what `block_at` does, None where that raises."""
    return season_ticket.block_at(event_id=game.id, venue_id=game.venue_id, home_venue_id=game.home_venue_id)


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


def seats_taken(*, listings: Sequence[NewListing], event_names: Mapping[UUID, str]) -> SeatAlreadyListed:
    """Return the error that names seats of new listings that are active already; a query for each row of seats.

    Asked after the rollback. `event_names` is what the sentences call the events.
    """
    rows: dict[tuple[str, str, UUID | None], list[NewListing]] = {}
    for listing in listings:
        rows.setdefault((listing.section, listing.row, listing.general_admission_block), []).append(listing)
    for (section, row, block), own in rows.items():
        wanted = {listing.event_id: [seat for _, seat, _ in listing.tickets] for listing in own}
        seats = list(dict.fromkeys(seat for seats in wanted.values() for seat in seats))
        taken = seats_active_at(
            event_ids=list(wanted), section=section, row=row, seats=seats, general_admission_block=block
        )
        seats_by_event = {
            event_names[event]: both
            for event, seats in wanted.items()
            if (both := [seat for seat in seats if seat in taken.get(event, ())])
        }
        if seats_by_event:
            return SeatAlreadyListed(section=section, row=row, seats_by_event=seats_by_event)
    # Whoever had the seat may have let it go since.
    first = listings[0]
    names = [seat for _, seat, _ in first.tickets]
    return SeatAlreadyListed(section=first.section, row=first.row, seats_by_event={event_names[first.event_id]: names})
