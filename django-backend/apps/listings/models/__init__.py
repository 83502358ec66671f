"""Tables of the consignment core."""

from apps.listings.models.distinct_places import DistinctPlace
from apps.listings.models.holds import LONGEST_HOLD, Hold
from apps.listings.models.home_games import ListedEvent
from apps.listings.models.listings import Listing, ListingEvent, Ticket
from apps.listings.models.season_tickets import MAX_SEATS_PER_BLOCK, SeasonTicket, SeasonTicketSeat, WithheldSeat

__all__ = [
    "LONGEST_HOLD",
    "MAX_SEATS_PER_BLOCK",
    "DistinctPlace",
    "Hold",
    "ListedEvent",
    "Listing",
    "ListingEvent",
    "SeasonTicket",
    "SeasonTicketSeat",
    "Ticket",
    "WithheldSeat",
]
