"""Home games that are not at the home venue: left out of a season, and listed with the seats that staff enter."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
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
from apps.listings.errors.listings import EventElsewhere
from apps.listings.models import Listing, Ticket
from apps.listings.services.lifecycle.moves import listing_move
from apps.notifications.models import OutboxMessage
from apps.season_tickets.admin.season_tickets import SeasonTicketResource
from apps.season_tickets.enums import SeasonTicketStatus, SeatNumbering
from apps.season_tickets.errors import (
    EventAtHome,
    SeasonTicketInUse,
    SeasonTicketNotVerified,
    SeasonTicketSeatClaimed,
    SeatsElsewhereEntered,
    SeatsOutOfOrder,
)
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services.decisions import season_ticket_end
from apps.season_tickets.services.season_tickets import seats_elsewhere_enter
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_member

pytestmark = pytest.mark.django_db
LISTINGS = "/api/v1/listings/"
__all__ = ["cases"]  # a fixture


@pytest.fixture
def home(season_ticket: SeasonTicket) -> Event:
    """A game at the home venue."""
    return home_game(season_ticket, starts_at=timezone.now() + timedelta(days=20))


@pytest.fixture
def away(season_ticket: SeasonTicket) -> Event:
    """A home game in São Paulo, before the other."""
    arena = VenueFactory(name="Arena Corinthians", city="São Paulo", timezone="America/Sao_Paulo")
    return home_game(season_ticket, starts_at=timezone.now() + timedelta(days=10), venue=arena)


def enter(block: SeasonTicket, event: Event, **changes: Any) -> SeasonTicket:
    """Enter section 12, row 3, seats 7 to 8."""
    seats = {"section": "12", "row": "3", "first_seat": 7, "last_seat": 8, "numbering": SeatNumbering.CONSECUTIVE}
    act = act_of(UserFactory(staff=True))
    return seats_elsewhere_enter(season_ticket_id=block.id, event_id=event.id, act=act, **{**seats, **changes})


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


class TestEntering:
    def test_is_a_verified_block_that_the_holder_hears_of(self, season_ticket: SeasonTicket, away: Event) -> None:
        block = enter(season_ticket, away, numbering="listed", first_seat=1, last_seat=2, listed_seats=["B", "A"])
        assert (block.elsewhere_of, block.event, block.venue) == (season_ticket, away, away.venue)
        assert SeasonTicket.objects.get(id=block.id).status == SeasonTicketStatus.VERIFIED
        assert OutboxMessage.objects.filter(topic__startswith="season_ticket.decided").exists()

    @pytest.mark.parametrize(
        ("section", "row", "first"),
        [("12", "3", 7), ("Sec 12", "Row 03", 8), ("12", "3.", 6), ("Section 12", "003", 8)],
    )
    def test_gives_a_seat_to_one_holder(
        self, season_ticket: SeasonTicket, away: Event, section: str, row: str, first: int
    ) -> None:
        """As printed and as it reads; the same words at home are another seat."""
        home = {"team": season_ticket.team, "season": season_ticket.season, "section": "12", "row": "3"}
        other = SeasonTicketFactory(**home, first_seat=7, last_seat=8)
        enter(season_ticket, away)
        with pytest.raises(SeasonTicketSeatClaimed):
            enter(other, away, section=section, row=row, first_seat=first, last_seat=first + 1)
        assert SeasonTicket.objects.filter(event=away).count() == 1, "nothing half-written"
        enter(other, away, first_seat=9, last_seat=10)

    def test_is_refused(self, season_ticket: SeasonTicket, home: Event, away: Event) -> None:
        with pytest.raises(EventAtHome):
            enter(season_ticket, home)
        with pytest.raises(EventAtHome):
            enter(season_ticket, home_game(SeasonTicketFactory(), venue=VenueFactory()))
        with pytest.raises(SeatsOutOfOrder):
            enter(season_ticket, away, first_seat=9)
        block = enter(season_ticket, away)
        with pytest.raises(SeatsElsewhereEntered):
            enter(season_ticket, away, row="4")
        with pytest.raises(EventAtHome):
            enter(block, away)
        SeasonTicket.objects.filter(id=season_ticket.id).update(status="ended")
        with pytest.raises(SeasonTicketNotVerified):
            enter(season_ticket, away, row="4")

    def test_ends_with_the_season_ticket(self, api: APIClient, season_ticket: SeasonTicket, away: Event) -> None:
        block = enter(season_ticket, away)
        listing = one(api, season_ticket, away, "7").data["id"]
        act = act_of(UserFactory())
        with pytest.raises(SeasonTicketInUse):
            season_ticket_end(season_ticket_id=season_ticket.id, act=act)
        Listing.objects.filter(id=listing).update(status="declined")
        season_ticket_end(season_ticket_id=season_ticket.id, act=act)
        assert SeasonTicket.objects.get(id=block.id).status == "ended"

    def test_holds_in_the_database(self, season_ticket: SeasonTicket, away: Event) -> None:
        """Such a block has all of it: whose it is, which game, and where."""
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, row="9", event=away)
        assert violated_constraint(error.value) == "seasonticket_elsewhere_is_whole"


class TestPage:
    @pytest.fixture
    def url(self, season_ticket: SeasonTicket) -> str:
        return reverse("admin:listings_seasonticket_enter_seats_elsewhere", args=[season_ticket.id])

    def test_enters_seats(
        self, client: Client, season_ticket: SeasonTicket, home: Event, away: Event, url: str
    ) -> None:
        client.force_login(staff_member("change_seasonticket", "view_seasonticket"))
        page = client.get(url).content.decode()
        assert "Arena Corinthians" in page
        assert str(home.id) not in page

        def sent(**changes: str) -> Any:
            seats = {"numbering": "consecutive", "section": "12", "row": "3", "first_seat": "7", "last_seat": "8"}
            return client.post(url, {"event": str(away.id), **seats, **changes})

        listed = {"numbering": "listed", "first_seat": "", "last_seat": ""}
        for changes, sentence in (
            ({"row": "Ж"}, "Latin letters"),
            ({"first_seat": "9"}, "must not be before the first"),
            ({"event": str(home.id)}, "Select a valid choice"),
            (listed, "This field is required."),
            ({**listed, "seats": "A, B; C"}, "no comma, semicolon"),
        ):
            assert sentence in sent(**changes).content.decode(), sentence
        assert SeasonTicket.objects.count() == 1, "nothing half-written"
        assert sent(**listed, seats="A, B").status_code == 302
        block = SeasonTicket.objects.get(elsewhere_of=season_ticket)
        assert (block.seats, block.event, block.status) == (["A", "B"], away, "verified")
        assert "End those first" in sent(section="13").content.decode()
        assert away.label in client.get(reverse("admin:listings_seasonticket_changelist")).content.decode()
        exported = SeasonTicketResource().export(SeasonTicket.objects.order_by("id")).dict
        assert [row["event"] for row in exported] == ["", away.label]

    @pytest.mark.parametrize("permission", ["view_seasonticket", "add_seasonticket", "change_listing"])
    def test_is_for_who_decides(self, client: Client, url: str, permission: str, away: Event) -> None:
        client.force_login(staff_member(permission))
        assert client.post(url, {"event": str(away.id)}).status_code == 403
