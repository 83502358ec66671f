"""The read API of the catalogue: who may do what, the JSON, the filters and the cost."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory, LeagueFactory, SeasonFactory, TeamFactory, VenueFactory
from apps.common.time import time_zone_names

KICK_OFF = datetime(2040, 9, 9, 17, tzinfo=UTC)
TABLES = ("leagues", "seasons", "teams", "venues", "events")
FACTORIES = {
    "leagues": LeagueFactory,
    "seasons": SeasonFactory,
    "teams": TeamFactory,
    "venues": VenueFactory,
    "events": EventFactory,
}


def names(client: APIClient, path: str, **params: Any) -> list[str]:
    """Return the names in the answer of a list, in order."""
    response = client.get(f"/api/v1/{path}/", params)
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["results"]]


def refused(client: APIClient, path: str, **params: Any) -> str:
    """Return the sentence of a refused filter value, which must be about the only parameter given."""
    response = client.get(f"/api/v1/{path}/", params)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["attr"] == next(iter(params))
    return str(error["detail"])


@pytest.mark.django_db
class TestJson:
    def test_has_a_game_with_its_start_in_utc_and_on_the_clock_of_its_venue(self, user_api: APIClient) -> None:
        event = EventFactory(
            starts_at=KICK_OFF, additional_info="Preseason", stubhub_event_url="https://stubhub.example/event/1"
        )
        home, away, venue = event.home_team, event.away_team, event.venue
        assert user_api.get(f"/api/v1/events/{event.id}/").json() == {
            "id": str(event.id),
            "name": event.name,
            "label": f"{event.name} (Preseason)",
            "league": event.season.league.code,
            "season": {"id": str(event.season.id), "name": event.season.name},
            "home_team": {"id": str(home.id), "name": home.name, "abbreviation": home.abbreviation},
            "away_team": {"id": str(away.id), "name": away.name, "abbreviation": away.abbreviation},
            "venue": {
                "id": str(venue.id),
                "name": venue.name,
                "city": "Philadelphia",
                "state": "PA",
                "country": "US",
                "timezone": "America/New_York",
            },
            "starts_at": "2040-09-09T17:00:00Z",
            "starts_at_local": "2040-09-09T13:00:00-04:00",
            "time_tbd": False,
            "date_tbd": False,
            "status": "scheduled",
            "additional_info": "Preseason",
            "stubhub_event_url": "https://stubhub.example/event/1",
        }

    @pytest.mark.parametrize(
        ("starts_at", "local"),
        [
            (datetime(2040, 11, 4, 5, 30, tzinfo=UTC), "2040-11-04T01:30:00-04:00"),
            (datetime(2040, 11, 4, 6, 30, tzinfo=UTC), "2040-11-04T01:30:00-05:00"),
        ],
    )
    def test_distinguishes_the_two_equal_clock_times_of_the_autumn_night(
        self, user_api: APIClient, starts_at: datetime, local: str
    ) -> None:
        event = EventFactory(starts_at=starts_at)
        assert user_api.get(f"/api/v1/events/{event.id}/").json()["starts_at_local"] == local

    def test_serves_a_concert_without_teams_like_any_event(self, user_api: APIClient) -> None:
        """S3-02: a kind of event that the code has never heard of is listed by the API."""
        season = SeasonFactory(league__code="TOUR", league__category="concert")
        EventFactory(season=season, home_team=None, away_team=None, venue=VenueFactory(), name="An Evening of Songs")
        [event] = user_api.get("/api/v1/events/", {"league": "tour"}).json()["results"]
        assert (event["name"], event["home_team"], event["away_team"]) == ("An Evening of Songs", None, None)
        [league] = user_api.get("/api/v1/leagues/", {"search": "concert"}).json()["results"]
        assert (league["code"], league["category"]) == ("TOUR", "concert")

    def test_has_league_season_and_team(self, user_api: APIClient) -> None:
        team = TeamFactory(league__code="NFL")
        season = SeasonFactory(league=team.league, name="2040")
        [league] = user_api.get("/api/v1/leagues/").json()["results"]
        assert league == {"id": str(team.league.id), "code": "NFL", "name": "League NFL", "category": "sport"}
        [answer] = user_api.get("/api/v1/seasons/").json()["results"]
        assert answer == {"id": str(season.id), "league": "NFL", "name": "2040"}
        [answer] = user_api.get("/api/v1/teams/").json()["results"]
        assert answer.pop("home_venue") == user_api.get("/api/v1/venues/").json()["results"][0]
        assert answer == {
            "id": str(team.id),
            "league": "NFL",
            "name": team.name,
            "abbreviation": team.abbreviation,
            "city": "Philadelphia",
        }


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_read_by_everybody_signed_in(user_api: APIClient, table: str) -> None:
    """S3-49, S3-51."""
    assert user_api.get(f"/api/v1/{table}/{FACTORIES[table]().id}/").status_code == 200


@pytest.mark.django_db
class TestCost:
    @pytest.mark.parametrize("table", TABLES)
    def test_of_a_list_is_one_query_at_any_length(
        self, user_api: APIClient, table: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for expected in (3, 30):
            FACTORIES[table].create_batch(expected - 3 or 3)
            with django_assert_num_queries(1):
                assert len(user_api.get(f"/api/v1/{table}/", {"page_size": 100}).json()["results"]) == expected

    def test_of_every_filter_by_reference_is_one_query_more(
        self, user_api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        event = EventFactory()
        params = {
            "league": event.season.league.code,
            "season": str(event.season.id),
            "team": str(event.home_team.id),
            "venue": str(event.venue.id),
        }
        for name, value in params.items():
            with django_assert_num_queries(2):
                assert names(user_api, "events", **{name: value}) == [event.name]
        with django_assert_num_queries(5):
            assert names(user_api, "events", **params) == [event.name]


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize("table", TABLES)
    def test_follow_each_other_without_gap_or_repeat(self, user_api: APIClient, table: str) -> None:
        rows = FACTORIES[table].create_batch(7)
        if table == "events":  # all at one time: only the id distinguishes them
            assert len({row.starts_at for row in rows}) == 1
        found, url = [], f"/api/v1/{table}/?page_size=2"
        while url:
            page = user_api.get(url).json()
            found += [row["id"] for row in page["results"]]
            url = page["next"]
        assert len(found) == 7
        assert set(found) == {str(row.id) for row in rows}

    @pytest.mark.parametrize(
        ("table", "field", "stored", "expected"),
        [
            ("leagues", "code", ["NHL", "MLB", "NFL"], ["MLB", "NFL", "NHL"]),
            ("seasons", "name", ["2039", "2041", "2040"], ["2041", "2040", "2039"]),
            ("teams", "name", ["Crew", "Ambers", "Bats"], ["Ambers", "Bats", "Crew"]),
            ("venues", "name", ["Crew", "Ambers", "Bats"], ["Ambers", "Bats", "Crew"]),
        ],
    )
    def test_come_in_order(
        self, user_api: APIClient, table: str, field: str, stored: list[str], expected: list[str]
    ) -> None:
        for value in stored:
            FACTORIES[table](**{field: value})
        assert [row[field] for row in user_api.get(f"/api/v1/{table}/").json()["results"]] == expected

    @pytest.mark.parametrize(
        ("table", "position"),
        [("events", "p=tomorrow"), ("events", "p=2040-01-01T00:00:00-23:59"), ("venues", "p=\0"), ("venues", "o=x")],
    )
    def test_are_404_when_the_cursor_is_forged(self, user_api: APIClient, table: str, position: str) -> None:
        cursor = b64encode(position.encode()).decode()
        response = user_api.get(f"/api/v1/{table}/", {"cursor": cursor})
        assert response.status_code == 404
        assert response.json()["errors"][0]["detail"] == "Invalid cursor"

    def test_of_events_start_with_the_earliest(self, user_api: APIClient) -> None:
        for days in (2, 0, 1):
            EventFactory(name=f"day {days}", starts_at=KICK_OFF + timedelta(days=days))
        assert names(user_api, "events") == ["day 0", "day 1", "day 2"]


@pytest.mark.django_db
class TestEventFilters:
    @pytest.fixture
    def wanted(self) -> Event:
        season = SeasonFactory(name="2040", league__code="NFL")
        eagles = TeamFactory(name="Philadelphia Eagles", league=season.league, home_venue__name="Lincoln Field")
        cowboys = TeamFactory(name="Dallas Cowboys", league=season.league)
        return EventFactory(name="Wanted", season=season, home_team=eagles, away_team=cowboys, starts_at=KICK_OFF)

    @pytest.fixture(autouse=True)
    def other(self, wanted: Event) -> Event:
        later = KICK_OFF + timedelta(days=30)
        return EventFactory(name="Other", season__league__code="NHL", starts_at=later, status="postponed")

    @pytest.mark.parametrize(
        ("name", "value_of"),
        [
            ("league", lambda event: "nfl"),
            ("league", lambda event: "NFL"),
            ("season", lambda event: event.season.id),
            ("season", lambda event: "2040"),
            ("team", lambda event: event.home_team.id),
            ("team", lambda event: event.away_team.id),
            ("venue", lambda event: event.venue.id),
            ("status", lambda event: "scheduled"),
            ("starts_before", lambda event: "2040-09-10"),
            ("starts_before", lambda event: "2040-09-09T13:00:01-04:00"),
            ("search", lambda event: "WANT"),
            ("search", lambda event: "eagles"),
            ("search", lambda event: "cowboys eagles"),
            ("search", lambda event: "lincoln"),
        ],
    )
    def test_keep_what_was_asked_for_and_drop_the_rest(
        self, user_api: APIClient, wanted: Event, name: str, value_of: Callable[[Event], str]
    ) -> None:
        assert names(user_api, "events") == ["Wanted", "Other"]
        assert names(user_api, "events", **{name: value_of(wanted)}) == ["Wanted"]

    def test_of_a_team_find_home_and_away_games(self, user_api: APIClient, wanted: Event) -> None:
        EventFactory(name="Return", season=wanted.season, home_team=wanted.away_team, away_team=wanted.home_team)
        assert names(user_api, "events", team=wanted.home_team.id) == ["Wanted", "Return"]

    def test_of_a_season_name_find_it_in_every_league(self, user_api: APIClient, wanted: Event) -> None:
        EventFactory(name="Namesake", season__name="2040", season__league__code="MLB")
        assert names(user_api, "events", season="2040") == ["Wanted", "Namesake"]
        assert names(user_api, "events", season="2040", league="mlb") == ["Namesake"]

    def test_of_time_include_the_start_and_exclude_the_end(self, user_api: APIClient) -> None:
        start = KICK_OFF.isoformat()
        assert names(user_api, "events", starts_after=start) == ["Wanted", "Other"]
        assert names(user_api, "events", starts_after="2040-09-09T17:00:01Z") == ["Other"]
        assert names(user_api, "events", starts_before=start) == []
        ever = {"starts_after": "0001-01-01", "starts_before": "9999-12-31T00:00:00+23:59"}
        assert names(user_api, "events", **ever) == ["Wanted", "Other"]

    def test_that_match_nothing_give_an_empty_list(self, user_api: APIClient, wanted: Event, other: Event) -> None:
        assert names(user_api, "events", search="eagles hockey") == []
        assert names(user_api, "events", team=wanted.home_team.id, league="NHL") == []

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("league", "XFL", "There is no league XFL."),
            ("league", "N\x00L", "Null characters are not allowed."),
            ("season", "1899", "There is no season 1899."),
            ("season", "00000000-0000-0000-0000-000000000000", "There is no season 00000000-"),
            ("season", "20\x0040", "Null characters are not allowed."),
            ("team", "Eagles", "This is not an id. Look it up: GET /api/v1/teams/?search=Eagles"),
            ("team", "00000000-0000-0000-0000-000000000000", "There is no team 00000000-"),
            ("venue", "00000000-0000-0000-0000-000000000000", "There is no venue 00000000-"),
            ("status", "played", '"played" is not known. Choose from: scheduled, '),
            ("starts_after", "tomorrow", "Enter a valid date/time."),
            ("starts_before", "2040-02-30", "Enter a valid date/time."),
            ("starts_before", "9999-12-31T23:59:59-23:59", "Enter a valid date/time."),
            ("search", "x" * 101, "Ensure this value has at most 100 characters (it has 101)."),
            ("search", "\x00", "Null characters are not allowed."),
        ],
    )
    def test_refuse_a_value_that_means_nothing(self, user_api: APIClient, name: str, value: str, sentence: str) -> None:
        assert refused(user_api, "events", **{name: value}).startswith(sentence)


@pytest.mark.django_db
class TestReferenceFilters:
    @pytest.mark.parametrize(
        ("table", "params", "expected"),
        [
            ("leagues", {"search": "football"}, ["National Football League"]),
            ("leagues", {"search": "nhl"}, ["National Hockey League"]),
            ("seasons", {"league": "nfl"}, ["2040"]),
            ("seasons", {"search": "-41"}, ["2040-41"]),
            ("teams", {"league": "NFL"}, ["Philadelphia Eagles"]),
            ("teams", {"search": "phl"}, ["Philadelphia Flyers"]),
            ("venues", {"search": "seattle"}, ["Lumen Field"]),
        ],
    )
    def test_keep_what_was_asked_for_and_drop_the_rest(
        self, user_api: APIClient, table: str, params: dict[str, str], expected: list[str]
    ) -> None:
        nfl = LeagueFactory(code="NFL", name="National Football League")
        nhl = LeagueFactory(code="NHL", name="National Hockey League")
        SeasonFactory(league=nfl, name="2040")
        SeasonFactory(league=nhl, name="2040-41")
        TeamFactory(league=nfl, name="Philadelphia Eagles", abbreviation="PHI")
        TeamFactory(league=nhl, name="Philadelphia Flyers", abbreviation="PHL")
        VenueFactory(name="Lumen Field", city="Seattle")
        assert len(names(user_api, table)) > 1
        assert names(user_api, table, **params) == expected

    def test_find_teams_by_home_venue(self, user_api: APIClient) -> None:
        team, _ = TeamFactory.create_batch(2)
        assert names(user_api, "teams", venue=team.home_venue.id) == [team.name]

    @pytest.mark.parametrize("table", ["seasons", "teams"])
    def test_refuse_an_unknown_league(self, user_api: APIClient, table: str) -> None:
        assert refused(user_api, table, league="XFL").startswith("There is no league XFL. ")


class TestTimeZones:
    def test_are_public_complete_and_cacheable(self) -> None:
        response = APIClient().get("/api/v1/timezones/")
        assert response.status_code == 200
        assert response.json() == sorted(time_zone_names())
        assert "America/New_York" in response.json()
        assert response["Cache-Control"] == "public, max-age=86400"
