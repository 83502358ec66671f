"""Price and terms change while a listing is open: one by PATCH, many in one request."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.clients import api_of
from apps.common.testing.threads import at_once
from apps.holders.models import TicketHolder
from apps.listings import locks
from apps.listings.enums import OPEN_LISTING_STATUSES, ListingStatus
from apps.listings.errors.listings import ListingNotOpen
from apps.listings.models import Listing
from apps.listings.services import listing_prices
from apps.listings.services.lifecycle.selling import SoldSeats
from apps.listings.services.listing_prices import listing_change, listings_reprice
from apps.listings.testing.stories import reach, sell
from apps.listings.tests.test_listing_moves import made
from apps.listings.tests.test_listing_terms import FULL
from apps.listings.tests.test_listing_views import URL, body
from apps.listings.tests.test_season_listing import games
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_member

REPRICE = f"{URL}reprice/"
STEPS = [{"days_before": 14, "off": "0.1000"}, {"days_before": 3, "off": "0.2500"}]
OPEN = sorted(OPEN_LISTING_STATUSES)
CLOSED = sorted(set(ListingStatus) - OPEN_LISTING_STATUSES)


def changes(listing: Listing) -> list[tuple[int, int]]:
    rows = listing.history.filter(change="price")
    return list(rows.values_list("from_price_cents", "to_price_cents"))


@pytest.mark.django_db
class TestPatch:
    def test_sets_a_new_price_and_records_it(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        listing = made(season_ticket, event, status="listed")
        response = api.patch(f"{URL}{listing.id}/", {"price": "120.50"})
        assert response.status_code == 200, response.data
        assert (response.data["price"], response.data["split"]["payout"]) == ("120.50", "96.40")
        listing.refresh_from_db()
        assert (listing.price_cents, listing.base_price_cents, listing.status) == (12_050, 12_050, "listed")
        row = listing.history.filter(change="price").get()
        assert (row.actor, row.source, row.from_status, row.to_status, row.from_price_cents, row.to_price_cents) == (
            season_ticket.holder.user, "api", "listed", "listed", 10_000, 12_050,
        )  # fmt: skip

    def test_records_nothing_when_the_price_stays(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        listing = made(season_ticket, event)
        for sent in ({"price": "100.00"}, {"notes": "New"}, {"floor": "50.00"}):
            assert api.patch(f"{URL}{listing.id}/", sent).status_code == 200
        assert changes(listing) == []

    def test_applies_the_plan_of_today_to_the_new_price(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        soon = home_game(season_ticket, starts_at=timezone.now() + timedelta(days=5))
        listing = made(season_ticket, soon)
        assert api.patch(f"{URL}{listing.id}/", {"price_steps": STEPS}).data["price"] == "90.00"
        assert api.patch(f"{URL}{listing.id}/", {"price": "200.00"}).data["price"] == "180.00"
        assert api.patch(f"{URL}{listing.id}/", {"floor": "190.00"}).data["price"] == "190.00"
        assert api.patch(f"{URL}{listing.id}/", {"floor": None}).data["price"] == "180.00"
        listing.refresh_from_db()
        assert listing.next_markdown_at is not None
        assert api.patch(f"{URL}{listing.id}/", {"price_steps": []}).data["price"] == "200.00"
        listing.refresh_from_db()
        assert (listing.base_price_cents, listing.next_markdown_at) == (20_000, None)
        assert changes(listing) == [
            (10_000, 9_000), (9_000, 18_000), (18_000, 19_000), (19_000, 18_000), (18_000, 20_000),
        ]  # fmt: skip

    def test_changes_every_term_and_leaves_the_others(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        made_ = api.post(URL, body(season_ticket, home_game(season_ticket), seats=["1", "2", "3", "4"], **FULL))
        path = f"{URL}{made_.data['id']}/"
        assert api.patch(path, {"notes": "", "disclosures": []}).status_code == 200
        listing = Listing.objects.get()
        assert (listing.notes, listing.disclosures, listing.custom_quantities) == ("", [], [2, 4])
        sent = {"split_rule": "pairs", "in_hand_date": None, "delivery_type": "hard"}
        assert api.patch(path, sent).status_code == 200
        listing.refresh_from_db()
        assert (listing.split_rule, listing.custom_quantities, listing.in_hand_date) == ("pairs", [], None)
        assert (listing.delivery_type, listing.floor_cents, listing.floor_basis) == ("hard", 6_000, "net")
        assert listing.next_markdown_at == datetime(2040, 8, 26, 4, tzinfo=UTC)

    def test_fits_the_split_rule_to_the_seats_that_are_left(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        listing = made(season_ticket, event, "1", "2", "3", status="listed")
        assert api.patch(f"{URL}{listing.id}/", {"split_rule": "pairs"}).data["errors"][0]["attr"] == "split_rule"
        sell(listing, "1")
        assert api.patch(f"{URL}{listing.id}/", {"split_rule": "pairs"}).status_code == 200

    @pytest.mark.parametrize(
        ("sent", "attr"),
        [
            ({}, "non_field_errors"),
            ({"status": "sold"}, "status"),
            ({"price": "0"}, "price"),
            ({"price": None}, "price"),
            ({"price": "50.00"}, "floor"),
            ({"floor": "100.01"}, "floor"),
            ({"floor": "80.01", "floor_basis": "net"}, "floor"),
            ({"price_steps": STEPS[::-1] + STEPS[:1]}, "price_steps.2"),
            ({"split_rule": "custom"}, "custom_quantities"),
            ({"custom_quantities": [2]}, "custom_quantities"),
            ({"in_hand_date": "2040-09-10"}, "in_hand_date"),
            ({"disclosures": ["aisle", "aisle"]}, "disclosures.1"),
            ({"notes": "x" * 501}, "notes"),
        ],
    )
    def test_names_what_is_wrong_and_changes_nothing(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, sent: dict[str, Any], attr: str
    ) -> None:
        listing = api.post(URL, body(season_ticket, event, floor="60.00")).data["id"]
        before = Listing.objects.values().get()
        response = api.patch(f"{URL}{listing}/", sent)
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [attr]
        assert Listing.objects.values().get() == before

    @pytest.mark.parametrize("status", [*OPEN, *CLOSED])
    def test_is_for_open_listings(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, status: ListingStatus
    ) -> None:
        """S3-52."""
        listing = made(season_ticket, event, status=status)
        response = api.patch(f"{URL}{listing.id}/", {"price": "1.00"})
        if status in OPEN:
            assert response.status_code == 200
            return
        assert response.status_code == 409
        error = response.data["errors"][0]
        assert (error["code"], error["attr"]) == ("listing_not_open", "status")
        assert f"the listing has been {status.label.lower()} since" in error["detail"]
        assert changes(listing) == []

    @pytest.mark.parametrize(
        ("who", "expected"), [("anonymous", 401), ("user", 403), ("stranger", 404), ("staff", 403), ("both", 404)]
    )
    def test_is_for_the_owner(self, season_ticket: SeasonTicket, event: Event, who: str, expected: int) -> None:
        """S3-51: staff who see a listing cannot price it, whether they are holders or not."""
        listing = made(season_ticket, event)
        both = staff_member("view_listing", "change_listing")
        TicketHolder.objects.create(user=both, phone="+12155550123", address="1 Main Street")
        user = {
            "anonymous": None,
            "user": UserFactory(),
            "stranger": SeasonTicketFactory().holder.user,
            "staff": staff_member("view_listing", "change_listing"),
            "both": both,
        }[who]
        assert api_of(user).patch(f"{URL}{listing.id}/", {"price": "1.00"}).status_code == expected
        assert changes(listing) == []

    def test_needs_a_constant_number_of_queries(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, django_assert_num_queries: Any
    ) -> None:
        """Whose it is; a savepoint's two, lock, event, rate, seats, terms, price, history, outbox; row and rate."""
        listing = made(season_ticket, event)
        terms = {"price": "90.00", "floor": "1.00", "floor_basis": "net", "split_rule": "pairs"}
        with django_assert_num_queries(13):
            assert api.patch(f"{URL}{listing.id}/", terms).status_code == 200


