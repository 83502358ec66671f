"""A holder lists seats of a verified block for one event."""

from collections.abc import Sequence
from uuid import UUID

from apps.common.acts import Act
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.errors.listings import EventNotOfSeasonTicket, OfferRefused
from apps.listings.locks import home_games_shared
from apps.listings.rules.offers import Offer
from apps.listings.rules.terms import NO_TERMS, ListingTerms
from apps.listings.services.offering import (
    active_once,
    block_at,
    listable_season_ticket,
    listings_offer,
    offers_check,
    seats_taken,
)

_EVENT = "this event"


def listing_create(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    event_id: UUID,
    seats: Sequence[str],
    price_cents: int,
    terms: ListingTerms = NO_TERMS,
    act: Act,
) -> UUID:
    """List `seats` of the holder's block at an event; return the id of the listing, which waits for staff as pending.

    `price_cents` is the base price of a seat, before mark-downs. Four queries, five with a net floor, besides those of
    the transaction.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        EventNotOfSeasonTicket, EventNotOpen: no home game of the block, or one that has begun or is off.
        EventElsewhere: the game is at another venue, and staff have not said which seats the holder has there.
        SeatNotInBlock: a seat is not in the block or is named twice.
        SeatWithheld: the holder keeps a seat for own use at the event.
        TermsRefused: what is wrong with the terms, each with its place.
        SeatAlreadyListed: a physical seat is active at the event already; nothing was written.
    """
    offers = list[Offer]()
    with active_once(lambda: seats_taken(offers, event_name=lambda _: _EVENT)):
        block = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
        game = home_games_shared([block], event_id=event_id).get(event_id)
        if game is None or block.event_id not in {None, event_id}:
            raise EventNotOfSeasonTicket
        names = [normalise_printed(seat) for seat in seats]
        offers.append(Offer(game, block_at(block, game), names, price_cents, terms))
        [checked] = offers_check(offers, now=act.at)
        if checked.listing is None:
            raise OfferRefused.of([problem.error(event=_EVENT) for problem in checked.problems])
        listings_offer([checked.listing], act)
    return checked.listing.id
