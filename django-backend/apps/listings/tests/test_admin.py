"""What staff can do about listings in the admin, and what nobody can."""

import pytest
from django.db import InternalError, transaction
from django.test import Client
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.testing.downloads import downloaded
from apps.common.testing.queries import queries_of
from apps.listings.models import Listing, ListingEvent
from apps.listings.testing import stories
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing(season_ticket: SeasonTicket, event: Event) -> Listing:
    return list_seat_one(event, season_ticket)


def list_seat_one(event: Event, season_ticket: SeasonTicket) -> Listing:
    return stories.pending("1", block=season_ticket, event=event, price_cents=12_345, now=timezone.now())


class TestListingAdmin:
    def test_shows_seats_and_history(self, listing: Listing) -> None:
        client = staff_browser("view_listing", "view_ticket", "view_listingevent")
        assert "123.45 USD" in client.get("/admin/listings/listing/").content.decode()
        page = client.get(f"/admin/listings/listing/{listing.id}/change/").content.decode()
        assert "section 101 row A seat 1" in page
        assert "new → pending" in page


class TestListingDecisions:
    LIST = "/admin/listings/listing/"

    def act(self, client: Client, action: str, listing: Listing, **fields: str) -> str:
        data = {"action": action, "_selected_action": [str(listing.id)], **fields}
        return client.post(self.LIST, data, follow=True).content.decode()

    def test_approves_and_keeps_who_and_where(self, listing: Listing) -> None:
        """S3-52."""
        page = self.act(staff_browser("view_listing", "change_listing"), "approve", listing)
        assert "Approve: 1 listing." in page
        row = listing.history.last()
        assert row is not None
        assert (row.to_status, row.source, row.actor.is_staff) == ("listed", "admin", True)

    def test_says_why_a_listing_stays(self, listing: Listing) -> None:
        client = staff_browser("view_listing", "change_listing")
        assert "the listing has been pending since" in self.act(client, "approve_delisting", listing)

    def test_does_not_decline_without_a_reason(self, listing: Listing) -> None:
        client = staff_browser("view_listing", "change_listing")
        assert "Write the reason" in self.act(client, "decline", listing)
        self.act(client, "decline", listing, reason="No proof")
        listing.refresh_from_db()
        assert listing.status == "declined"

    def test_is_not_for_staff_who_may_only_look(self, listing: Listing) -> None:
        self.act(staff_browser("view_listing"), "approve", listing)
        listing.refresh_from_db()
        assert listing.status == "pending"


class TestExport:
    def test_writes_what_the_filters_leave_as_csv(self, listing: Listing) -> None:
        response = staff_browser("view_listing").post("/admin/listings/listing/export/", self.export_data())
        header, line = downloaded(response).splitlines()
        assert header == "id,status,holder,event,starts_at,section,row,seats,price,currency,created_at"
        assert line.split(",")[:3] == [str(listing.id), "pending", listing.holder.user.email]
        assert ",101,A,1,123.45,USD," in line

    def test_is_closed_to_staff_who_may_not_look(self, listing: Listing) -> None:
        client = staff_browser("view_seasonticket")
        assert client.post("/admin/listings/listing/export/", self.export_data()).status_code == 403

    def test_needs_no_query_a_row(self, listing: Listing) -> None:
        client, counts = staff_browser("view_listing"), []
        for _ in range(2):
            counts.append(queries_of(lambda: client.post("/admin/listings/listing/export/", self.export_data())))
            for _ in range(3):
                list_seat_one(home_game(listing.season_ticket), listing.season_ticket)
        assert counts[0] == counts[1]

    def export_data(self) -> dict[str, str]:
        return {"format": "0", "resource": "0"}


class TestListingEvent:
    def test_is_append_only_in_the_database(self, listing: Listing) -> None:
        for write in (lambda rows: rows.update(note="x"), lambda rows: rows.delete()):
            with pytest.raises(InternalError, match="append_only"), transaction.atomic():
                write(ListingEvent.objects.filter(listing=listing))
