"""The market as a fan reads it: what is in it, in which order, for how much."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory
from apps.catalog.testing.stories import begin
from apps.common.testing.acts import act_of
from apps.common.testing.queries import queries_of
from apps.listings.enums import ListingMove, ListingStatus
from apps.listings.models import Listing
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.services.listing_prices import listings_reprice
from apps.listings.testing.stories import hold, move, on_sale, pending, reach, sell
from apps.orders.selectors.market import MAX_SUMMARISED
from apps.orders.services.event_changes import event_cancel
from apps.orders.testing.stories import CHANGED_AT, postpone, reschedule
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import block_at, home_game

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/market/events/"


def get(address: str, **query: Any) -> Any:
    response = APIClient().get(address, query)
    assert response.status_code == 200, response.content
    return response.json()


def events(**query: Any) -> list[Any]:
    return get(EVENTS, **query)["results"]


def address_of(event: Event) -> str:
    return f"{EVENTS}{event.id}/listings/"


def listings(event: Event, **query: Any) -> list[Any]:
    return get(address_of(event), **query)["results"]


def ids(rows: list[Any]) -> list[str]:
    return [row["id"] for row in rows]


def at(event: Event, *, cents: int = 10_000, section: str = "101", row: str = "A", **terms: Any) -> Listing:
    """Return a listing of four seats on sale at an event, of a block of its own."""
    block = block_at(event, section=section, row=row)
    return on_sale(block=block, event=event, price_cents=cents, terms=ListingTerms(**terms))


class TestAnswer:
    def test_of_a_listing(self, listing: Listing, settings: Settings) -> None:
        """The total comes first; of the holder there is nothing, and of seats only how many there are."""
        settings.BUYER_FEE_BPS = 1_500
        sell(listing, "4")
        hold(listing, "3")
        (row,) = listings(listing.event)
        assert list(row.items()) == [
            ("total", "115.00"),
            ("price", "100.00"),
            ("fee", "15.00"),
            ("currency", "USD"),
            ("id", str(listing.id)),
            ("section", "101"),
            ("row", "A"),
            ("seats", None),
            ("seats_available", 2),
            ("allowed_quantities", [1, 2]),
            ("disclosures", []),
            ("delivery_type", "mobile_transfer"),
            ("in_hand_date", None),
        ]

    def test_of_an_event(self, listing: Listing, settings: Settings) -> None:
        """From the cheapest seat that can be bought; quantities are those of all listings."""
        settings.BUYER_FEE_BPS = 1_000
        sold_out = at(listing.event, cents=1_000, row="B")
        hold(sold_out, quantity=4)
        at(listing.event, cents=9_999, row="C", split_rule=SplitRule.NONE)
        sell(listing, "2")
        (row,) = events()
        assert list(row.items())[:7] == [
            ("from_total", "109.99"),
            ("from_price", "99.99"),
            ("from_fee", "10.00"),
            ("currency", "USD"),
            ("seats_available", 7),
            ("allowed_quantities", [1, 2, 4]),
            ("has_more", False),
        ]
        assert set(row) - set(list(row)[:7]) == {
            "id", "name", "label", "league", "season", "home_team", "away_team", "venue", "starts_at",
            "starts_at_local", "time_tbd", "date_tbd", "status", "additional_info",
        }  # fmt: skip
        assert get(f"{EVENTS}{listing.event_id}/") == row

    def test_names_nobody(self, listing: Listing) -> None:
        """Neither holder nor money of the holder, whatever the keys are called."""
        holder = listing.holder
        Listing.objects.update(base_price_cents=77_777, floor_cents=5_432, commission_rate_bps=1_234, notes="Ask Pat")
        shown = "".join(
            APIClient().get(address).content.decode() for address in (EVENTS, address_of(listing.event))
        ).lower()
        assert str(listing.id) in shown
        names = (holder.user.first_name, holder.user.last_name, holder.user.email, holder.id, holder.user_id)
        private = (listing.season_ticket_id, "777.77", "54.32", "0.1234", "80.00", "payout", "split", "commission")
        assert [word for word in (*names, *private) if f'"{word}'.lower() in shown] == []
        assert "pat" not in shown

    def test_shows_seats_where_the_holder_does(self) -> None:
        listing = on_sale(terms=ListingTerms(show_seats=True))
        hold(listing, "1")
        assert listings(listing.event)[0]["seats"] == ["2", "3", "4"]

    def test_shows_no_places_without_numbers(self) -> None:
        """Nobody sits in place 2 of the lawn; all places are beside each other."""
        block = SeasonTicketFactory(numbering="general_admission", first_seat=1, last_seat=3)
        listing = on_sale(block=block, terms=ListingTerms(show_seats=True, split_rule=SplitRule.NONE))
        sell(listing, block.seats[1], ignore_split_rule=True)
        (row,) = listings(listing.event, quantity=2)
        assert (row["seats"], row["allowed_quantities"]) == (None, [2])

    def test_of_an_event_with_many_listings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only the cheapest ones are counted, and the answer says so: the cost does not grow with the event."""
        assert MAX_SUMMARISED == 50
        statement = "apps.orders.selectors.market._EVENTS"
        monkeypatch.setattr("apps.orders.selectors.market.MAX_SUMMARISED", 2)
        from apps.orders.selectors import market

        monkeypatch.setattr(statement, market._EVENTS.replace("LIMIT 51", "LIMIT 3"))
        event = EventFactory()
        for number, row in enumerate("ABCD"):
            at(event, cents=1_000 - number, row=row)
            (shown,) = events()
            assert (shown["seats_available"], shown["has_more"]) == (min(4 + 4 * number, 8), number > 1)
        assert shown["from_total"] == "9.97"


