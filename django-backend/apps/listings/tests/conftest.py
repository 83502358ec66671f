"""Clients and rows that the tests of this app share."""

import pytest
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.listings.models import SeasonTicket
from apps.listings.tests.factories import SeasonTicketFactory, home_game
from apps.users.models import User


def client_of(user: User | None) -> APIClient:
    """Return a client that is signed in as `user`."""
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


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
    return client_of(season_ticket.holder.user)
