"""What staff can do about season tickets in the admin, and what nobody can."""

import re
from html import unescape

import pytest
from django.test import Client

from apps.common.testing.downloads import downloaded
from apps.season_tickets.models import DistinctPlace, SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.stories import staff_browser

URL, ID = "/admin/season_tickets/seasonticket/", "0192f0c1-2d3e-7000-8000-000000000001"
pytestmark = pytest.mark.django_db


def act(client: Client, action: str, *season_tickets: SeasonTicket, **fields: str) -> str:
    data = {"action": action, "_selected_action": [str(row.id) for row in season_tickets], **fields}
    return client.post(URL, data, follow=True).content.decode()


@pytest.fixture
def pending() -> SeasonTicket:
    return SeasonTicketFactory(status="pending")


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


class TestExport:
    def test_disarms_formulas(self) -> None:
        SeasonTicketFactory(section="=HYPERLINK(1)", row="@A", status="pending")
        response = staff_browser("view_seasonticket").post(f"{URL}export/", {"format": "0", "resource": "0"})
        assert """,\'=HYPERLINK(1),\'@A,"1, 2, 3, 4",consecutive,pending,""" in downloaded(response)


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
        [form] = re.findall(r'href="(/admin/season_tickets/distinctplace/add/[^"]+)"', page)
        client = staff_browser("add_distinctplace", "view_distinctplace", "view_team")
        asked = client.get(unescape(form)).content.decode()
        assert 'name="other_row" value="A."' in asked
        data = {
            "team": str(pending.team_id), "section": "101", "row": " a", "other_section": "101", "other_row": "A.",
            "reason": "Seating plan",
        }  # fmt: skip
        done = client.post("/admin/season_tickets/distinctplace/add/", data, follow=True)
        assert done.status_code == 200
        named = DistinctPlace.objects.get()
        assert (named.row, named.other_row, named.reason) == ("A", "A.", "Seating plan")
        assert (named.named_by, named.team) == (done.wsgi_request.user, pending.team)
        act(staff_browser("change_seasonticket", "view_seasonticket"), "verify", pending, twin)
        assert statuses(pending, twin) == ["verified", "verified"]
        looked = client.get(f"/admin/season_tickets/distinctplace/{named.id}/change/").content.decode()
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
        assert problem in client.post("/admin/season_tickets/distinctplace/add/", data).content.decode()
        assert not DistinctPlace.objects.exists()


def statuses(*season_tickets: SeasonTicket) -> list[str]:
    return [SeasonTicket.objects.get(id=row.id).status for row in season_tickets]
