"""Blocks of seats with names, A to D or 1, 3 and 7: from the registration to the sale."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction
from rest_framework.test import APIClient

from apps.common.testing.acts import act_of
from apps.common.testing.clients import api_of
from apps.common.text import seats_named
from apps.listing_files.tests.test_upload import problems, rows, upload
from apps.listings.errors.sales import SplitNotAllowed
from apps.listings.models import Listing, Ticket
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.testing.stories import on_sale
from apps.orders.models import Sale
from apps.orders.testing.stories import NOW, record
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services.decisions import season_ticket_verify
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.factories import UserFactory

URL = "/api/v1/season-tickets/"
pytestmark = pytest.mark.django_db


def listed(*names: str, **fields: Any) -> SeasonTicket:
    """Return a verified block of seats with names."""
    return SeasonTicketFactory(numbering="listed", listed_seats=list(names), last_seat=len(names), **fields)


def body(block: SeasonTicket, **changes: Any) -> dict[str, Any]:
    sent = {"team": str(block.team_id), "season": str(block.season_id), "section": "205", "row": "C"}
    return {**sent, "numbering": "listed", "seats": ["A", "B", "C", "D"], **changes}


@pytest.fixture
def block() -> SeasonTicket:
    return listed("A", "B", "C", "D")


@pytest.fixture
def api(block: SeasonTicket) -> APIClient:
    return api_of(block.holder.user)


class TestRegistering:
    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            (["A", "B"], ["A", "B"]), (["1", "3", "7"], ["1", "3", "7"]), ([" a ", "b."], ["A", "B."]),
            (["D", "C", "A"], ["D", "C", "A"]), (["W-1", "W-2"], ["W-1", "W-2"]), (["\uff21"], ["A"]),
            (["1", "A", "2"], ["1", "A", "2"]), (["01", "02"], ["01", "02"]),
        ],
    )  # fmt: skip
    def test_keeps_the_names_and_their_order(
        self, api: APIClient, block: SeasonTicket, sent: list[str], stored: list[str]
    ) -> None:
        answer = api.post(URL, body(block, seats=sent))
        assert answer.status_code == 201, answer.data
        shown = {name: answer.data[name] for name in ("numbering", "seats", "quantity", "first_seat", "last_seat")}
        assert shown == {
            "numbering": "listed", "seats": stored, "quantity": len(stored), "first_seat": None, "last_seat": None,
        }  # fmt: skip
        assert api.get(f"{URL}{answer.data['id']}/").data["seats"] == stored

    @pytest.mark.parametrize(
        ("changes", "attrs"),
        [
            ({"seats": []}, ["seats"]), ({"seats": ["A", ""]}, ["seats.1"]), ({"seats": ["\u0410"]}, ["seats.0"]),
            ({"seats": ["A,B"]}, ["seats.0"]), ({"seats": ["A;B"]}, ["seats.0"]), ({"seats": ["A", "|"]}, ["seats.1"]),
            ({"seats": ["A to B"]}, ["seats.0"]), ({"seats": ["A", "B", "a"]}, ["seats.2"]),
            ({"seats": ["A", "A."]}, ["seats.1"]), ({"seats": ["1", "01"]}, ["seats.1"]),
            ({"seats": ["O", "0"]}, ["seats.1"]), ({"seats": [str(n) for n in range(101)]}, ["seats"]),
            ({"seats": "A"}, ["seats"]), ({"seats": ["x" * 31]}, ["seats.0"]),
            ({"first_seat": 1}, ["first_seat"]), ({"quantity": 2, "last_seat": 2}, ["last_seat", "quantity"]),
            ({"numbering": "consecutive", "first_seat": 1, "last_seat": 2}, ["seats"]),
            ({"numbering": "general_admission", "quantity": 2}, ["seats"]),
        ],
    )  # fmt: skip
    def test_names_what_does_not_fit(
        self, api: APIClient, block: SeasonTicket, changes: dict[str, Any], attrs: list[str]
    ) -> None:
        answer = api.post(URL, body(block, **changes))
        assert (answer.status_code, sorted(error["attr"] for error in answer.data["errors"])) == (400, attrs)
        assert SeasonTicket.objects.count() == 1

    def test_needs_seats(self, api: APIClient, block: SeasonTicket) -> None:
        sent = body(block)
        del sent["seats"]
        [error] = api.post(URL, sent).data["errors"]
        assert (error["attr"], error["code"]) == ("seats", "required")

    def test_of_the_same_row_twice_is_refused_by_seat(self, api: APIClient, block: SeasonTicket) -> None:
        """Two blocks of a row may have as many seats, but not one twice; numbers are names too."""
        assert api.post(URL, body(block, seats=["A", "B"])).status_code == 201
        assert api.post(URL, body(block, seats=["1", "2"])).status_code == 201
        again = api.post(URL, body(block, seats=["C", "B"]))
        assert (again.status_code, again.data["errors"][0]["attr"]) == (409, "seats")
        assert again.data["errors"][0]["detail"] == "You have already registered seat B."
        numbered = {"numbering": "consecutive", "first_seat": 2, "last_seat": 3}
        sent = {name: value for name, value in body(block, **numbered).items() if name != "seats"}
        assert api.post(URL, sent).status_code == 409

    @pytest.mark.parametrize("names", [["A"], [], ["A", "B", "C"]])
    def test_has_as_many_names_as_seats_in_the_database(self, names: list[str]) -> None:
        with pytest.raises(IntegrityError, match="seasonticket_seats_are_listed"), transaction.atomic():
            SeasonTicketFactory(numbering="listed", listed_seats=names, last_seat=2)

    def test_never_changes(self, block: SeasonTicket) -> None:
        with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
            SeasonTicket.objects.filter(id=block.id).update(listed_seats=["A", "B", "C", "E"])


class TestListing:
    def test_takes_names_and_positions(self, api: APIClient, block: SeasonTicket) -> None:
        offer = {"season_ticket": block.id, "event": home_game(block).id, "seats": ["c", "B"], "price": "90.00"}
        answer = api.post("/api/v1/listings/", offer)
        assert (answer.status_code, answer.data["seats"]) == (201, ["B", "C"])
        assert list(Ticket.objects.values_list("seat", "position")) == [("B", 1), ("C", 2)]
        wrong = api.post("/api/v1/listings/", {**offer, "seats": ["E"]})
        assert wrong.data["errors"][0]["detail"] == "Seat E is not in the season ticket (seats A, B, C, D)."

    def test_of_a_season_leaves_withheld_ones_out(self, api: APIClient, block: SeasonTicket) -> None:
        games = [home_game(block), home_game(block)]
        kept = api.post(f"{URL}{block.id}/withhold/", {"events": [str(games[0].id)], "seats": ["d"]})
        assert kept.data["withheld"][0]["seats"] == ["D"]
        made = api.post(f"{URL}{block.id}/listings/", {"events": "all", "price": {"default": "50.00"}})
        assert made.status_code == 201, made.data
        assert [row["seats"] for row in made.data["listings"]] == [["A", "B", "C"], ["A", "B", "C", "D"]]
        free = api.get(f"{URL}{block.id}/availability/").data
        assert (free["seats"], [game["withheld"] for game in free["games"]]) == (["A", "B", "C", "D"], [["D"], []])

    @pytest.mark.parametrize("names", [["A", "B", "C", "D"], ["1", "3", "7", "4"], ["10", "9", "8", "7"]])
    def test_of_the_four_has_quantities_of_one_run(self, names: list[str]) -> None:
        """Neighbours are those next to each other in the list, whatever their numbers."""
        listing = on_sale(block=listed(*names), terms=ListingTerms(split_rule=SplitRule.PAIRS))
        shown = api_of(listing.holder.user).get(f"/api/v1/listings/{listing.id}/").data
        assert (shown["seats"], shown["allowed_quantities"]) == (names, [2, 4])
        assert [sale.ticket.seat for sale in record(listing, quantity=2)] == names[:2]

    def test_of_the_ends_has_two_runs(self) -> None:
        listing = on_sale("A", "D", block=listed("A", "B", "C", "D"))
        with pytest.raises(SplitNotAllowed, match="not neighbours"):
            record(listing, "A", "D")
        assert [sale.ticket.seat for sale in record(listing, "D")] == ["D"]


class TestCsv:
    @pytest.mark.parametrize(
        ("cell", "seats"),
        [
            ("A to C", "A B C"), ("a-c", "A B C"), ("B..D", "B C D"), ("A|D", "A D"), ("d", "D"), ("", "A B C D"),
            ("A to B|D", "A B D"), ("B TO C", "B C"),
        ],
    )  # fmt: skip
    def test_names_seats_and_ranges(self, block: SeasonTicket, cell: str, seats: str) -> None:
        upload(block.holder, rows(block, f"{home_game(block).id},{cell},100"))
        assert list(Ticket.objects.values_list("seat", flat=True)) == seats.split()

    @pytest.mark.parametrize(
        ("names", "cell", "seats"),
        [
            (["W-1", "W-2", "W"], "W-1", "W-1"), (["W-1", "W-2", "W"], "W-1 to W", "W-1 W-2 W"),
            (["1", "3", "7"], "1 to 7", "1 3 7"), (["9", "8", "7"], "9-8", "9 8"), (["01", "1A"], "01", "01"),
            (["1", "3"], "01", "1"), (["4-JAN", "B"], "B", "B"),
        ],
    )  # fmt: skip
    def test_reads_in_the_order_of_the_block(self, names: list[str], cell: str, seats: str) -> None:
        """A name that looks like a range is a name."""
        block = listed(*names)
        upload(block.holder, rows(block, f"{home_game(block).id},{cell},100"))
        assert list(Ticket.objects.values_list("seat", flat=True)) == seats.split()

    @pytest.mark.parametrize("cell", ["E", "A to E", "C to A", "A|A", "A to B|B", "1", "A-", "A to"])
    def test_refuses_what_the_block_has_not(self, block: SeasonTicket, cell: str) -> None:
        found = problems(block.holder, rows(block, f"{home_game(block).id},{cell},100"))
        assert found == [(2, "seats", "seat_not_in_block")]

    def test_comes_back_as_it_was_downloaded(self, api: APIClient, block: SeasonTicket) -> None:
        for seats in (["A", "B", "C"], ["A", "D"], ["B"]):
            on_sale(*seats, block=block)
        text = b"".join(api.get("/api/v1/listings/csv/")).decode()  # type: ignore[call-overload]  # a stream
        assert [line for line in ("A to C", "A|D", ",B,") if line not in text] == []
        assert {error[2] for error in problems(block.holder, text)} == {"seat_already_listed"}


class TestAfterwards:
    def test_says_the_names_everywhere(self, block: SeasonTicket) -> None:
        listing = on_sale(block=block)
        record(listing, "A", "B")
        mine = api_of(block.holder.user)
        assert [row["seat"] for row in mine.get("/api/v1/sales/").data["results"]] == ["B", "A"]
        assert {row["seat"] for row in mine.get("/api/v1/tickets/").data["results"]} == {"A", "B", "C", "D"}
        assert str(block) == f"{block.team} {block.season.name}: section 101 row A seats A, B, C and D"
        assert seats_named(block.seats) == "seats A, B, C and D"
        assert Sale.objects.count() == 2
        assert Listing.objects.get().status == "listed"

    def test_is_verified_once_by_seat(self, block: SeasonTicket) -> None:
        """Of another holder's block of the same row, only the seats in common count."""
        beside = {"team": block.team, "season": block.season, "status": "pending"}
        clash, free = listed("D", "E", **beside), listed("F", "G", **beside)
        actor = UserFactory(staff=True)
        season_ticket_verify(season_ticket_id=free.id, act=act_of(actor, now=datetime.now(tz=NOW.tzinfo)))
        with pytest.raises(Exception, match=r"Another verified season ticket has .* seat D: "):
            season_ticket_verify(season_ticket_id=clash.id, act=act_of(actor, now=datetime.now(tz=NOW.tzinfo)))


@pytest.mark.parametrize(
    ("numbering", "seats"), [("odd_even", "seats 1, 3, 5 and 7"), ("general_admission", "7 places")]
)
def test_a_title_names_the_seats_that_there_are(numbering: str, seats: str) -> None:
    block = SeasonTicketFactory(numbering=numbering, first_seat=1, last_seat=7)
    assert str(block).endswith(f": section 101 row A {seats}")
