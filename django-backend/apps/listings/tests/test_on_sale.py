"""Conditions in SQL say the same as the rules."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.listings.rules.home_games import closed_reason
from apps.listings.rules.split_rules import SplitRule, allowed_quantities
from apps.listings.selectors.on_sale import ALLOWS_QUANTITY_SQL, open_for_sale
from apps.season_tickets.rules.home_games import HomeGame
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db
LONGEST = 12
TERMS = [(rule, ()) for rule in SplitRule if rule is not SplitRule.CUSTOM] + [
    (SplitRule.CUSTOM, custom) for custom in ((1,), (2,), (2, 4), (3, 5), (6, 4), (5, 2, 8))
]


def test_every_quantity_of_every_run() -> None:
    """A buyer who asks for a quantity sees the listings that can supply it, no more and no fewer."""
    with connection.cursor() as cursor:
        for rule, custom in TERMS:
            cursor.execute(
                f"SELECT run.seats, wanted.quantity FROM generate_series(1, {LONGEST}) AS run(seats),"
                f" generate_series(1, {LONGEST + 1}) AS wanted(quantity),"
                " (SELECT %s AS split_rule, %s::smallint[] AS custom_quantities) AS listings_listing"
                f" WHERE {ALLOWS_QUANTITY_SQL}",
                [rule.value, list(custom)],
            )
            assert set(cursor.fetchall()) == {
                (seats, quantity)
                for seats in range(1, LONGEST + 1)
                for quantity in allowed_quantities(rule=rule, available=seats, custom=custom)
            }, (rule, custom)


@pytest.mark.parametrize("status", EventStatus)
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_events_are_open_as_for_listing(status: EventStatus, seconds: int) -> None:
    now = datetime(2040, 9, 9, 17, tzinfo=UTC)
    event = home_game(SeasonTicketFactory(), status=status, starts_at=now + timedelta(seconds=seconds))
    game = HomeGame(event.id, event.season_id, event.home_team_id, event.starts_at, event.date_tbd, event.status, "UTC")
    assert Event.objects.filter(open_for_sale(at=now)).exists() is (closed_reason(game, now=now) is None)