@pytest.mark.django_db
class TestReprice:
    def test_has_the_result_for_each(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        good, floored, sold = (made(season_ticket, home_game(season_ticket)) for _ in range(3))
        Listing.objects.filter(id=floored.id).update(floor_cents=9_000)
        reach(sold, ListingStatus.SOLD, now=timezone.now())
        other = SeasonTicketFactory()
        foreign, unknown = made(other, home_game(other)), uuid4()
        ids = [sold.id, good.id, unknown, foreign.id, floored.id]
        response = api.post(REPRICE, {"items": [{"id": str(id_), "price": "80.00"} for id_ in ids]})
        assert response.status_code == 200, response.data
        results = response.json()["results"]
        assert [(row["id"], row["price"]) for row in results] == [
            (str(id_), "80.00" if id_ == good.id else None) for id_ in ids
        ]
        refusals = [row["refusal"] for row in results]
        assert "the listing has been sold since" in refusals[0]
        assert refusals[1:] == [
            None, "There is no such listing.", "There is no such listing.", "The floor 90.00 is above the price 80.00.",
        ]  # fmt: skip
        assert set(Listing.objects.exclude(id=good.id).values_list("price_cents", flat=True)) == {10_000}
        assert changes(good) == [(10_000, 8_000)]

    def test_answers_with_the_price_that_the_plan_gives(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        soon = home_game(season_ticket, starts_at=timezone.now() + timedelta(days=5))
        listing = api.post(URL, body(season_ticket, soon, price_steps=STEPS)).data["id"]
        response = api.post(REPRICE, {"items": [{"id": listing, "price": "200.00"}]})
        assert response.data["results"][0]["price"] == "180.00"

    def test_has_one_effect_per_idempotency_key(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        listing = made(season_ticket, event)
        sent = {"items": [{"id": str(listing.id), "price": "80.00"}]}
        answers = [api.post(REPRICE, sent, headers={"Idempotency-Key": "r"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert changes(listing) == [(10_000, 8_000)]

    @pytest.mark.parametrize(
        ("items", "attr"),
        [
            (None, "items"),
            ([], "items"),
            ([{"id": "x", "price": "1.00"}], "items.0.id"),
            ([{"id": str(uuid4()), "price": "0"}], "items.0.price"),
            ([{"id": str(uuid4())}], "items.0.price"),
            ([{"id": str(uuid4()), "price": "1.00"}] * 2, "items.1.id"),
            ([{"id": str(uuid4()), "price": "1.00"} for _ in range(501)], "items"),
        ],
    )
    def test_names_what_is_wrong(self, api: APIClient, items: Any, attr: str) -> None:
        response = api.post(REPRICE, {"items": items})
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [attr]

    @pytest.mark.parametrize(("who", "expected"), [("anonymous", 401), ("user", 403), ("staff", 403), ("holder", 200)])
    def test_is_for_holders(self, season_ticket: SeasonTicket, who: str, expected: int) -> None:
        user = {
            "anonymous": None,
            "user": UserFactory(),
            "staff": UserFactory(superuser=True),
            "holder": season_ticket.holder.user,
        }[who]
        response = api_of(user).post(REPRICE, {"items": [{"id": str(uuid4()), "price": "1.00"}]})
        assert response.status_code == expected

    @pytest.mark.parametrize("count", [1, 8])
    def test_needs_a_constant_number_of_queries(
        self, season_ticket: SeasonTicket, count: int, django_assert_num_queries: Any
    ) -> None:
        """A savepoint's two, locks, events, rates, prices, history, outbox."""
        listings = [made(season_ticket, home_game(season_ticket)) for _ in range(count)]
        Listing.objects.update(floor_cents=100, floor_basis="net")
        with django_assert_num_queries(8):
            listings_reprice(
                holder=season_ticket.holder,
                prices_cents={listing.id: 9_000 for listing in listings},
                act=act_of(season_ticket.holder.user, source=ChangeSource.API, now=timezone.now()),
            )


def repricing(season_ticket: SeasonTicket, listing: Listing, price_cents: int) -> Callable[[], Listing]:
    return lambda: listing_change(
        holder=season_ticket.holder,
        listing_id=listing.id,
        price_cents=price_cents,
        changes={},
        act=act_of(season_ticket.holder.user, source=ChangeSource.API, now=timezone.now()),
    )


def sell_both(listing: Listing) -> SoldSeats:
    return sell(listing, "1", "2")


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_a_sale_has_the_price_of_its_moment(self) -> None:
        """S4-07: sold first at the old price, and the change is refused; or changed first, and sold at the new one."""
        season_ticket = SeasonTicketFactory()
        for event in games(season_ticket, 6):
            listing = made(season_ticket, event, status="listed")
            sold, repriced = at_once(
                lambda listing=listing: sell_both(listing), repricing(season_ticket, listing, 20_000)
            )
            assert isinstance(sold, SoldSeats), sold
            if isinstance(repriced, ListingNotOpen):
                assert "has been sold since" in str(repriced)
                assert (sold.listing.price_cents, changes(listing)) == (10_000, [])
            else:
                assert (sold.listing.price_cents, changes(listing)) == (20_000, [(10_000, 20_000)])

    def test_a_sold_listing_would_be_repriced_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the change reads, the sale is made, the change is written."""
        season_ticket = SeasonTicketFactory()
        listing = made(season_ticket, home_game(season_ticket), status="listed")
        looked_at, sold = threading.Event(), threading.Event()

        def unlocked(listing_ids: Any, *_related: str) -> list[Listing]:
            rows = list(Listing.objects.filter(id__in=listing_ids))
            looked_at.set()
            assert sold.wait(20)
            return rows

        def look_and_sell() -> None:
            assert looked_at.wait(20)
            sell_both(listing)
            sold.set()

        monkeypatch.setattr(listing_prices, "listings_locked", unlocked)
        at_once(repricing(season_ticket, listing, 20_000), look_and_sell)
        listing.refresh_from_db()
        assert (listing.status, listing.price_cents) == ("sold", 20_000)

    def test_each_price_follows_the_one_before(self) -> None:
        """S4-07: the history is a chain, whoever comes first."""
        season_ticket = SeasonTicketFactory()
        listing = made(season_ticket, home_game(season_ticket))
        results = at_once(*[repricing(season_ticket, listing, price) for price in range(20_000, 20_006)])
        assert all(isinstance(result, Listing) for result in results), results
        chain = changes(listing)
        assert [before for before, _ in chain] == [10_000] + [after for _, after in chain[:-1]]
        listing.refresh_from_db()
        assert listing.price_cents == chain[-1][1]

    def test_the_chain_would_break_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: all read the price before any writes."""
        season_ticket = SeasonTicketFactory()
        listing, barrier = made(season_ticket, home_game(season_ticket)), threading.Barrier(3)

        def unlocked(listing_ids: Any, *_related: str) -> list[Listing]:
            rows = list(Listing.objects.filter(id__in=listing_ids))
            barrier.wait(20)
            return rows

        monkeypatch.setattr(listing_prices, "listings_locked", unlocked)
        assert locks.listings_locked is not listing_prices.listings_locked
        at_once(*[repricing(season_ticket, listing, price) for price in (20_000, 20_001, 20_002)])
        assert [before for before, _ in changes(listing)] == [10_000] * 3
