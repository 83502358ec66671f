"""What staff can do about season tickets and listings in the admin, and what nobody can."""

import re
from html import unescape

import pytest
from django.db import InternalError, transaction
from django.test import Client
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.testing.downloads import downloaded
from apps.common.testing.queries import queries_of
from apps.listings.models import Listing, ListingEvent
from apps.listings.testing import stories
from apps.season_tickets.models import DistinctPlace, SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.stories import staff_browser

URL, ID = "/admin/listings/seasonticket/", "0192f0c1-2d3e-7000-8000-000000000001"
pytestmark = pytest.mark.django_db


def act(client: Client, action: str, *season_tickets: SeasonTicket, **fields: str) -> str:
    data = {"action": action, "_selected_action": [str(row.id) for row in season_tickets], **fields}
    return client.post(URL, data, follow=True).content.decode()


@pytest.fixture
def pending() -> SeasonTicket:
    return SeasonTicketFactory(status="pending")


@pytest.fixture
def listing(season_ticket: SeasonTicket, event: Event) -> Listing:
    return list_seat_one(event, season_ticket)


def list_seat_one(event: Event, season_ticket: SeasonTicket) -> Listing:
    return stories.pending("1", block=season_ticket, event=event, price_cents=12_345, now=timezone.now())


class TestSeasonTicketAdmin:
    def test_verifies(self, pending: SeasonTicket) -> None:
        """S3-52: who and when are kept."""
        page = act(staff_browser("change_seasonticket", "view_seasonticket"), "verify", pending)
        pending.refresh_from_db()
        assert pending.status == "verified"
        assert pending.decided_by is not None
        assert pending.decided_at is not None
        assert "1 season ticket verified" in page

    def test_rejects_with_the_reason_that_the_holder_reads(self, pending: SeasonTicket) -> None:
        act(staff_browser("change_seasonticket", "view_seasonticket"), "reject", pending, reason="No proof of purchase")
        pending.refresh_from_db()
        assert (pending.status, pending.rejection_reason) == ("rejected", "No proof of purchase")

    def test_does_not_reject_without_a_reason(self, pending: SeasonTicket) -> None:
        page = act(staff_browser("change_seasonticket", "view_seasonticket"), "reject", pending, reason="  ")
        pending.refresh_from_db()
        assert pending.status == "pending"
        assert "Write the reason" in page

    @pytest.mark.parametrize("status", ["verified", "rejected"])
    @pytest.mark.parametrize("action", ["verify", "reject"])
    def test_leaves_what_is_decided(self, status: str, action: str) -> None:
        """S3-52: no way back, from either state to either."""
        decided = SeasonTicketFactory(status=status)
        page = act(staff_browser("change_seasonticket", "view_seasonticket"), action, decided, reason="x")
        decided.refresh_from_db()
        assert decided.status == status
        assert f"Cannot {action}: the season ticket is {status}" in page

    def test_does_nothing_for_staff_who_may_only_look(self, pending: SeasonTicket) -> None:
        act(staff_browser("view_seasonticket"), "verify", pending)
        pending.refresh_from_db()
        assert pending.status == "pending"


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

    def test_tells_why_a_listing_stays(self, listing: Listing) -> None:
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

    def test_disarms_formulas(self, db: None) -> None:
        SeasonTicketFactory(section="=HYPERLINK(1)", row="@A", status="pending")
        response = staff_browser("view_seasonticket").post(f"{URL}export/", self.export_data())
        assert """,\'=HYPERLINK(1),\'@A,"1, 2, 3, 4",consecutive,pending,""" in downloaded(response)

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


class TestTwins:
    @pytest.fixture
    def twin(self, pending: SeasonTicket) -> SeasonTicket:
        return SeasonTicketFactory(team=pending.team, season=pending.season, row="A.", status="pending")

    def test_are_asked_about_before_anything_is_verified(self, pending: SeasonTicket, twin: SeasonTicket) -> None:
        client = staff_browser("change_seasonticket", "view_seasonticket")
        other = SeasonTicketFactory(status="pending")
        page = act(client, "verify", pending, other)
        assert "1 season ticket verified" in page
        assert "section 101, row A., seats 1 to 4 of" in page
        assert f"{URL}{twin.id}/change/" in page
        fields = dict(re.findall(r'name="(action|_selected_action|confirmed_twins)" value="([^"]+)"', page))
        assert fields == {"action": "verify", "_selected_action": str(pending.id), "confirmed_twins": str(twin.id)}
        assert statuses(pending, twin, other) == ["pending", "pending", "verified"]
        page = act(client, "verify", pending, confirmed_twins=str(twin.id))
        assert "1 season ticket verified" in page
        page = act(client, "verify", twin, confirmed_twins=str(pending.id))
        assert "Another verified season ticket has seats that read like" in page
        assert statuses(pending, twin) == ["verified", "pending"]

    @pytest.mark.parametrize("sent", ["x", "", ID, "0" * 5_000])
    def test_are_not_confirmed_by_anything_else(self, pending: SeasonTicket, twin: SeasonTicket, sent: str) -> None:
        act(staff_browser("change_seasonticket", "view_seasonticket"), "verify", pending, confirmed_twins=sent)
        assert statuses(pending) == ["pending"]

    def test_are_shown_on_the_page_with_the_way_to_name_both_rows(
        self, pending: SeasonTicket, twin: SeasonTicket
    ) -> None:
        page = staff_browser("view_seasonticket").get(f"{URL}{pending.id}/change/").content.decode()
        assert "May be the same seats as" in page
        assert f"{URL}{twin.id}/change/" in page
        [form] = re.findall(r'href="(/admin/listings/distinctplace/add/[^"]+)"', page)
        client = staff_browser("add_distinctplace", "view_distinctplace", "view_team")
        asked = client.get(unescape(form)).content.decode()
        assert 'name="other_row" value="A."' in asked
        data = {
            "team": str(pending.team_id), "section": "101", "row": " a", "other_section": "101", "other_row": "A.",
            "reason": "Seating plan",
        }  # fmt: skip
        done = client.post("/admin/listings/distinctplace/add/", data, follow=True)
        assert done.status_code == 200
        named = DistinctPlace.objects.get()
        assert (named.row, named.other_row, named.reason) == ("A", "A.", "Seating plan")
        assert (named.named_by, named.team) == (done.wsgi_request.user, pending.team)
        act(staff_browser("change_seasonticket", "view_seasonticket"), "verify", pending, twin)
        assert statuses(pending, twin) == ["verified", "verified"]
        looked = client.get(f"/admin/listings/distinctplace/{named.id}/change/").content.decode()
        assert "Seating plan" in looked
        assert str(named.named_by) in looked

    @pytest.mark.parametrize(
        ("row", "problem"), [("a", "same place"), ("B", "do not read alike"), ("\u200b", "do not read alike")]
    )
    def test_of_nothing_are_not_named(self, pending: SeasonTicket, row: str, problem: str) -> None:
        data = {
            "team": str(pending.team_id), "section": "101", "row": "A", "other_section": "101", "other_row": row,
            "reason": "x",
        }  # fmt: skip
        client = staff_browser("add_distinctplace", "view_team")
        assert problem in client.post("/admin/listings/distinctplace/add/", data).content.decode()
        assert not DistinctPlace.objects.exists()


def statuses(*season_tickets: SeasonTicket) -> list[str]:
    return [SeasonTicket.objects.get(id=row.id).status for row in season_tickets]
