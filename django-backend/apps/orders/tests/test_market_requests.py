"""How the market is asked: filters, refusals, caches, limits, and by whom."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory
from apps.common.testing.clients import api_of
from apps.listings.models import Listing
from apps.listings.rules.split_rules import SplitRule
from apps.listings.testing.stories import hold, sell
from apps.orders.tests.test_market import EVENTS, address_of, at, events, get, ids, listings
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def refused(address: str, **query: Any) -> dict[str, str]:
    """Return the code of each refusal by the name of the parameter."""
    response = APIClient().get(address, query)
    assert response.status_code == 400, response.content
    return {error["attr"]: error["code"] for error in response.json()["errors"]}


class TestFiltersOfEvents:
    def test_are_those_of_the_catalogue_and_the_city(self) -> None:
        wanted, other = (
            EventFactory(home_team__home_venue__city="St. Louis"),
            EventFactory(starts_at="2041-01-01T00:00Z"),
        )
        for event in (wanted, other):
            at(event)
        for query in (
            {"league": wanted.season.league.code.lower()},
            {"season": wanted.season_id},
            {"team": wanted.home_team_id},
            {"team": wanted.away_team_id},
            {"venue": wanted.venue_id},
            {"city": "st. louis"},
            {"starts_before": "2041-01-01T00:00:00Z"},
            {"search": wanted.home_team.name.lower()},
        ):
            assert ids(events(**query)) == [str(wanted.id)], query
        assert ids(events(starts_after="2041-01-01T00:00:00Z")) == [str(other.id)]

    def test_refuse_what_they_do_not_know(self) -> None:
        assert refused(EVENTS, league="XXX", venue="here", starts_after="soon") == {
            "league": "invalid_choice", "venue": "invalid", "starts_after": "invalid",
        }  # fmt: skip
        assert refused(EVENTS, citi="Philadelphia", status="scheduled") == {"citi": "unknown", "status": "unknown"}


class TestFiltersOfListings:
    @pytest.fixture
    def event(self) -> Event:
        return EventFactory()

    def test_quantity(self, event: Event) -> None:
        """What the split rule allows on the runs that are left, not how many seats are left."""
        pairs, whole, broken = (
            at(event, row=str(number), split_rule=rule)
            for number, rule in enumerate((SplitRule.PAIRS, SplitRule.NONE, SplitRule.NEVER_LEAVE_ONE))
        )
        sell(broken, "2", ignore_split_rule=True)  # 1, and 3 with 4
        hold(pairs, "1", "2")
        of = {str(pairs.id): "pairs", str(whole.id): "whole", str(broken.id): "broken"}
        for quantity, expected in {1: {"broken"}, 2: {"pairs", "broken"}, 3: set(), 4: {"whole"}, 5: set()}.items():
            rows = listings(event, quantity=quantity)
            assert {of[row["id"]] for row in rows} == expected, quantity
            assert all(quantity in row["allowed_quantities"] for row in rows)

    def test_total(self, event: Event, settings: Settings) -> None:
        """With the fee, to the cent."""
        settings.BUYER_FEE_BPS = 1_500
        listing = at(event, cents=10_000)
        assert ids(listings(event, max_total="115.00")) == [str(listing.id)]
        assert listings(event, max_total="114.99") == []

    def test_place_and_terms(self, event: Event) -> None:
        plain = at(event, section="101", row="1")
        other = at(event, section="102", row="2", delivery_type="hard", disclosures=("aisle", "limited_view"))
        for query, expected in (
            ({"section": "102"}, other),
            ({"delivery_type": "hard"}, other),
            ({"exclude_disclosure": "limited_view"}, plain),
            ({"exclude_disclosure": ["aisle", "standing_room"]}, plain),
        ):
            assert ids(listings(event, **query)) == [str(expected.id)], query
        assert len(listings(event, delivery_type=["hard", "mobile_transfer"], exclude_disclosure="piggyback")) == 2

    def test_refuse_what_they_do_not_know(self, event: Event) -> None:
        address = address_of(event)
        for query, code in (
            ({"quantity": "0"}, "min_value"),
            ({"quantity": "101"}, "max_value"),
            ({"quantity": "2.0"}, "invalid"),
            ({"max_total": "1e3"}, "invalid"),
            ({"delivery_type": "owl"}, "invalid_choice"),
            ({"exclude_disclosure": "smell"}, "invalid_choice"),
            ({"ordering": "price"}, "invalid_choice"),
            ({"quantty": "2"}, "unknown"),
        ):
            assert refused(address, **query) == {next(iter(query)): code}, query
        message = APIClient().get(address, {"quantty": 2}).json()["errors"][0]["detail"]
        assert "quantity" in message


class TestAnybody:
    def test_gets_the_same_answer(self, listing: Listing) -> None:
        """Nobody is asked for an account, and a token that has expired hides nothing."""
        browser, owner, stranger = Client(), api_of(listing.holder.user), api_of(UserFactory(superuser=True))
        expired = {"Authorization": "Bearer expired"}
        for address in (EVENTS, f"{EVENTS}{listing.event_id}/", address_of(listing.event)):
            bodies = {client.get(address).content for client in (browser, owner, stranger)}
            assert {browser.get(address, headers=expired).content} == bodies
            for method in ("post", "put", "patch", "delete"):
                assert getattr(stranger, method)(address).status_code == 405

    def test_has_a_limit_of_its_own(self, listing: Listing, settings: Settings) -> None:
        settings.API_THROTTLES = {"anon": (1, 3_600), "user": (1, 3_600)}
        settings.MARKET_THROTTLES = {"anon": (4, 86_400), "user": None}
        client = AppClient()
        client.log_in(listing.holder.user.email, PASSWORD)
        addresses = (EVENTS, address_of(listing.event))
        assert [client.get(address).status_code for address in addresses * 2] == [200] * 4
        answer = client.get(EVENTS)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "throttled")
        assert 0 < int(answer.headers["Retry-After"]) <= 86_400
        assert client.get(EVENTS, headers={"X-Forwarded-For": "198.51.100.9"}).status_code == 200
        assert APIClient().get("/api/v1/timezones/").status_code == 200


class TestCaches:
    def test_may_keep_an_answer_and_ask_whether_it_is_current(self, listing: Listing) -> None:
        """Nothing is out of date: the next request after a hold has another answer and another tag."""
        for address, field in ((EVENTS, "seats_available"), (address_of(listing.event), "seats_available")):
            answer = APIClient().get(address)
            assert sorted(answer.headers["Cache-Control"].split(", ")) == ["no-cache", "public"]
            assert "Cookie" not in answer.headers.get("Vary", "")
            known = {"If-None-Match": answer.headers["ETag"]}
            again = APIClient().get(address, headers=known)
            assert (again.status_code, again.content) == (304, b"")
            held = hold(listing, quantity=1)
            changed = APIClient().get(address, headers=known)
            assert changed.status_code == 200
            seats = [json.loads(body.content)["results"][0][field] for body in (answer, changed)]
            assert seats[0] - seats[1] == len(held.seats)

    def test_pages_follow(self, listing: Listing) -> None:
        at(listing.event, row="B")
        page = get(address_of(listing.event), page_size=1)
        last = get(page["next"])
        assert ids(page["results"]) != ids(last["results"])
        assert last["next"] is None
        assert get(last["previous"])["results"] == page["results"]
