"""Admin pages of season tickets."""

from apps.season_tickets.admin import distinct_places, season_tickets

__all__ = ["distinct_places", "season_tickets"]
