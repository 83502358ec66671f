"""Admin pages of the consignment core."""

from apps.listings.admin import listings, season_tickets

__all__ = ["listings", "season_tickets"]
