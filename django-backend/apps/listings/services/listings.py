"""A holder lists seats of a verified block for one event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.acts import ChangeSource
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.enums import ListingStatus
from apps.listings.errors.listings import (
    EventNotOfSeasonTicket,
    EventNotOpen,
    SeatNotInBlock,
    SeatWithheld,
    TermsRefused,
)
from apps.listings.locks import game_shared
from apps.listings.models import Listing, SeasonTicket
from apps.listings.rules.blocks import seat_problems
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.terms import NO_TERMS, ListingTerms, offer_problems, steps_to_json, terms_problems
from apps.listings.services.lifecycle.bulk_write import NewListing, listings_insert
from apps.listings.services.new_listings import (
    block_at,
    floor_rate,
    is_seat_taken,
    listable_season_ticket,
    new_listing,
    seats_taken,
)
from apps.listings.services.news import listings_created_tell
from apps.users.models import User


def listing_create(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    event_id: UUID,
    seats: Sequence[str],
    price_cents: int,
    terms: ListingTerms = NO_TERMS,
    actor: User,
    now: datetime,
    source: ChangeSource = ChangeSource.API,
) -> Listing:
    """List `seats` of the holder's block at an event; the listing waits for staff as pending.

    `price_cents` is the base price of a seat, before mark-downs. Four queries, five with a net floor, besides those of
    the transaction.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        EventNotOfSeasonTicket, EventNotOpen: no home game of the block, or one that has begun or is off.
        EventElsewhere: the game is at another venue, and staff have not said which seats the holder has there.
        SeatNotInBlock: a seat is not in the block or is named twice.
        TermsRefused: what is wrong with the terms, each with its place.
        SeatWithheld: the holder keeps a seat for own use at the event.
        SeatAlreadyListed: a physical seat is active at the event already; nothing was written.
    """
    try:
        with transaction.atomic():
            season_ticket = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
            game = _open_game(season_ticket, event_id, now)
            season_ticket = block_at(season_ticket, game)
            positions = _positions(season_ticket, game, seats)
            new = _checked(season_ticket, game, positions, price_cents=price_cents, terms=terms, now=now)
            listings_insert(listings=[new], currency=settings.CURRENCY, actor_id=actor.id, source=source, now=now)
            listings_created_tell(listings=[new], now=now)
    except IntegrityError as error:
        if not is_seat_taken(error):
            raise
        names = {event_id: "this event"}
        raise seats_taken(listings=[new], event_names=names) from error
    return _as_read(new, season_ticket, now)


def _open_game(season_ticket: SeasonTicket, event_id: UUID, now: datetime) -> HomeGame:
    game = game_shared(event_id=event_id, season_ticket_id=season_ticket.id)
    if game is None or (game.home_team_id, game.season_id) != (season_ticket.team_id, season_ticket.season_id):
        raise EventNotOfSeasonTicket
    if season_ticket.event_id not in {None, game.id}:
        raise EventNotOfSeasonTicket
    if reason := game.closed(now):
        raise EventNotOpen(reason)
    return game


def _positions(season_ticket: SeasonTicket, game: HomeGame, seats: Sequence[str]) -> dict[str, int]:
    block = season_ticket.seats
    wanted = [normalise_printed(seat) for seat in seats]
    if problems := seat_problems(wanted, block):
        raise SeatNotInBlock(problems)
    positions = {seat: position for position, seat in enumerate(block) if seat in wanted}
    if withheld := [seat for seat in positions if seat in game.withheld]:
        raise SeatWithheld({"this event": withheld})
    return positions


def _checked(
    season_ticket: SeasonTicket,
    game: HomeGame,
    positions: dict[str, int],
    *,
    price_cents: int,
    terms: ListingTerms,
    now: datetime,
) -> NewListing:
    rate_bps = floor_rate(season_ticket=season_ticket, terms=terms, now=now)
    problems = terms_problems(terms) or offer_problems(
        terms,
        positions=positions.values(),
        general_admission=season_ticket.general_admission_block is not None,
        price_cents=price_cents,
        event_date=game.local_date,
        rate_bps=rate_bps,
    )
    if problems:
        raise TermsRefused(problems)
    return new_listing(
        season_ticket=season_ticket,
        game=game,
        positions=positions,
        price_cents=price_cents,
        terms=terms,
        rate_bps=rate_bps,
        now=now,
    )


def _as_read(new: NewListing, season_ticket: SeasonTicket, now: datetime) -> Listing:
    """Return the row that was inserted, without asking the database for it."""
    columns: dict[str, Any] = {
        **{name: getattr(new, name) for name in ("id", "event_id", "price_cents", "base_price_cents")},
        **{name: getattr(new, name) for name in ("holder_id", "season_ticket_id", "next_markdown_at")},
        **vars(new.terms),
        "price_steps": steps_to_json(new.terms.price_steps),
        "custom_quantities": list(new.terms.custom_quantities),
        "disclosures": list(new.terms.disclosures),
        "currency": settings.CURRENCY,
        "commission_rate_bps": None,
        "status": ListingStatus.PENDING,
        **dict.fromkeys(("status_changed_at", "created_at", "updated_at"), now),
    }
    listing = Listing(**columns)
    listing.season_ticket, listing.holder = season_ticket, season_ticket.holder
    return listing
