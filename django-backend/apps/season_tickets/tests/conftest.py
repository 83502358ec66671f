"""Clients and rows that the tests of this app share."""

import pytest
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.clients import api_of
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game


@pytest.fixture
def season_ticket(db: None) -> SeasonTicket:
    """A verified block of seats 1 to 4."""
    return SeasonTicketFactory()


@pytest.fixture
def event(season_ticket: SeasonTicket) -> Event:
    """A future home game of that block."""
    return home_game(season_ticket)


@pytest.fixture
def api(season_ticket: SeasonTicket) -> APIClient:
    """The client of the block's holder."""
    return api_of(season_ticket.holder.user)
