"""Season tickets for tests; listings are made by their service, in stories."""

import factory

from apps.catalog.testing.factories import SeasonFactory, TeamFactory
from apps.holders.testing.factories import TicketHolderFactory
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.models import SeasonTicket


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
