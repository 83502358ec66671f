"""The admin pages of leagues, seasons, venues and teams: who may use them, and what they refuse."""

from itertools import chain

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import League, Team, Venue
from apps.catalog.testing.factories import EventFactory, LeagueFactory, SeasonFactory, TeamFactory, VenueFactory
from apps.common.testing.html_forms import save
from apps.users.models import User
from apps.users.testing.stories import staff_browser

FACTORIES = {"league": LeagueFactory, "season": SeasonFactory, "team": TeamFactory, "venue": VenueFactory}
EXPECTED_LIST_QUERIES = {"league": 6, "season": 6, "team": 6, "venue": 7}
VENUE = {"name": "New Park", "city": "Here", "state": "", "country": "US", "timezone": "America/New_York"}


def page(model: str, name: str, *args: object) -> str:
    """Return the address of an admin page of the catalogue."""
    return reverse(f"admin:catalog_{model}_{name}", args=args)


@pytest.fixture
def chief(superuser: User, client: Client) -> Client:
    """Return a browser signed in as a superuser."""
    client.force_login(superuser)
    return client


class TestAccess:
    """S3-51: the catalogue is written by staff with the right to, in the admin."""

    @pytest.mark.django_db
    def test_lets_staff_write_with_the_right_to(self) -> None:
        client = staff_browser("view_venue", "add_venue", "change_venue")
        assert client.post(page("venue", "add"), VENUE).status_code == 302
        venue = Venue.objects.get(name="New Park")
        answer = save(client, page("venue", "change", venue.id), timezone="America/Phoenix")
        assert answer.status_code == 302
        venue.refresh_from_db()
        assert venue.timezone == "America/Phoenix"


class TestZoneOfAVenue:
    """Another zone is saved once staff have seen what it does to the events of the venue."""

    def test_is_saved_after_a_confirmation_that_shows_every_event(self, chief: Client) -> None:
        venue = VenueFactory(name="Old Park")
        games = [EventFactory(venue=venue, name=f"<b>Game {number}</b>") for number in range(3)]
        EventFactory(name="Elsewhere")
        address = page("venue", "change", venue.id)
        text = save(chief, address, timezone="America/Chicago").content.decode()
        for game in games:
            day = "Sunday, September 9, 2040"
            assert f"{escape(game.label)}: {day}, 1:00 PM EDT → {day}, 12:00 PM CDT" in text
        assert "Elsewhere" not in text
        venue.refresh_from_db()
        assert venue.timezone == "America/New_York"
        other = save(chief, address, timezone="America/Chicago", confirmed_timezone="America/Denver")
        assert other.status_code == 200, "another zone than the one that was shown"
        assert save(chief, address, timezone="America/Chicago", confirmed_timezone="America/Chicago").status_code == 302
        venue.refresh_from_db()
        assert venue.timezone == "America/Chicago"
        assert {event.starts_at for event in venue.events.all()} == {games[0].starts_at}

    def test_is_not_asked_about_for_other_fields(self, chief: Client) -> None:
        venue = EventFactory().venue
        assert save(chief, page("venue", "change", venue.id), city="Camden").status_code == 302

    @pytest.mark.parametrize("zone", ["America/Chicgo", "[]", "../etc/passwd", "Mars/City", ""])
    def test_is_refused_where_there_is_none(self, chief: Client, zone: str) -> None:
        venue = EventFactory(venue__timezone="America/New_York").venue
        assert save(chief, page("venue", "change", venue.id), timezone=zone).status_code == 200
        venue.refresh_from_db()
        assert venue.timezone == "America/New_York"

    @pytest.mark.parametrize("zone", ["EST", "UTC", "Etc/GMT+6"])
    def test_is_that_of_a_region(self, chief: Client, zone: str) -> None:
        venue = EventFactory().venue
        text = save(chief, page("venue", "change", venue.id), timezone=zone, confirmed_timezone=zone).content.decode()
        assert f"{zone} is not the time zone of a region. Did you mean" in text
        venue.refresh_from_db()
        assert venue.timezone == "America/New_York"


