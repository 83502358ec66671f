"""How staff find listings in the admin."""

from datetime import UTC, datetime

import pytest

from apps.common.acts import ChangeSource
from apps.common.testing.queries import queries_of
from apps.listings.enums import ListingChange
from apps.listings.models import Listing, ListingEvent
from apps.listings.tests.test_admin import list_seat_one
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.stories import staff_browser

URL = "/admin/listings/listing/"
pytestmark = pytest.mark.django_db


def shown(query: str) -> set[str]:
    """Return the ids of the listings that the page shows for a query."""
    page = staff_browser("view_listing").get(f"{URL}?{query}")
    assert page.status_code == 200
    return {str(listing.id) for listing in page.context["cl"].result_list}


@pytest.fixture
def listings() -> tuple[Listing, Listing]:
    """Two listings of two holders, teams, seasons and leagues."""
    first, second = SeasonTicketFactory(section="101"), SeasonTicketFactory(section="202")
    early, late = home_game(first, starts_at=datetime(2027, 1, 9, tzinfo=UTC)), home_game(second)
    return list_seat_one(early, first), list_seat_one(late, second)


class TestFinding:
    def test_filters_by_league_season_team_and_day(self, listings: tuple[Listing, Listing]) -> None:
        first, _ = listings
        event = first.event
        for query in (
            f"event__season__league__id__exact={event.season.league_id}",
            f"event__season__id__exact={event.season_id}",
            f"event__home_team__id__exact={event.home_team_id}",
            "event__starts_at__year=2027&event__starts_at__month=1&event__starts_at__day=9",
        ):
            assert shown(query) == {str(first.id)}, query

    def test_searches_holder_section_and_id(self, listings: tuple[Listing, Listing]) -> None:
        _, second = listings
        for words in (second.holder.user.email, "202", str(second.id)):
            assert shown(f"q={words}") == {str(second.id)}, words

    def test_shows_event_and_seats_and_no_ids(self, listings: tuple[Listing, Listing]) -> None:
        first, _ = listings
        page = staff_browser("view_listing").get(URL)
        [row] = [row for row in page.context["results"] if str(first.id) in "".join(row)]
        cells = "".join(row)
        assert first.event.name in cells
        assert f">{first.id}<" not in cells

    def test_is_linked_from_its_season_ticket(self, listings: tuple[Listing, Listing]) -> None:
        block = listings[0].season_ticket
        client = staff_browser("view_seasonticket", "view_listing")
        page = client.get(f"/admin/season_tickets/seasonticket/{block.pk}/listings/", follow=True)
        assert list(page.context["cl"].result_list) == [listings[0]]

    def test_needs_no_query_a_row(self, listings: tuple[Listing, Listing]) -> None:
        client, counts = staff_browser("view_listing"), []
        for _ in range(2):
            counts.append(queries_of(lambda: client.get(URL)))
            for _ in range(3):
                list_seat_one(home_game(listings[0].season_ticket), listings[0].season_ticket)
        assert counts[0] == counts[1]


def test_history_shows_prices(listings: tuple[Listing, Listing]) -> None:
    listing = listings[0]
    ListingEvent.objects.create(
        listing=listing, source=ChangeSource.SYSTEM, change=ListingChange.PRICE, from_status="pending",
        to_status="pending", from_price_cents=12_345, to_price_cents=11_000, at=listing.status_changed_at,
    )  # fmt: skip
    client = staff_browser("view_listing", "view_ticket", "view_listingevent")
    assert "123.45 → 110.00" in client.get(f"{URL}{listing.id}/change/").content.decode()


class TestOwnRate:
    def act(self, listing: Listing, *permissions: str, **fields: str) -> str:
        data = {"action": "set_own_rate", "_selected_action": [str(listing.id)], **fields}
        client = staff_browser("view_listing", *permissions)
        return client.post(URL, data, follow=True).content.decode()

    def test_is_set_and_removed_with_a_reason(self, listings: tuple[Listing, Listing]) -> None:
        """S3-22: the listing's own rate comes before every agreement."""
        listing = listings[0]
        for rate, expected in (("0.15", 1_500), ("", None)):
            assert "set for 1 listing" in self.act(listing, "change_listing", rate=rate, reason="A favour")
            listing.refresh_from_db()
            assert listing.commission_rate_bps == expected
        notes = listing.history.filter(change="commission").values_list("note", "source")
        assert set(notes) == {("default → 0.1500: A favour", "admin"), ("0.1500 → default: A favour", "admin")}

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"rate": "1", "reason": "x"}, "Rate: "),
            ({"rate": "-0.1", "reason": "x"}, "Rate: "),
            ({"rate": "15 %", "reason": "x"}, "Rate: "),
            ({"rate": "0.15", "reason": " "}, "Reason: "),
        ],
    )
    def test_says_what_is_wrong(self, listings: tuple[Listing, Listing], fields: dict[str, str], sentence: str) -> None:
        assert sentence in self.act(listings[0], "change_listing", **fields)
        assert not Listing.objects.exclude(commission_rate_bps=None).exists()

    def test_is_not_for_staff_who_may_only_view(self, listings: tuple[Listing, Listing]) -> None:
        self.act(listings[0], rate="0.15", reason="x")
        assert not Listing.objects.exclude(commission_rate_bps=None).exists()
