"""Blocks that are numbered otherwise, overlap, are claimed twice, or end."""

from collections import Counter
from collections.abc import Iterator
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.errors import MoveReasonMissing
from apps.common.testing.acts import act_of
from apps.common.testing.guards import without_guards
from apps.common.testing.threads import at_once
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.errors import SeasonTicketAlreadyRegistered, SeasonTicketDecided, SeasonTicketSeatClaimed
from apps.season_tickets.models import SeasonTicket, SeasonTicketSeat
from apps.season_tickets.services import decisions, season_tickets
from apps.season_tickets.services.decisions import season_ticket_end, season_ticket_reject, season_ticket_verify
from apps.season_tickets.services.season_tickets import season_ticket_register
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.tests.test_season_ticket_views import URL, body
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_api

NOW = timezone.now()


def general_admission(season_ticket: SeasonTicket, **changes: Any) -> dict[str, Any]:
    places = {"numbering": "general_admission", "quantity": 3}
    return {"team": str(season_ticket.team_id), "season": str(season_ticket.season_id), **places, **changes}


def verify(season_ticket: SeasonTicket) -> None:
    others = SeasonTicket.objects.values_list("id", flat=True)
    season_ticket_verify(
        season_ticket_id=season_ticket.id, act=act_of(UserFactory(staff=True), now=NOW), confirmed_twins=others
    )


def end(season_ticket: SeasonTicket, reason: str = "Sold the seats") -> None:
    season_ticket_end(season_ticket_id=season_ticket.id, act=act_of(UserFactory(staff=True), now=NOW, reason=reason))


