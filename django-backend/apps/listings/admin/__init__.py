"""Admin pages of the consignment core."""

from apps.listings.admin import distinct_places, holds, listings, season_tickets

__all__ = ["distinct_places", "holds", "listings", "season_tickets"]
