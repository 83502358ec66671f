"""Lists that are read as rows show what the serializers that describe them would show."""

from datetime import UTC, datetime

import pytest

from apps.catalog import views
from apps.catalog.models import League, Season, Team, Venue
from apps.catalog.selectors import event_list
from apps.catalog.testing.factories import EventFactory, TeamFactory, VenueFactory
from apps.common.renderers import JSONRenderer
from apps.common.testing.clients import api_of
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["leagues", "seasons", "teams", "venues", "events"])
def test_rows_are_shown_as_their_serializer_would_show_them(name: str) -> None:
    EventFactory(name='Ünï "q" <x>', additional_info="a\nb", starts_at=datetime(2027, 3, 14, 7, 30, 0, 5, tzinfo=UTC))
    EventFactory(
        home_team=None, away_team=None, venue=VenueFactory(), starts_at=datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    )
    TeamFactory(home_venue=None)
    view, rows = {
        "leagues": (views.LeagueViewSet, League.objects.all()),
        "seasons": (views.SeasonViewSet, Season.objects.all()),
        "teams": (views.TeamViewSet, Team.objects.all()),
        "venues": (views.VenueViewSet, Venue.objects.all()),
        "events": (views.EventViewSet, event_list()),
    }[name]
    client, path = api_of(UserFactory()), f"/api/v1/{name}/"
    shown = [view.serializer_class(row).data for row in rows.order_by(*view.ordering)]
    assert JSONRenderer().render(shown) in client.get(path, {"page_size": 100}).content
    for row in shown:
        assert client.get(f"{path}{row['id']}/").content == JSONRenderer().render(row)