class TestForms:
    def errors_of(self, client: Client, model: str, data: dict[str, object]) -> str:
        answer = client.post(page(model, "add"), data)
        assert answer.status_code == 200
        return " ".join(chain.from_iterable(answer.context["adminform"].form.errors.values()))

    @pytest.mark.parametrize(
        ("zone", "hint"),
        [
            ("America/NewYork", "Did you mean America/New_York?"),
            ("america/chicago", "Did you mean America/Chicago?"),
            ("../etc/passwd", "Choose from: GET /api/v1/timezones/"),
        ],
    )
    def test_refuse_a_time_zone_that_does_not_exist(self, chief: Client, zone: str, hint: str) -> None:
        found = self.errors_of(chief, "venue", {**VENUE, "timezone": zone})
        assert found == f"{zone} is not an IANA time zone. {hint}"
        assert not Venue.objects.exists()

    def test_refuse_a_second_venue_of_one_name_in_a_city(self, chief: Client) -> None:
        VenueFactory(name="New Park", city="Here")
        again = {**VENUE, "name": "NEW PARK"}
        assert self.errors_of(chief, "venue", again) == "A venue with this name exists in this city."
        assert chief.post(page("venue", "add"), {**again, "city": "There"}).status_code == 302

    def test_refuse_a_second_league_season_or_team_of_one_name(self, chief: Client) -> None:
        league = LeagueFactory(code="NFL")
        SeasonFactory(league=league, name="2040")
        TeamFactory(league=league, name="Eagles")
        data = {"code": "nfl", "name": "Another", "category": "sport"}
        assert self.errors_of(chief, "league", data) == "A league with this code exists."
        data = {"league": league.id, "name": "2040"}
        assert self.errors_of(chief, "season", data) == "The league has a season with this name."
        data = {"league": league.id, "name": "EAGLES"}
        assert self.errors_of(chief, "team", data) == "The league has a team with this name."

    def test_add_a_new_kind_of_event(self, chief: Client) -> None:
        """S3-02: staff add a theatre series in the admin, without a code change."""
        data = {"code": "PLAYS", "name": "Plays", "category": "theatre"}
        assert chief.post(page("league", "add"), data).status_code == 302
        assert League.objects.get().category == "theatre"

    @pytest.mark.parametrize("model", ["league", "team", "venue"])
    def test_keep_what_events_refer_to(self, chief: Client, model: str) -> None:
        event = EventFactory()
        row = {"league": event.season.league, "team": event.home_team, "venue": event.venue}[model]
        answer = chief.post(page(model, "delete", row.id), {"post": "yes"})
        assert answer.status_code == 200
        assert answer.context["protected"]
        row.refresh_from_db()


class TestLists:
    @pytest.mark.parametrize("model", FACTORIES)
    def test_cost_the_same_at_any_length(
        self, chief: Client, model: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        FACTORIES[model].create_batch(2)
        chief.get(page(model, "changelist"))
        with django_assert_num_queries(EXPECTED_LIST_QUERIES[model]):
            chief.get(page(model, "changelist"))
        FACTORIES[model].create_batch(10)
        with django_assert_num_queries(EXPECTED_LIST_QUERIES[model]):
            chief.get(page(model, "changelist"))

    @pytest.mark.parametrize(
        ("model", "search", "found"),
        [
            ("league", "rugby", "Rugby Cup"),
            ("season", "RUG", "1823"),
            ("team", "wasps", "London Wasps"),
            ("venue", "coventry", "Ricoh Arena"),
        ],
    )
    def test_find_by_search(self, chief: Client, model: str, search: str, found: str) -> None:
        league = LeagueFactory(code="RUG", name="Rugby Cup")
        SeasonFactory(league=league, name="1823")
        venue = VenueFactory(name="Ricoh Arena", city="Coventry")
        TeamFactory(league=league, name="London Wasps", home_venue=venue)
        FACTORIES[model]()
        rows = chief.get(page(model, "changelist"), {"q": search}).context["cl"].queryset
        assert [row.name for row in rows] == [found]

    def test_filter_teams_by_league(self, chief: Client) -> None:
        team, _ = TeamFactory.create_batch(2)
        answer = chief.get(page("team", "changelist"), {"league__id__exact": str(team.league.id)})
        assert list(answer.context["cl"].queryset) == [team]
        assert Team.objects.count() == 2
