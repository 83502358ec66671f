"""Season tickets and their games, for tests."""

from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory


def home_game(block: SeasonTicket, **fields: object) -> Event:
    """Return a future home game of the block's team and season."""
    return EventFactory(season=block.season, home_team=block.team, **fields)


def block_at(event: Event, **fields: object) -> SeasonTicket:
    """Return a verified block of the event's home team, of a holder of its own."""
    return SeasonTicketFactory(season=event.season, team=event.home_team, **fields)
