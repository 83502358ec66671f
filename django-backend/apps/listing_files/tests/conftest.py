"""The rows of the tests of season tickets."""

from apps.season_tickets.tests.conftest import api, event, season_ticket

__all__ = ["api", "event", "season_ticket"]
