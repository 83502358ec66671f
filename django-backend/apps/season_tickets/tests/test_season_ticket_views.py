"""Season tickets over the API."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.catalog.testing.factories import SeasonFactory, TeamFactory
from apps.common.characters import is_latin
from apps.common.testing.clients import api_of
from apps.common.text import normalise_printed
from apps.holders.testing.factories import TicketHolderFactory
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.factories import UserFactory

URL = "/api/v1/season-tickets/"
pytestmark = pytest.mark.django_db


def body(season_ticket: SeasonTicket, /, **changes: Any) -> dict[str, Any]:
    return {
        "team": str(season_ticket.team_id),
        "season": str(season_ticket.season_id),
        "section": "205",
        "row": "C",
        "first_seat": 5,
        "last_seat": 8,
        **changes,
    }


class TestPlace:
    """Section and row are what tells physical seats apart, so what looks alike must be alike."""

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            (" 10a ", "10A"),
            ("club \t  12", "CLUB 12"),
            ("\uff11\uff10\uff11", "101"),  # wide digits
            ("1\u200b01\u2060", "101"),  # invisible characters
            ("1\u00ad01", "101"),  # a hyphen that shows at line ends only
            ("\u202e101", "101"),  # text that would be written from the right
            ("loge\u0301", "LOG\u00c9"),  # an accent of its own
            ("stra\u00dfe", "STRASSE"),
            ("A-1/2 (K&Q)", "A-1/2 (K&Q)"),
        ],
    )
    @pytest.mark.parametrize("field", ["section", "row"])
    def test_is_stored_in_one_form(
        self, api: APIClient, season_ticket: SeasonTicket, field: str, sent: str, stored: str
    ) -> None:
        """S3-54, S4-07."""
        response = api.post(URL, body(season_ticket, **{field: sent}))
        assert response.status_code == 201, response.data
        assert response.data[field] == stored

    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            ("\u200b", "blank"),
            (" \u2060 ", "blank"),
            ("\u00df" * 16, "max_length"),  # 32 characters in upper case
            ("\ufdfa" * 2, "not_printed"),  # one sign, eighteen letters
            ("\u0410", "not_printed"),  # a Cyrillic A
            ("10\u0660", "not_printed"),  # an Arabic zero
            ("\u3164", "not_printed"),  # a letter that shows nothing
            ("101\ufe0f", "not_printed"),
            ("A" * 31, "max_length"),
        ],
    )
    @pytest.mark.parametrize("field", ["section", "row"])
    def test_is_refused_when_no_ticket_shows_it(
        self, api: APIClient, season_ticket: SeasonTicket, field: str, sent: str, code: str
    ) -> None:
        response = api.post(URL, body(season_ticket, **{field: sent}))
        assert response.status_code == 400, response.data
        assert [(error["attr"], error["code"]) for error in response.data["errors"]] == [(field, code)]
        assert SeasonTicket.objects.count() == 1

    def test_is_one_claim_however_it_is_written(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S4-07: the holder's own block again, in wide digits."""
        again = body(season_ticket, section="\uff11\uff10\uff11", row="a\u200b", first_seat=4, last_seat=5)
        response = api.post(URL, again)
        assert (response.status_code, response.data["errors"][0]["code"]) == (409, "season_ticket_already_registered")


@given(st.text(max_size=40))
def test_the_stored_form_is_its_own(text: str) -> None:
    """Stored again it stays; case, and spaces around, change nothing."""
    stored = normalise_printed(text)
    assert normalise_printed(stored) == stored
    assert normalise_printed(f" {text}\t") == stored
    if is_latin(stored):
        assert normalise_printed(stored.lower()) == stored


