"""A holder lists seats of a verified block for one event."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.common.database import violated_constraint
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.enums import EventSource, ListingStatus, SeasonTicketStatus
from apps.listings.errors import (
    EventNotOfSeasonTicket,
    EventNotOpen,
    SeasonTicketNotFound,
    SeasonTicketNotVerified,
    SeatAlreadyListed,
    SeatNotInBlock,
)
from apps.listings.models import Listing, ListingEvent, SeasonTicket, Ticket
from apps.listings.rules.blocks import seat_problems, seats_of_block
from apps.listings.selectors.seats import seats_active_at
from apps.users.models import User


def listing_create(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    event: Event,
    seats: Sequence[str],
    price_cents: int,
    actor: User,
    now: datetime,
) -> Listing:
    """List `seats` of the holder's block at `event` for `price_cents` a seat; the listing waits for staff as pending.

    The returned listing carries `seats`, lowest first, like those of the selector.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        EventNotOfSeasonTicket, EventNotOpen: no home game of the block, or one that has begun or is off.
        SeatNotInBlock: a seat is not in the block or is named twice.
        SeatAlreadyListed: a physical seat is active at the event already; nothing was written.
    """
    season_ticket = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
    if event.home_team_id != season_ticket.team_id or event.season_id != season_ticket.season_id:
        raise EventNotOfSeasonTicket
    if reason := closed_reason(event, now):
        raise EventNotOpen(reason)
    block = seats_of_block(season_ticket.first_seat, season_ticket.last_seat)
    wanted = [normalise_printed(seat) for seat in seats]
    if problems := seat_problems(wanted, block):
        raise SeatNotInBlock(problems)
    # The race: two requests that insert the same seats in opposite order would wait for each other on the unique index.
    # Everybody inserts in the order of the block, so the second one waits and then fails.
    ordered = sorted(wanted, key=block.index)
    try:
        return _write(season_ticket, event, ordered, price_cents=price_cents, actor=actor, now=now)
    except IntegrityError as error:
        if violated_constraint(error) != "ticket_seat_active_once":
            raise
        place = {"section": season_ticket.section, "row": season_ticket.row}
        taken = seats_active_at(event_ids=[event.id], seats=ordered, **place).get(event.id)
        raise SeatAlreadyListed(**place, seats_by_event={"this event": taken or ordered}) from error


def listable_season_ticket(*, holder: TicketHolder, season_ticket_id: UUID) -> SeasonTicket:
    """Return the holder's block if its seats may be listed; `holder` is set on it without another query.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
    """
    season_ticket = SeasonTicket.objects.filter(id=season_ticket_id, holder=holder).first()
    if season_ticket is None:
        raise SeasonTicketNotFound
    if season_ticket.status != SeasonTicketStatus.VERIFIED:
        raise SeasonTicketNotVerified(season_ticket.get_status_display().lower())
    season_ticket.holder = holder
    return season_ticket


def closed_reason(event: Event, now: datetime) -> str | None:
    """Return why no seat can be listed for an event at `now`, None when it is open."""
    if event.status != EventStatus.SCHEDULED:
        return f"is {event.get_status_display().lower()}"
    return "has begun" if event.starts_at <= now else None


@transaction.atomic
def _write(
    season_ticket: SeasonTicket, event: Event, seats: list[str], *, price_cents: int, actor: User, now: datetime
) -> Listing:
    listing = Listing.objects.create(
        holder=season_ticket.holder,
        season_ticket=season_ticket,
        event=event,
        price_cents=price_cents,
        base_price_cents=price_cents,
        status_changed_at=now,
    )
    place = {"section": season_ticket.section, "row": season_ticket.row}
    block = seats_of_block(season_ticket.first_seat, season_ticket.last_seat)
    positions = {seat: position for position, seat in enumerate(block)}
    Ticket.objects.bulk_create(
        [Ticket(listing=listing, event=event, seat=seat, position=positions[seat], **place) for seat in seats]
    )
    ListingEvent.objects.create(
        listing=listing, actor=actor, source=EventSource.API, from_status="", to_status=ListingStatus.PENDING, at=now
    )
    listing.seats = seats  # type: ignore[attr-defined]  # the selector's annotation, without asking again
    return listing
