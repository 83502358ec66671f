"""What other apps may use of listings: moves of listings, the sale and return of seats."""

from apps.listings.errors.problems import OfferProblem
from apps.listings.errors.sales import SeatsNotHeld, SeatsNotReturnable
from apps.listings.filters import ListingFilter, MoneyFilter, SectionFilter
from apps.listings.locks import BLOCK_AND_GAME, listings_locked
from apps.listings.rules.home_games import payable
from apps.listings.rules.offers import NewListing, Offer, PhysicalSeat
from apps.listings.rules.seat_sales import quantities_for_sale
from apps.listings.rules.terms import NO_TERMS, terms_of
from apps.listings.selectors.listings import open_listings_by_event
from apps.listings.selectors.on_sale import for_sale, listings_on_sale, open_for_sale, supplying
from apps.listings.selectors.payouts import event_payable
from apps.listings.selectors.tickets import held_until, seats_active
from apps.listings.services.lifecycle.choosing import SeatRequest
from apps.listings.services.lifecycle.holding import hold_sell, holds_close, holds_extend, holds_release, seats_hold
from apps.listings.services.lifecycle.moves import MoveResult, event_note_write, listings_move, moves_make
from apps.listings.services.lifecycle.selling import SoldSeats, listing_seats_return, listing_seats_sell
from apps.listings.services.listing_prices import markdowns_reschedule
from apps.listings.services.offering import active_once, listings_offer, offers_check, rates_of_teams, taken_problem
from apps.listings.services.season_ticket_guards import withheld_seats_move
from apps.listings.topics import (
    DelistingRequested,
    HoldEnded,
    ListingNews,
    ListingsChanged,
    ListingsCreated,
    ListingsMoved,
    ListingsRelisted,
)

__all__ = [
    "BLOCK_AND_GAME", "NO_TERMS", "DelistingRequested", "HoldEnded", "ListingFilter", "ListingNews", "ListingsChanged",
    "ListingsCreated", "ListingsMoved", "ListingsRelisted", "MoneyFilter", "MoveResult", "NewListing", "Offer",
    "OfferProblem", "PhysicalSeat", "SeatRequest", "SeatsNotHeld", "SeatsNotReturnable", "SectionFilter", "SoldSeats",
    "active_once",
    "event_note_write", "event_payable", "for_sale", "held_until", "hold_sell", "holds_close", "holds_extend",
    "holds_release", "listing_seats_return", "listing_seats_sell", "listings_locked", "listings_move", "listings_offer",
    "listings_on_sale", "markdowns_reschedule", "moves_make", "offers_check", "open_for_sale",
    "open_listings_by_event", "payable", "quantities_for_sale", "rates_of_teams", "seats_active", "seats_hold",
    "supplying", "taken_problem", "terms_of", "withheld_seats_move",
]  # fmt: skip