class TestRegister:
    def test_answers_201_with_the_pending_block(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-54: the seats are derived from the range."""
        response = api.post(URL, body(season_ticket, section=" 205b ", row="c", first_seat="5"))
        assert response.status_code == 201, response.data
        assert response.data == {
            "id": response.data["id"],
            "team": str(season_ticket.team_id),
            "team_name": season_ticket.team.name,
            "season": str(season_ticket.season_id),
            "season_name": season_ticket.season.name,
            "numbering": "consecutive",
            "section": "205B",
            "row": "C",
            "first_seat": 5,
            "last_seat": 8,
            "quantity": 4,
            "seats": ["5", "6", "7", "8"],
            "elsewhere_of": None,
            "event": None,
            "status": "pending",
            "rejection_reason": "",
            "end_reason": "",
            "created_at": response.data["created_at"],
        }
        assert SeasonTicket.objects.get(id=response.data["id"]).holder == season_ticket.holder

    @pytest.mark.parametrize(
        ("changes", "attr"),
        [
            ({"team": "00000000-0000-0000-0000-000000000000"}, "team"),
            ({"team": "x"}, "team"),
            ({"season": None}, "season"),
            ({"section": ""}, "section"),
            ({"section": "x" * 31}, "section"),
            ({"row": "\x00"}, "row"),
            ({"row": ["A"]}, "row"),
            ({"first_seat": 0}, "first_seat"),
            ({"first_seat": "A"}, "first_seat"),
            ({"first_seat": 9}, "last_seat"),
            ({"last_seat": 105}, "last_seat"),
            ({"last_seat": 10**30}, "last_seat"),
        ],
    )
    def test_refuses_bad_input_naming_the_field(
        self, api: APIClient, season_ticket: SeasonTicket, changes: dict[str, Any], attr: str
    ) -> None:
        """S3-54."""
        response = api.post(URL, body(season_ticket, **changes))
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [attr]
        assert SeasonTicket.objects.count() == 1

    def test_refuses_a_team_of_another_league(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        response = api.post(URL, body(season_ticket, season=str(SeasonFactory().id)))
        assert response.status_code == 400
        assert (response.data["errors"][0]["code"], response.data["errors"][0]["attr"]) == (
            "team_not_in_league",
            "season",
        )

    def test_refuses_the_same_block_twice(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        assert api.post(URL, body(season_ticket)).status_code == 201
        response = api.post(URL, body(season_ticket, section="205 ", row="c"))
        assert response.status_code == 409
        assert response.data["errors"][0]["code"] == "season_ticket_already_registered"

    def test_lets_a_rejected_block_be_registered_again(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        SeasonTicket.objects.filter(id=api.post(URL, body(season_ticket)).data["id"]).update(status="rejected")
        assert api.post(URL, body(season_ticket)).status_code == 201

    @pytest.mark.parametrize("field", ["status", "holder", "decided_by", "rejection_reason", "id"])
    def test_refuses_what_is_not_the_holders_to_say(
        self, api: APIClient, season_ticket: SeasonTicket, field: str
    ) -> None:
        """S3-51, S3-52: a holder can neither verify nor give to somebody else."""
        other = TicketHolderFactory()
        value = {"status": "verified", "holder": str(other.id), "decided_by": str(other.user_id)}.get(
            field, str(other.id)
        )
        before = SeasonTicket.objects.count()
        response = api.post(URL, body(season_ticket, **{field: value}))
        assert [(error["attr"], error["code"]) for error in response.data["errors"]] == [(field, "unknown")]
        assert SeasonTicket.objects.count() == before

    def test_has_one_effect_per_idempotency_key(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        answers = [api.post(URL, body(season_ticket), headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert SeasonTicket.objects.count() == 2


class TestPermissions:
    @pytest.mark.parametrize(
        ("who", "method", "status"),
        [
            ("anonymous", "get", 401), ("anonymous", "post", 401),
            ("user", "get", 200), ("user", "post", 403),
            ("holder", "get", 200), ("holder", "post", 201),
            ("staff", "get", 200), ("staff", "post", 403),
            ("holder", "put", 405), ("holder", "patch", 405), ("holder", "delete", 405),
        ],
    )  # fmt: skip
    def test_who_may_do_what(self, season_ticket: SeasonTicket, who: str, method: str, status: int) -> None:
        user = {
            "anonymous": None,
            "user": UserFactory(),
            "holder": season_ticket.holder.user,
            "staff": UserFactory(staff=True),
        }[who]
        response = getattr(api_of(user), method)(URL, body(season_ticket) if method == "post" else None)
        assert response.status_code == status
        assert SeasonTicket.objects.count() == (2 if status == 201 else 1)


class TestRead:
    def test_shows_a_holder_their_own_only(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-51: a foreign one is 404."""
        foreign = SeasonTicketFactory()
        assert [row["id"] for row in api.get(URL).data["results"]] == [str(season_ticket.id)]
        assert api.get(f"{URL}{season_ticket.id}/").status_code == 200
        assert api.get(f"{URL}{foreign.id}/").status_code == 404
        assert api.get(f"{URL}not-a-uuid/").status_code == 404

    @pytest.mark.parametrize(("permitted", "seen"), [(True, 2), (False, 0)])
    def test_shows_staff_all_if_they_may_view_them(
        self, season_ticket: SeasonTicket, permitted: bool, seen: int
    ) -> None:
        """S3-51."""
        SeasonTicketFactory()
        staff = UserFactory(staff=True)
        if permitted:
            staff.user_permissions.add(Permission.objects.get(codename="view_seasonticket"))
        assert len(api_of(staff).get(URL).data["results"]) == seen

    def test_a_permission_without_the_staff_flag_shows_nothing_more(self, season_ticket: SeasonTicket) -> None:
        user = UserFactory()
        user.user_permissions.add(Permission.objects.get(codename="view_seasonticket"))
        assert api_of(user).get(URL).data["results"] == []

    def test_filters(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        other = SeasonTicketFactory(
            holder=season_ticket.holder,
            season=season_ticket.season,
            team=TeamFactory(league=season_ticket.team.league),
            status="pending",
        )
        for name, value in [("team", other.team_id), ("status", "pending")]:
            assert [row["id"] for row in api.get(URL, {name: value}).data["results"]] == [str(other.id)]
        assert len(api.get(URL, {"season": season_ticket.season_id}).data["results"]) == 2
        assert api.get(URL, {"season": SeasonFactory().id}).data["results"] == []
        assert api.get(URL, {"status": "sold"}).data["errors"][0]["attr"] == "status"

    def test_needs_one_query_however_many(
        self, api: APIClient, season_ticket: SeasonTicket, django_assert_num_queries: Any
    ) -> None:
        for number in range(5):
            SeasonTicketFactory(holder=season_ticket.holder, row=f"R{number}")
        with django_assert_num_queries(1):
            assert len(api.get(URL).data["results"]) == 6
