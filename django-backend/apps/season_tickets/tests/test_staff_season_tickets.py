"""Staff decide about season tickets over the API."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.common.testing.clients import api_of
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.stories import staff_api

URL = "/api/v1/staff/season-tickets/"
ALL = ("view_seasonticket", "change_seasonticket")
pytestmark = pytest.mark.django_db


@pytest.fixture
def pending() -> SeasonTicket:
    return SeasonTicketFactory(status="pending")


class TestDecisions:
    def test_verifies(self, pending: SeasonTicket) -> None:
        """S3-52."""
        response = staff_api(*ALL).post(f"{URL}{pending.id}/verify/")
        assert (response.status_code, response.data["status"]) == (200, "verified")
        assert response.data["holder_email"] == pending.holder.user.email
        assert response.data["holder"] == str(pending.holder_id)

    def test_rejects_with_a_reason(self, pending: SeasonTicket) -> None:
        response = staff_api(*ALL).post(f"{URL}{pending.id}/reject/", {"reason": "Blurred proof"})
        assert (response.data["status"], response.data["rejection_reason"]) == ("rejected", "Blurred proof")
        mine = api_of(pending.holder.user).get(f"/api/v1/season-tickets/{pending.id}/")
        assert mine.data["rejection_reason"] == "Blurred proof"

    def test_ends_with_a_reason(self, season_ticket: SeasonTicket) -> None:
        response = staff_api(*ALL).post(f"{URL}{season_ticket.id}/end/", {"reason": "Not renewed"})
        assert (response.data["status"], response.data["end_reason"]) == ("ended", "Not renewed")

    @pytest.mark.parametrize("action", ["reject", "end"])
    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 301}])
    def test_needs_a_reason(self, season_ticket: SeasonTicket, action: str, body: dict[str, str]) -> None:
        response = staff_api(*ALL).post(f"{URL}{season_ticket.id}/{action}/", body)
        assert response.status_code == 400
        assert response.data["errors"][0]["attr"] == "reason"

    def test_tells_the_conflict(self, season_ticket: SeasonTicket) -> None:
        """S3-54."""
        claim = SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, status="pending")
        response = staff_api(*ALL).post(f"{URL}{claim.id}/verify/")
        assert response.status_code == 409
        error = response.data["errors"][0]
        assert error["code"] == "season_ticket_seat_claimed"
        assert "seats 1 to 4" in error["detail"]
        assert str(season_ticket.id) in error["detail"]

    @pytest.mark.parametrize("action", ["verify", "reject"])
    def test_decides_once(self, season_ticket: SeasonTicket, action: str) -> None:
        """S3-52."""
        response = staff_api(*ALL).post(
            f"{URL}{season_ticket.id}/{action}/", {"reason": "x"} if action == "reject" else {}
        )
        assert (response.status_code, response.data["errors"][0]["code"]) == (409, "season_ticket_decided")


class TestList:
    def test_filters(self, pending: SeasonTicket) -> None:
        other = SeasonTicketFactory(numbering="odd_even", last_seat=5)
        client = staff_api("view_seasonticket")
        for query in (
            {"status": "verified"},
            {"numbering": "odd_even"},
            {"league": other.season.league.code.lower()},
            {"team": other.team_id},
            {"season": other.season_id},
            {"search": other.holder.user.email[:12].upper()},
        ):
            assert [row["id"] for row in client.get(URL, query).data["results"]] == [str(other.id)], query

    def test_needs_one_query_however_many(
        self, pending: SeasonTicket, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = staff_api("view_seasonticket")
        for number in range(5):
            SeasonTicketFactory(row=f"R{number}")
        with django_assert_num_queries(5):  # two for the permissions of the user, two for twins
            assert len(client.get(URL).data["results"]) == 6


class TestPermissions:
    @pytest.mark.parametrize(
        ("codenames", "reads", "decides"),
        [((), 403, 403), (("view_seasonticket",), 200, 403), (("change_seasonticket",), 403, 403), (ALL, 200, 200)],
    )
    def test_of_staff(self, pending: SeasonTicket, codenames: tuple[str, ...], reads: int, decides: int) -> None:
        """S3-51."""
        client = staff_api(*codenames)
        assert client.get(URL).status_code == reads
        assert client.get(f"{URL}{pending.id}/").status_code == reads
        assert client.post(f"{URL}{pending.id}/verify/").status_code == decides
        pending.refresh_from_db()
        assert pending.status == ("verified" if decides == 200 else "pending")

    def test_of_everybody_else(self, pending: SeasonTicket) -> None:
        """S3-51: the holder does not verify their own seats."""
        assert api_of(None).get(URL).status_code == 401
        holder = api_of(pending.holder.user)
        assert holder.get(URL).status_code == 403
        assert holder.post(f"{URL}{pending.id}/verify/").status_code == 403