@pytest.mark.django_db
class TestNumbering:
    def test_odd_even_neighbours_differ_by_two(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-54: the seats are derived from range and numbering."""
        response = api.post(URL, body(season_ticket, numbering="odd_even", first_seat=5, last_seat=11))
        assert (response.data["seats"], response.data["quantity"]) == (["5", "7", "9", "11"], 4)

    def test_general_admission_has_places(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        response = api.post(URL, general_admission(season_ticket))
        assert response.status_code == 201, response.data
        shown = {name: response.data[name] for name in ("section", "row", "seats", "quantity", "numbering")}
        assert shown == {
            "section": "GA", "row": "GA", "seats": ["1", "2", "3"], "quantity": 3, "numbering": "general_admission",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "attrs"),
        [
            ({"numbering": "odd_even", "first_seat": 5, "last_seat": 8}, ["last_seat"]),
            ({"numbering": "odd_even", "first_seat": 1, "last_seat": 201}, ["last_seat"]),
            ({"numbering": "spiral"}, ["numbering"]),
            ({"quantity": 4}, ["quantity"]),
            ({"numbering": "general_admission"}, ["quantity", "first_seat", "last_seat"]),
        ],
    )
    def test_names_what_does_not_fit(
        self, api: APIClient, season_ticket: SeasonTicket, changes: dict[str, Any], attrs: list[str]
    ) -> None:
        """S3-54."""
        response = api.post(URL, body(season_ticket, **changes))
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == attrs

    def test_a_hundred_odd_seats_are_a_block(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        wide = body(season_ticket, numbering="odd_even", first_seat=1, last_seat=199)
        assert api.post(URL, wide).data["quantity"] == 100

    def test_what_a_numbered_block_needs_is_named(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        short = {"team": str(season_ticket.team_id), "season": str(season_ticket.season_id)}
        errors = api.post(URL, short).data["errors"]
        assert {error["attr"] for error in errors} == {"section", "row", "first_seat", "last_seat"}
        assert {error["code"] for error in errors} == {"required"}


@pytest.mark.django_db
class TestOverlap:
    def test_own_seats_are_registered_once(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-54: an overlapping block of one's own is refused with the seats."""
        assert api.post(URL, body(season_ticket)).status_code == 201
        response = api.post(URL, body(season_ticket, first_seat=8, last_seat=12))
        assert response.status_code == 409
        assert response.data["errors"][0]["detail"] == "You have already registered seat 8."

    def test_odd_and_even_seats_of_a_row_are_two_blocks(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        for first, last in ((1, 7), (2, 8)):
            block = body(season_ticket, numbering="odd_even", first_seat=first, last_seat=last)
            assert api.post(URL, block).status_code == 201

    def test_ended_and_rejected_blocks_are_in_nobodys_way(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        for status in (SeasonTicketStatus.REJECTED, SeasonTicketStatus.ENDED):
            made = api.post(URL, body(season_ticket))
            assert made.status_code == 201
            SeasonTicket.objects.filter(id=made.data["id"]).update(status=status)


@pytest.mark.django_db
class TestVerification:
    def test_names_seats_that_another_verified_block_has(self, season_ticket: SeasonTicket) -> None:
        """S3-54: no two verified blocks of a team and season share a seat."""
        claim = SeasonTicketFactory(
            team=season_ticket.team, season=season_ticket.season, first_seat=3, last_seat=6, status="pending"
        )
        with pytest.raises(SeasonTicketSeatClaimed, match=f"row A, seats 3 and 4: {season_ticket.id}") as caught:
            verify(claim)
        assert caught.value.other_ids == (season_ticket.id,)
        claim.refresh_from_db()
        assert (claim.status, claim.decided_by) == ("pending", None)

    @pytest.mark.parametrize("differs", ["section", "row", "season", "seats"])
    def test_takes_seats_that_only_look_alike(self, season_ticket: SeasonTicket, differs: str) -> None:
        place: dict[str, Any] = {"team": season_ticket.team, "season": season_ticket.season, "status": "pending"}
        changes = {
            "section": {"section": "102"},
            "row": {"row": "B"},
            "season": {"team": SeasonTicketFactory().team},
            "seats": {"first_seat": 5, "last_seat": 6},
        }[differs]
        if "team" in changes:
            place["season"] = SeasonTicketFactory().season
        claim = SeasonTicketFactory(**{**place, **changes})
        verify(claim)
        claim.refresh_from_db()
        assert claim.status == "verified"

    def test_holds_for_plain_sql_too(self, season_ticket: SeasonTicket) -> None:
        """The rule is the database's: no service is asked here."""
        claim = SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, status="pending")
        with pytest.raises(IntegrityError, match="seasonticketseat_verified_once"), transaction.atomic():
            SeasonTicket.objects.filter(id=claim.id).update(status="verified")

    @pytest.mark.parametrize("field", ["first_seat", "row", "numbering"])
    def test_a_block_never_changes(self, season_ticket: SeasonTicket, field: str) -> None:
        value = {"first_seat": 2, "row": "Z", "numbering": "odd_even"}[field]
        with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
            SeasonTicket.objects.filter(id=season_ticket.id).update(**{field: value})


@pytest.mark.django_db
class TestEnd:
    @pytest.mark.parametrize("status", ["pending", "rejected", "ended"])
    def test_is_for_verified_blocks_only(self, status: str) -> None:
        """S3-52."""
        answer = staff_api("view_seasonticket", "change_seasonticket").post(
            f"/api/v1/staff/season-tickets/{SeasonTicketFactory(status=status).id}/end/", {"reason": "x"}
        )
        assert (answer.status_code, answer.data["errors"][0]["code"]) == (409, "season_ticket_decided")


@pytest.fixture
def no_claims() -> Iterator[None]:
    with without_guards("listings_seasonticketseat", "seasonticketseat_verified_once", "seasonticketseat_read_once"):
        yield


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def claims(self, row: str = "A") -> list[SeasonTicket]:
        """Return four overlapping blocks of row A, the last one with its own spelling of it."""
        first = SeasonTicketFactory(status="pending")
        place = {"team": first.team, "season": first.season, "status": "pending"}
        rows = ("A", "A", row)
        return [
            first,
            *(SeasonTicketFactory(first_seat=n, last_seat=n + 3, row=row, **place) for n, row in enumerate(rows, 2)),
        ]

    @pytest.mark.parametrize("row", ["A", "ROW A.", "\u1d00"])
    def test_one_of_overlapping_claims_is_verified(self, row: str) -> None:
        """S4-07: staff verify four overlapping blocks at once; each has seat 4, whatever the spelling of its row."""
        results = at_once(*[lambda claim=claim: verify(claim) for claim in self.claims(row)])
        assert Counter(type(result) for result in results) == {type(None): 1, SeasonTicketSeatClaimed: 3}
        assert SeasonTicket.objects.filter(status="verified").count() == 1
        assert SeasonTicketSeat.objects.count() == 4

    def test_all_would_be_verified_without_the_constraint(
        self, no_claims: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Twin: every request looks for twins before any of them commits."""
        looked, refuse = Barrier(4), decisions._refuse_twins

        def refuse_then_wait(*args: Any, **kwargs: Any) -> None:
            refuse(*args, **kwargs)
            looked.wait(20)

        monkeypatch.setattr(decisions, "_refuse_twins", refuse_then_wait)
        results = at_once(*[lambda claim=claim: verify(claim) for claim in self.claims("ROW A.")])
        assert results == [None] * 4

    def register(self, block: SeasonTicket, first_seat: int) -> SeasonTicket:
        return season_ticket_register(
            holder=block.holder, team=block.team, season=block.season, section="9", row="9", first_seat=first_seat,
            last_seat=first_seat + 3, now=NOW,
        )  # fmt: skip

    def test_one_of_overlapping_registrations_is_made(self) -> None:
        block = SeasonTicketFactory()
        results = at_once(*[lambda seat=seat: self.register(block, seat) for seat in (1, 2, 3, 4)])
        assert Counter(type(result) for result in results) == {SeasonTicket: 1, SeasonTicketAlreadyRegistered: 3}

    def test_all_would_be_made_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: every request looks before any of them writes."""
        looked, refuse = Barrier(4), season_tickets._refuse_registered

        def refuse_then_wait(block: SeasonTicket) -> None:
            refuse(block)
            looked.wait(20)

        monkeypatch.setattr(season_tickets, "holder_locked", lambda holder_id: None)
        monkeypatch.setattr(season_tickets, "_refuse_registered", refuse_then_wait)
        block = SeasonTicketFactory()
        results = at_once(*[lambda seat=seat: self.register(block, seat) for seat in (1, 2, 3, 4)])
        assert Counter(type(result) for result in results) == {SeasonTicket: 4}


@pytest.mark.django_db(transaction=True)
class TestDecision:
    def test_is_made_once(self) -> None:
        """S3-52: verify and reject at once; one wins, the other gets an error."""
        season_ticket = SeasonTicketFactory(status=SeasonTicketStatus.PENDING)
        staff, now = UserFactory(staff=True), timezone.now()
        results = at_once(
            lambda: season_ticket_verify(season_ticket_id=season_ticket.id, act=act_of(staff, now=now)),
            lambda: season_ticket_reject(
                season_ticket_id=season_ticket.id, act=act_of(staff, now=now, reason="No proof")
            ),
        )
        assert Counter(type(result) for result in results) == {type(None): 1, SeasonTicketDecided: 1}
        season_ticket.refresh_from_db()
        assert season_ticket.status == ("verified" if results[0] is None else "rejected")


@pytest.mark.django_db
def test_a_rejection_needs_a_reason() -> None:
    claim = SeasonTicketFactory(status="pending")
    with pytest.raises(MoveReasonMissing):
        season_ticket_reject(season_ticket_id=claim.id, act=act_of(UserFactory(staff=True), now=NOW, reason=" "))
