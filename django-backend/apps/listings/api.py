"""What other apps may use of listings: moves of listings and season tickets, the sale and return of seats."""

from apps.listings.errors.season_tickets import SeasonTicketTwinsUnconfirmed
from apps.listings.locks import listings_locked
from apps.listings.rules.payable import payable
from apps.listings.selectors.payouts import event_payable
from apps.listings.selectors.seats import held_until
from apps.listings.selectors.twins import twins_of
from apps.listings.services.lifecycle.choosing import SeatRequest
from apps.listings.services.lifecycle.holding import hold_sell, holds_close, holds_extend, holds_release, seats_hold
from apps.listings.services.lifecycle.moves import MoveResult, event_note_write, listings_move, moves_make
from apps.listings.services.lifecycle.returning import listing_seats_return
from apps.listings.services.lifecycle.selling import SoldSeats, listing_seats_sell
from apps.listings.services.markdowns import markdowns_reschedule
from apps.listings.services.season_tickets import season_ticket_reject, season_ticket_verify
from apps.listings.services.withheld_seats import withheld_seats_move
from apps.listings.topics import (
    DelistingRequested,
    ListingNews,
    ListingsChanged,
    ListingsCreated,
    ListingsMoved,
    ListingsRelisted,
    SeasonTicketDecision,
    SeasonTicketRegistered,
)

__all__ = [
    "DelistingRequested", "ListingNews", "ListingsChanged", "ListingsCreated", "ListingsMoved", "ListingsRelisted",
    "MoveResult", "SeasonTicketDecision", "SeasonTicketRegistered", "SeasonTicketTwinsUnconfirmed", "SeatRequest",
    "SoldSeats", "event_note_write", "event_payable", "held_until", "hold_sell", "holds_close", "holds_extend",
    "holds_release", "listing_seats_return", "listing_seats_sell", "listings_locked", "listings_move",
    "markdowns_reschedule", "moves_make", "payable", "season_ticket_reject", "season_ticket_verify", "seats_hold",
    "twins_of", "withheld_seats_move",
]  # fmt: skip