def delisting(listing: Listing) -> None:
    hold(reach(listing, ListingStatus.DELISTING_REQUESTED), "1")
    move(listing, ListingMove.DELIST_WHEN_RELEASED)


def put_off(listing: Listing) -> None:
    event = reach(listing, ListingStatus.LISTED).event
    postpone(event, now=CHANGED_AT)
    reschedule(event, starts_at=event.starts_at + timedelta(days=9), now=CHANGED_AT)


def cancel(event: Event) -> None:
    event_cancel(event_id=event.id, act=act_of(now=CHANGED_AT, reason="Flood"))


# What happens to a listing of four seats, and how many of them can be bought then.
LIVES: dict[str, tuple[Callable[[Listing], object], int]] = {
    "listed": (lambda listing: reach(listing, ListingStatus.LISTED), 4),
    "delisting requested": (lambda listing: reach(listing, ListingStatus.DELISTING_REQUESTED), 4),
    "pending": (lambda listing: None, 0),
    "declined": (lambda listing: reach(listing, ListingStatus.DECLINED), 0),
    "delisted": (lambda listing: reach(listing, ListingStatus.DELISTED), 0),
    "expired": (lambda listing: reach(listing, ListingStatus.EXPIRED), 0),
    "sold": (lambda listing: reach(listing, ListingStatus.SOLD), 0),
    "some sold": (lambda listing: sell(reach(listing, ListingStatus.LISTED), "1"), 3),
    "some held": (lambda listing: hold(reach(listing, ListingStatus.LISTED), "1", "2"), 2),
    "all held": (lambda listing: hold(reach(listing, ListingStatus.LISTED), quantity=4), 0),
    "delisting": (delisting, 0),
    "postponed": (lambda listing: postpone(reach(listing, ListingStatus.LISTED).event, now=CHANGED_AT), 0),
    "postponed, then rescheduled": (put_off, 4),
    "cancelled": (lambda listing: cancel(reach(listing, ListingStatus.LISTED).event), 0),
    "begun": (lambda listing: begin(reach(listing, ListingStatus.LISTED).event, at=timezone.now()), 0),
}


class TestWhatIsOnSale:
    @pytest.mark.parametrize("life", LIVES)
    def test_is_what_can_be_bought_now(self, life: str) -> None:
        listing = pending()
        happens, seats = LIVES[life]
        happens(listing)
        assert [event["seats_available"] for event in events()] == ([seats] if seats else [])
        response = APIClient().get(address_of(listing.event))
        if life in {"postponed", "cancelled", "begun"}:
            assert response.status_code == 404
        else:
            shown = [row["seats_available"] for row in response.json()["results"]]
            assert shown == ([seats] if seats else [])

    def test_withheld_seats_are_not(self) -> None:
        """What the holder keeps was never listed."""
        listing = on_sale("1", "2")
        assert listings(listing.event)[0]["seats_available"] == 2

    @pytest.mark.parametrize("event", ["no-id", "019a0000-0000-7000-8000-000000000000"])
    def test_is_404_for_an_event_that_is_not_there(self, event: str) -> None:
        for address in (f"{EVENTS}{event}/", f"{EVENTS}{event}/listings/"):
            assert APIClient().get(address).status_code == 404


class TestOrder:
    def test_of_events_is_that_of_their_starts(self) -> None:
        block = SeasonTicketFactory()
        late, early = (home_game(block, starts_at=timezone.now() + timedelta(days=days)) for days in (9, 3))
        for event in (late, early):
            on_sale(block=block, event=event)
        assert ids(events()) == [str(early.id), str(late.id)]

    def test_of_listings(self) -> None:
        event = EventFactory()
        places = ((300, "102"), (100, "102"), (200, "101"))
        made = [at(event, cents=cents, section=section, row=str(cents)) for cents, section in places]
        dear, cheap, middle = (str(listing.id) for listing in made)
        assert ids(listings(event)) == ids(listings(event, ordering="total")) == [cheap, middle, dear]
        assert ids(listings(event, ordering="-total")) == [dear, middle, cheap]
        assert ids(listings(event, ordering="section")) == [middle, cheap, dear]

    @pytest.mark.parametrize("ordering", ["total", "-total", "section"])
    def test_survives_prices_that_change_between_pages(self, ordering: str) -> None:
        """A listing whose price stays is on exactly one page, whatever happens to the others."""
        event = EventFactory()
        made = [at(event, cents=100 + 10 * number, row=str(number)) for number in range(6)]
        restless, seen = made[3], list[str]()
        page = get(address_of(event), ordering=ordering, page_size=2)
        for cents in (1, 999, 105, 1):
            seen += ids(page["results"])
            listings_reprice(
                holder=restless.holder, prices_cents={restless.id: cents}, act=act_of(restless.holder.user)
            )
            if page["next"] is None:
                break
            page = get(page["next"])
        steady = [str(listing.id) for listing in made if listing != restless]
        assert sorted(found for found in seen if found != str(restless.id)) == sorted(steady)


class TestCost:
    def test_does_not_grow(self) -> None:
        """At most three queries; a named row of a filter is looked up by one more."""
        event = EventFactory()
        counts = list[tuple[int, int]]()
        for row in "AB":
            listing = at(event, row=row)
            other = home_game(listing.season_ticket)
            on_sale(block=listing.season_ticket, event=other)
            counts.append((queries_of(events), queries_of(lambda: listings(event, quantity=2, max_total="999"))))
        assert counts == [(1, 2), (1, 2)]
