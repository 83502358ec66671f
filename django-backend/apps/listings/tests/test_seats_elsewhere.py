"""Home games that are not at the home venue: left out of a season, and listed with the seats that staff enter."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from apps.catalog.models import Event, Team
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.testing.factories import VenueFactory
from apps.catalog.testing.stories import skybox_export
from apps.catalog.tests.test_feed_cases import cases, rows_of
from apps.common.database import violated_constraint
from apps.common.testing.acts import act_of
from apps.listings.enums import ListingMove
from apps.listings.errors.listings import EventElsewhere, SeasonTicketInUse
from apps.listings.models import Listing, Ticket
from apps.listings.services.lifecycle.moves import listing_move
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services.decisions import season_ticket_end
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.tests.test_seats_elsewhere import away, enter, home
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
LISTINGS = "/api/v1/listings/"

__all__ = ["away", "cases", "home"]  # fixtures


def season(api: APIClient, block: SeasonTicket, events: Any, **changes: Any) -> Any:
    body = {"events": events, "price": {"default": "100.00"}, **changes}
    return api.post(f"/api/v1/season-tickets/{block.id}/listings/", body)


def one(api: APIClient, block: SeasonTicket, event: Event, *seats: str) -> Any:
    body = {"season_ticket": str(block.id), "event": str(event.id), "seats": list(seats), "price": "100.00"}
    return api.post(LISTINGS, body)


def error_codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.data["errors"]]


def places() -> set[tuple[str, str, str]]:
    return set(Ticket.objects.values_list("section", "row", "seat"))


class TestSeason:
    """A whole season leaves such games out, and says so."""

    @pytest.mark.parametrize("entered", [True, False])
    def test_leaves_them_out_and_names_them(
        self, api: APIClient, season_ticket: SeasonTicket, home: Event, away: Event, entered: bool
    ) -> None:
        """With seats entered too: another stadium has other prices."""
        if entered:
            enter(season_ticket, away)
        answer = season(api, season_ticket, "all")
        assert answer.status_code == 201, answer.data
        assert [listing["event"] for listing in answer.data["listings"]] == [str(home.id)]
        assert answer.data["elsewhere"] == [
            {"event": str(away.id), "label": away.label, "venue": "Arena Corinthians, São Paulo"}
        ]
        assert {place[0] for place in places()} == {"101"}

    @pytest.mark.parametrize("home_venue", ["none", "moved"])
    def test_follows_the_home_venue_of_the_team(
        self, api: APIClient, season_ticket: SeasonTicket, home: Event, away: Event, home_venue: str
    ) -> None:
        """Without one nothing is left out; corrected, it counts at once."""
        venue = away.venue if home_venue == "moved" else None
        Team.objects.filter(id=season_ticket.team_id).update(home_venue=venue)
        answer = season(api, season_ticket, "all")
        left_out = [str(home.id)] if home_venue == "moved" else []
        assert [game["event"] for game in answer.data["elsewhere"]] == left_out
        assert len(answer.data["listings"]) == 2 - len(left_out)

    def test_of_nothing_but_such_games_has_nothing_to_list(
        self, api: APIClient, season_ticket: SeasonTicket, away: Event
    ) -> None:
        assert season(api, season_ticket, "all").status_code == 400

    def test_by_id_is_refused_until_seats_are_entered(
        self, api: APIClient, season_ticket: SeasonTicket, home: Event, away: Event
    ) -> None:
        ids = [str(home.id), str(away.id)]
        answer = season(api, season_ticket, ids)
        assert (answer.status_code, error_codes(answer)) == (400, ["other_venue"])
        assert answer.data["errors"][0]["attr"] == "events.1"
        assert not Listing.objects.exists()
        enter(season_ticket, away)
        answer = season(api, season_ticket, ids)
        assert (answer.status_code, answer.data["elsewhere"]) == (201, [])
        assert places() == {("101", "A", seat) for seat in "1234"} | {("12", "3", "7"), ("12", "3", "8")}
        again = season(api, season_ticket, [str(away.id)])
        assert "section 12, row 3, seats 7 and 8" in again.data["errors"][0]["detail"]

    def test_names_seats_that_are_not_those_of_the_game(
        self, api: APIClient, season_ticket: SeasonTicket, away: Event
    ) -> None:
        enter(season_ticket, away)
        answer = season(api, season_ticket, [str(away.id)], seats=["1", "7"])
        assert [error["detail"] for error in answer.data["errors"]] == [
            "Seat 1 is not in the season ticket (seats 7 to 8)."
        ]


def test_plain_sql_puts_seats_elsewhere_at_no_other_game(
    api: APIClient, season_ticket: SeasonTicket, home: Event, away: Event
) -> None:
    block = enter(season_ticket, away)
    assert one(api, season_ticket, home, "1").status_code == 201
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Listing.objects.update(season_ticket=block)
    assert violated_constraint(error.value) == "listing_is_home_game"


def test_case_of_a_home_game_abroad(api: APIClient, season_ticket: SeasonTicket, cases: Path) -> None:
    """The Chargers in São Paulo, by the teams and venues that the product ships."""
    reference_data_load()
    skybox_events_import(file=skybox_export(*rows_of(cases, "home_game_abroad")), league_code="NFL", season_name="2027")
    abroad, denver = Event.objects.filter(season__name="2027").order_by("starts_at")
    block = SeasonTicketFactory(holder=season_ticket.holder, team=denver.home_team, season=denver.season)
    answer = season(api, block, "all")
    assert [listing["event"] for listing in answer.data["listings"]] == [str(denver.id)]
    assert [game["venue"] for game in answer.data["elsewhere"]] == ["Arena Corinthians, Sao Paulo"]
    assert error_codes(one(api, block, abroad, "1")) == ["other_venue"]
    enter(block, abroad)
    assert one(api, block, abroad, "7").data["section"] == "12"


class TestOneGame:
    """Every other way of listing asks the same."""

    def test_is_refused_until_seats_are_entered(self, api: APIClient, season_ticket: SeasonTicket, away: Event) -> None:
        answer = one(api, season_ticket, away, "1")
        assert (answer.status_code, error_codes(answer)) == (409, ["other_venue"])
        assert "Arena Corinthians, São Paulo" in answer.data["errors"][0]["detail"]
        block = enter(season_ticket, away)
        assert one(api, season_ticket, away, "1").status_code == 400, "no seat of that building"
        assert one(api, season_ticket, away, "7").data["section"] == "12"
        assert one(api, block, away, "8").status_code == 201, "by the seats' own season ticket, too"
        assert set(Listing.objects.values_list("season_ticket", flat=True)) == {block.id}

    def test_seats_entered_are_for_that_game_at_that_venue(
        self, api: APIClient, season_ticket: SeasonTicket, home: Event, away: Event
    ) -> None:
        block = enter(season_ticket, away)
        answers = [one(api, block, home, "7"), season(api, block, [str(home.id)])]
        assert [error_codes(answer) for answer in answers] == [
            ["event_not_of_season_ticket"], ["season_listing_refused"],
        ]  # fmt: skip
        Event.objects.filter(id=away.id).update(venue=VenueFactory(name="Maracanã"))
        for asked in (season_ticket, block):
            assert error_codes(one(api, asked, away, "7")) == ["other_venue"]
        Event.objects.filter(id=away.id).update(venue=home.venue)
        assert error_codes(one(api, block, away, "7")) == ["other_venue"]
        assert one(api, season_ticket, away, "1").data["section"] == "101"

    def test_is_not_relisted_where_the_seats_are_not(
        self, api: APIClient, season_ticket: SeasonTicket, home: Event
    ) -> None:
        listing = Listing.objects.get(id=one(api, season_ticket, home, "1").data["id"])
        listing_move(listing_id=listing.id, move=ListingMove.WITHDRAW, act=act_of())
        Event.objects.filter(id=home.id).update(venue=VenueFactory())
        with pytest.raises(EventElsewhere):
            listing_move(listing_id=listing.id, move=ListingMove.RELIST, act=act_of())
        Event.objects.filter(id=home.id).update(venue=season_ticket.team.home_venue)
        assert listing_move(listing_id=listing.id, move=ListingMove.RELIST, act=act_of()).status == "pending"


class TestOwnUse:
    def test_availability_and_withholding_agree(
        self, api: APIClient, season_ticket: SeasonTicket, home: Event, away: Event
    ) -> None:
        url = f"/api/v1/season-tickets/{season_ticket.id}/"

        def games() -> list[tuple[str | None, list[str], list[str]]]:
            found = api.get(f"{url}availability/").data["games"]
            return [(game["season_ticket"], game["free"], game["withheld"]) for game in found]

        mine = str(season_ticket.id)
        assert games() == [(None, [], []), (mine, ["1", "2", "3", "4"], [])]
        answer = api.post(f"{url}withhold/", {"events": [str(away.id)], "seats": ["1"]})
        assert error_codes(answer) == ["other_venue"]
        block = enter(season_ticket, away)
        assert api.post(f"{url}withhold/", {"events": "all", "seats": ["1"]}).data["count"] == 1
        own = f"/api/v1/season-tickets/{block.id}/withhold/"
        assert api.post(own, {"events": "all", "seats": ["7"]}).data["count"] == 1
        assert games() == [(str(block.id), ["8"], ["7"]), (mine, ["2", "3", "4"], ["1"])]
        assert one(api, season_ticket, away, "7").status_code == 409
        answer = season(api, season_ticket, [str(away.id)])
        assert places() == {("12", "3", "8")}, answer.data
        assert [game["event"] for game in api.get(own.replace("withhold", "availability")).data["games"]] == [
            str(away.id)
        ]


class TestEnd:
    def test_ends_with_the_season_ticket(self, api: APIClient, season_ticket: SeasonTicket, away: Event) -> None:
        block = enter(season_ticket, away)
        listing = one(api, season_ticket, away, "7").data["id"]
        act = act_of(UserFactory())
        with pytest.raises(SeasonTicketInUse):
            season_ticket_end(season_ticket_id=season_ticket.id, act=act)
        Listing.objects.filter(id=listing).update(status="declined")
        season_ticket_end(season_ticket_id=season_ticket.id, act=act)
        assert SeasonTicket.objects.get(id=block.id).status == "ended"
