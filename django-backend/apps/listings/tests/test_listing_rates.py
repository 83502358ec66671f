"""A commission rate for a single listing: staff agree on it, the holder reads why."""

from typing import Any
from uuid import uuid4

import pytest

from apps.catalog.models import Event
from apps.common.errors import MoveReasonMissing
from apps.common.testing.acts import act_of
from apps.common.testing.clients import api_of
from apps.listings.errors.listings import RateOutOfRange
from apps.listings.models import Listing
from apps.listings.services.listing_prices import listing_rate_set
from apps.listings.tests.test_listing_moves import made
from apps.listings.tests.test_move_views import STAFF_URL
from apps.season_tickets.models import SeasonTicket
from apps.users.models import User
from apps.users.testing.stories import staff_member

pytestmark = pytest.mark.django_db
BODY = {"rate": "0.1500", "reason": "Twenty seats"}


def url(listing: Listing) -> str:
    return f"{STAFF_URL}{listing.id}/commission-rate/"


@pytest.fixture
def triage() -> User:
    """Staff who may decide."""
    return staff_member("view_listing", "change_listing")


class TestCommissionRate:
    def test_is_set_and_removed_with_a_reason(self, triage: User, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-22, S3-52: the split follows at once; the history has both rates."""
        listing, client = made(season_ticket, event), api_of(triage)
        response = client.post(url(listing), BODY)
        assert response.status_code == 200, response.data
        split = {"rate": "0.1500", "rule": "listing", "commission": "15.00", "payout": "85.00"}
        assert response.json()["split"] == split
        client.post(url(listing), {"rate": "0", "reason": "Friends of the house"})
        assert client.post(url(listing), {"rate": None, "reason": "Over"}).json()["split"]["rule"] == "default"
        rows = listing.history.filter(change="commission")
        assert list(rows.values_list("note", flat=True)) == [
            "default → 0.1500: Twenty seats",
            "0.1500 → 0.0000: Friends of the house",
            "0.0000 → default: Over",
        ]
        assert set(rows.values_list("actor", "source", "from_status", "to_status")) == {
            (triage.id, "api", "pending", "pending")
        }

    def test_is_written_once(self, triage: User, season_ticket: SeasonTicket, event: Event) -> None:
        listing = made(season_ticket, event)
        for _ in range(2):
            api_of(triage).post(url(listing), BODY)
        assert listing.history.filter(change="commission").count() == 1

    @pytest.mark.parametrize(
        ("changes", "attr"),
        [
            ({"rate": "1"}, "rate"),
            ({"rate": "-0.1"}, "rate"),
            ({"rate": "0.12345"}, "rate"),
            ({"rate": "much"}, "rate"),
            ({"rate": "NaN"}, "rate"),
            ({"reason": ""}, "reason"),
            ({"reason": " "}, "reason"),
            ({"reason": "x" * 451}, "reason"),
        ],
    )
    def test_names_what_is_wrong(
        self, triage: User, season_ticket: SeasonTicket, event: Event, changes: dict[str, Any], attr: str
    ) -> None:
        listing = made(season_ticket, event)
        response = api_of(triage).post(url(listing), BODY | changes)
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [attr]

    @pytest.mark.parametrize("missing", ["rate", "reason"])
    def test_needs_rate_and_reason(self, triage: User, season_ticket: SeasonTicket, event: Event, missing: str) -> None:
        """A rate that was left out is not one that is removed."""
        sent = {name: value for name, value in BODY.items() if name != missing}
        response = api_of(triage).post(url(made(season_ticket, event)), sent)
        assert [error["attr"] for error in response.data["errors"]] == [missing]

    @pytest.mark.parametrize(
        ("codenames", "status"),
        [((), 403), (("view_listing",), 403), (("change_listing",), 403), (("view_listing", "change_listing"), 200)],
    )
    def test_needs_the_permission(
        self, season_ticket: SeasonTicket, event: Event, codenames: tuple[str, ...], status: int
    ) -> None:
        listing = made(season_ticket, event)
        assert api_of(staff_member(*codenames)).post(url(listing), BODY).status_code == status
        assert api_of(season_ticket.holder.user).post(url(listing), BODY).status_code == 403
        assert api_of(None).post(url(listing), BODY).status_code == 401

    @pytest.mark.parametrize(
        ("rate_bps", "reason", "error"),
        [(10_000, "x", RateOutOfRange), (-1, "x", RateOutOfRange), (100, " ", MoveReasonMissing)],
    )
    def test_is_checked_by_the_service_too(
        self, triage: User, season_ticket: SeasonTicket, event: Event, rate_bps: int, reason: str, error: type
    ) -> None:
        listing = made(season_ticket, event)
        with pytest.raises(error):
            listing_rate_set(listing_id=listing.id, rate_bps=rate_bps, act=act_of(triage, reason=reason))
        with pytest.raises(Listing.DoesNotExist):
            listing_rate_set(listing_id=uuid4(), rate_bps=100, act=act_of(triage))
