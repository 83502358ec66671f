"""Tables of what holders offer."""

from apps.listings.models.holds import LONGEST_HOLD, Hold
from apps.listings.models.home_games import ListedEvent
from apps.listings.models.listings import Listing, ListingEvent, Ticket

__all__ = ["LONGEST_HOLD", "Hold", "ListedEvent", "Listing", "ListingEvent", "Ticket"]
