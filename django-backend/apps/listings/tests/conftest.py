"""Clients and rows that the tests of this app share."""

from apps.season_tickets.tests.conftest import api, event, season_ticket

__all__ = ["api", "event", "season_ticket"]
