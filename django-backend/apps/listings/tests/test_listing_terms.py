"""The terms of a listing over the API, for one game and for a season: kept when they go together, named when not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.clients import api_of
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings.models import Listing
from apps.listings.tests.test_listing_views import URL, body
from apps.listings.tests.test_season_listing import games
from apps.listings.tests.test_season_listing_views import ALL, url
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db
FULL: dict[str, Any] = {
    "floor": "60.00",
    "floor_basis": "net",
    "price_steps": [{"days_before": 14, "off": "0.1000"}, {"days_before": 3, "off": "0.2500"}],
    "split_rule": "custom",
    "custom_quantities": [2, 4],
    "in_hand_date": "2040-09-09",
    "delivery_type": "electronic",
    "disclosures": ["aisle", "limited_view"],
    "notes": "Shade after 2 p.m.",
    "show_seats": True,
}
SEATS = {"seats": ["1", "2", "3", "4"]}
BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"floor": "100.01"}, ["floor"]),
    ({"floor": "0"}, ["floor"]),
    ({"floor": "80.01", "floor_basis": "net"}, ["floor"]),
    ({"floor_basis": "gross"}, ["floor_basis"]),
    ({"price_steps": [{"days_before": 3, "off": "0.9001"}]}, ["price_steps.0.off"]),
    ({"price_steps": [{"days_before": 3, "off": "0"}]}, ["price_steps.0.off"]),
    ({"price_steps": [{"days_before": 366, "off": "0.1"}]}, ["price_steps.0.days_before"]),
    ({"price_steps": [{"days_before": 3}]}, ["price_steps.0.off"]),
    ({"price_steps": [{"days_before": 9, "off": "0.2"}, {"days_before": 3, "off": "0.1"}]}, ["price_steps.1"]),
    ({"price_steps": [{"days_before": 9, "off": "0.2"}, {"days_before": 9, "off": "0.3"}]}, ["price_steps.1"]),
    ({"split_rule": "default"}, ["split_rule"]),
    ({"split_rule": "pairs", "seats": ["1", "2", "3"]}, ["split_rule"]),
    ({"split_rule": "pairs", "seats": ["1", "2", "4"]}, ["split_rule"]),
    ({"split_rule": "custom"}, ["custom_quantities"]),
    ({"split_rule": "custom", "custom_quantities": [2, 2]}, ["custom_quantities"]),
    ({"split_rule": "custom", "custom_quantities": [0]}, ["custom_quantities.0"]),
    ({"split_rule": "custom", "custom_quantities": [5]}, ["custom_quantities"]),
    ({"split_rule": "custom", "custom_quantities": [2], "seats": ["1", "2", "4"]}, ["custom_quantities"]),
    ({"custom_quantities": [2]}, ["custom_quantities"]),
    ({"in_hand_date": "2040-09-10"}, ["in_hand_date"]),
    ({"in_hand_date": "soon"}, ["in_hand_date"]),
    ({"delivery_type": "owl"}, ["delivery_type"]),
    ({"disclosures": ["aisle", "aisle"]}, ["disclosures.1"]),
    ({"disclosures": ["rain"]}, ["disclosures.0"]),
    ({"notes": "x" * 501}, ["notes"]),
    ({"notes": "x", "floor": "200.00", "in_hand_date": "2041-01-01"}, ["floor", "in_hand_date"]),
]


class TestOneListing:
    def test_keeps_every_term(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-01: the event is on 2040-09-09 at the venue, 13:00; the first step is due at midnight there."""
        response = api.post(URL, body(season_ticket, event, **SEATS, **FULL))
        assert response.status_code == 201, response.data
        listing = Listing.objects.get()
        assert (listing.price_cents, listing.base_price_cents, listing.floor_cents, listing.floor_basis) == (
            10_000, 10_000, 6_000, "net",
        )  # fmt: skip
        assert listing.price_steps == [[14, 1_000], [3, 2_500]]
        assert listing.next_markdown_at == datetime(2040, 8, 26, 4, tzinfo=UTC)
        assert (listing.split_rule, listing.custom_quantities) == ("custom", [2, 4])
        assert (str(listing.in_hand_date), listing.delivery_type) == ("2040-09-09", "electronic")
        assert (listing.disclosures, listing.notes) == (["aisle", "limited_view"], "Shade after 2 p.m.")
        assert listing.show_seats

    def test_knows_the_defaults(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        api.post(URL, body(season_ticket, event))
        listing = Listing.objects.get()
        assert (listing.split_rule, listing.delivery_type, listing.floor_cents) == ("any", "mobile_transfer", None)
        assert (listing.price_steps, listing.next_markdown_at, listing.notes) == ([], None, "")

    @pytest.mark.parametrize(("changes", "attrs"), BAD)
    def test_names_what_is_wrong(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, changes: dict[str, Any], attrs: list[str]
    ) -> None:
        response = api.post(URL, body(season_ticket, event, **{**SEATS, **changes}))
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == attrs
        assert not Listing.objects.exists()

    def test_takes_off_at_once_what_is_due_today(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        soon = home_game(season_ticket, starts_at=timezone.now() + timedelta(days=5))
        response = api.post(URL, body(season_ticket, soon, price_steps=FULL["price_steps"]))
        assert response.data["price"] == "90.00"
        listing = Listing.objects.get()
        assert (listing.price_cents, listing.base_price_cents) == (9_000, 10_000)
        assert listing.next_markdown_at is not None
        assert listing.next_markdown_at > timezone.now()

    def test_measures_a_net_floor_by_the_rate_of_the_holder(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        """S3-22: of 100.00 at 10 % the payout is 90.00."""
        CommissionAgreementFactory(holder=season_ticket.holder, team=season_ticket.team, rate_bps=1_000)
        floor = {"floor_basis": "net", "floor": "90.01"}
        assert api.post(URL, body(season_ticket, event, **floor)).status_code == 400
        assert api.post(URL, body(season_ticket, event, **floor | {"floor": "90.00"})).status_code == 201

    def test_takes_general_admission_as_one_run(self) -> None:
        block = SeasonTicketFactory(numbering="general_admission")
        api, event = api_of(block.holder.user), home_game(block)
        pairs = body(block, event, seats=["1", "4"], split_rule="pairs")
        assert api.post(URL, pairs).status_code == 201
        assert set(Listing.objects.get().tickets.values_list("general_admission_block", flat=True)) == {block.id}
        assert api.post(URL, body(block, event, seats=["4", "3"])).data["errors"][0]["detail"].endswith("seat 4.")

    def test_lets_two_blocks_of_general_admission_have_the_same_places(self) -> None:
        first = SeasonTicketFactory(numbering="general_admission")
        second = SeasonTicketFactory(numbering="general_admission", team=first.team, season=first.season)
        event = home_game(first)
        for block, seats in ((first, ["1", "2", "3"]), (second, ["2"])):
            assert api_of(block.holder.user).post(URL, body(block, event, seats=seats)).status_code == 201
        again = api_of(second.holder.user).post(URL, body(second, event, seats=["1", "2", "3"]))
        assert again.status_code == 409
        assert again.data["errors"][0]["detail"].endswith("seat 2."), "places of the other block are not this one's"

    def test_knows_neighbours_under_odd_even_numbering(self) -> None:
        block = SeasonTicketFactory(numbering="odd_even", first_seat=1, last_seat=7)
        api, event = api_of(block.holder.user), home_game(block)
        assert api.post(URL, body(block, event, seats=["1", "2"])).data["errors"][0]["attr"] == "seats.1"
        assert api.post(URL, body(block, event, seats=["3", "5"], split_rule="pairs")).status_code == 201
        assert list(Listing.objects.get().tickets.values_list("position", flat=True)) == [1, 2]

    def test_has_no_date_to_check_while_it_is_to_be_decided(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        later = home_game(season_ticket, date_tbd=True, time_tbd=True)
        terms = {"in_hand_date": "2050-01-01", "price_steps": FULL["price_steps"]}
        assert api.post(URL, body(season_ticket, later, **terms)).status_code == 201
        assert Listing.objects.get().next_markdown_at is None


class TestSeason:
    def test_gives_every_listing_the_terms(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        for event in games(season_ticket, 3):
            Event.objects.filter(id=event.id).update(starts_at=event.starts_at + timedelta(days=60))
        terms = {**FULL, "in_hand_date": "2026-01-01"}
        assert api.post(url(season_ticket), {**ALL, **terms}).status_code == 201
        assert Listing.objects.filter(
            floor_cents=6_000, custom_quantities=[2, 4], notes=FULL["notes"], next_markdown_at__isnull=False
        ).count() == 3  # fmt: skip

    def test_says_once_what_is_wrong_with_the_terms(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        games(season_ticket, 3)
        terms = {"split_rule": "custom", "disclosures": ["aisle", "aisle"]}
        response = api.post(url(season_ticket), {**ALL, **terms, "seats": ["9"]})
        assert response.status_code == 400
        attrs = [error["attr"] for error in response.data["errors"]]
        assert attrs == ["seats.0", "custom_quantities", "disclosures.1"]

    def test_names_every_game_that_the_terms_do_not_fit(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """One list: where a game was named its place, where all were meant the field; always the game."""
        first, second, third = games(season_ticket, 3)
        local = second.starts_at.astimezone(second.venue.zone).date()
        terms = {
            "in_hand_date": local.isoformat(),
            "floor": "90.00",
            "price": {"default": "100.00", "by_event": {str(third.id): "80.00"}},
        }
        response = api.post(url(season_ticket), {**ALL, **terms})
        found = [(error["attr"], error["detail"].partition(":")[0]) for error in response.data["errors"]]
        assert found == [("in_hand_date", first.label), ("floor", third.label)]
        ids = [str(event.id) for event in (third, second, first)]
        response = api.post(url(season_ticket), {**ALL, **terms, "events": ids})
        assert response.status_code == 400
        found = [(error["attr"], error["detail"].partition(":")[0]) for error in response.data["errors"]]
        assert found == [("events.2", first.label), ("events.0", third.label)]
        assert not Listing.objects.exists()

    @pytest.mark.parametrize(("changes", "attrs"), BAD)
    def test_names_what_is_wrong(
        self, api: APIClient, season_ticket: SeasonTicket, changes: dict[str, Any], attrs: list[str]
    ) -> None:
        home_game(season_ticket)
        response = api.post(url(season_ticket), {**ALL, **SEATS, **changes})
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == attrs
