"""Tables of what a holder has."""

from apps.season_tickets.models.distinct_places import DistinctPlace
from apps.season_tickets.models.season_tickets import MAX_SEATS_PER_BLOCK, SeasonTicket, SeasonTicketSeat, WithheldSeat

__all__ = ["MAX_SEATS_PER_BLOCK", "DistinctPlace", "SeasonTicket", "SeasonTicketSeat", "WithheldSeat"]
