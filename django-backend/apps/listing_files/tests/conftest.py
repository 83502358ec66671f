"""The rows of listings' own tests."""

from apps.listings.tests.conftest import api, event, season_ticket

__all__ = ["api", "event", "season_ticket"]
