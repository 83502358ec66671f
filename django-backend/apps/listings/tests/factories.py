"""Season tickets for tests; listings are made by their service."""

import factory

from apps.catalog.models import Event
from apps.catalog.tests.factories import EventFactory, SeasonFactory, TeamFactory
from apps.holders.tests.factories import TicketHolderFactory
from apps.listings.enums import SeasonTicketStatus
from apps.listings.models import SeasonTicket


class SeasonTicketFactory(factory.django.DjangoModelFactory[SeasonTicket]):
    """A verified block: section 101, row A, seats 1 to 4."""

    class Meta:
        model = SeasonTicket

    holder = factory.SubFactory(TicketHolderFactory)
    season = factory.SubFactory(SeasonFactory)
    team = factory.SubFactory(TeamFactory, league=factory.SelfAttribute("..season.league"))
    section = "101"
    row = "A"
    first_seat = 1
    last_seat = 4
    status = SeasonTicketStatus.VERIFIED


def home_game(season_ticket: SeasonTicket, **fields: object) -> Event:
    """Return a future home game of the season ticket's team and season."""
    return EventFactory(season=season_ticket.season, home_team=season_ticket.team, **fields)
