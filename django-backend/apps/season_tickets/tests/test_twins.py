"""Season tickets that may be for the same seats: found, shown, confirmed, refused, and excepted."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps as installed
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.common.ids import uuid7
from apps.common.testing.acts import act_of
from apps.common.testing.clients import api_of
from apps.common.testing.races import before_commit, while_uncommitted
from apps.common.testing.threads import at_once
from apps.season_tickets.errors import PlacesNotAlike, SeasonTicketSeatClaimed, SeasonTicketTwinsUnconfirmed
from apps.season_tickets.models import DistinctPlace, SeasonTicket, SeasonTicketSeat
from apps.season_tickets.selectors.twins import twins_of
from apps.season_tickets.services import season_tickets
from apps.season_tickets.services.decisions import season_ticket_verify
from apps.season_tickets.services.season_tickets import distinct_place_name
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_api

NOW = timezone.now()
STAFF = "/api/v1/staff/season-tickets/"


def beside(block: SeasonTicket, **fields: Any) -> SeasonTicket:
    """Return a pending block of another holder for the same team and season."""
    return SeasonTicketFactory(**{"team": block.team, "season": block.season, "status": "pending", **fields})


def verify(block: SeasonTicket, *confirmed: SeasonTicket) -> None:
    twins = [twin.id for twin in confirmed]
    season_ticket_verify(season_ticket_id=block.id, act=act_of(UserFactory(staff=True), now=NOW), confirmed_twins=twins)


def name(block: SeasonTicket, other: SeasonTicket) -> DistinctPlace:
    return distinct_place_name(
        team=block.team,
        section=block.section,
        row=block.row,
        other_section=other.section,
        other_row=other.row,
        act=act_of(UserFactory(staff=True), reason="Seen on the seating plan"),
    )


@pytest.mark.django_db
class TestTwins:
    @pytest.mark.parametrize(
        "fields",
        [
            {"section": "SECTION 101", "row": "ROW A"}, {"row": "A."}, {"row": "\u1d00"}, {"section": "0101"},
            {"first_seat": 4, "last_seat": 9}, {"status": "verified", "row": "'A'"},
            {"numbering": "listed", "listed_seats": ["X", "04"], "first_seat": 1, "last_seat": 2},
            {"numbering": "odd_even", "first_seat": 3, "last_seat": 5},
        ],
    )  # fmt: skip
    def test_read_alike_and_share_a_seat(self, fields: dict[str, Any]) -> None:
        block = SeasonTicketFactory(status="pending")
        twin = beside(block, **fields)
        assert [found.season_ticket for found in twins_of([block])[block.id]] == [twin]
        [mutual] = twins_of([twin])[twin.id]
        assert (mutual.season_ticket, mutual.is_same) == (block, not {"section", "row"} & fields.keys())

    @pytest.mark.parametrize(
        "fields",
        [
            {"section": "102"}, {"row": "B."}, {"first_seat": 5, "last_seat": 9}, {"status": "rejected"},
            {"status": "ended"}, {"numbering": "general_admission"}, {"numbering": "odd_even", "first_seat": 5,
            "last_seat": 7}, {"team": None}, {"season": None},
            {"numbering": "listed", "listed_seats": ["X", "5"], "first_seat": 1, "last_seat": 2},
        ],
    )  # fmt: skip
    def test_are_no_others(self, fields: dict[str, Any]) -> None:
        block = SeasonTicketFactory(status="pending")
        if fields.keys() & {"team", "season"}:
            stranger = SeasonTicketFactory()
            fields = {field: getattr(stranger, field) for field in fields}
        beside(block, **fields)
        assert twins_of([block])[block.id] == []

    def test_of_a_page_take_two_queries(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        blocks = [SeasonTicketFactory(status="pending") for _ in range(3)]
        for block in blocks:
            beside(block, row="A.")
            beside(block, row="Row A")
        with django_assert_num_queries(2):
            assert [len(twins) for twins in twins_of(blocks).values()] == [2, 2, 2]

    def test_are_told_by_seats_and_holder_verified_ones_first(self) -> None:
        block = SeasonTicketFactory(status="pending")
        pending, verified = beside(block, row="A.", last_seat=2), beside(block, row="Row A", status="verified")
        first, second = twins_of([block])[block.id]
        assert (
            first.text == f"section 101, row Row A, seats 1 to 4 of {verified.holder.user.get_full_name()} (verified)"
        )
        assert second.text == f"section 101, row A., seats 1 and 2 of {pending.holder.user.get_full_name()} (pending)"


@pytest.mark.django_db
class TestVerifying:
    def test_needs_a_second_look(self) -> None:
        """shared/cases: two claims of row 5 of section 101, in other words."""
        first = SeasonTicketFactory(section="101", row="5", status="pending")
        second, third = beside(first, section="SECTION 101", row="ROW 5"), beside(first, section="101", row="005")
        with pytest.raises(
            SeasonTicketTwinsUnconfirmed, match="section SECTION 101, row ROW 5, seats 1 to 4"
        ) as caught:
            verify(first, third)
        assert caught.value.other_ids == (second.id,)
        first.refresh_from_db()
        assert (first.status, first.decided_by, SeasonTicketSeat.objects.count()) == ("pending", None, 0)
        verify(first, second, third)
        for twin in (second, third):
            with pytest.raises(SeasonTicketSeatClaimed, match=r"read like .* distinct places"):
                verify(twin, first, second, third)
        assert list(SeasonTicket.objects.filter(status="verified")) == [first]

    def test_is_refused_by_the_database_too(self) -> None:
        """No service is asked here."""
        block = SeasonTicketFactory()
        twin = beside(block, row="Row A")
        with pytest.raises(IntegrityError, match="seasonticketseat_read_once"), transaction.atomic():
            SeasonTicket.objects.filter(id=twin.id).update(status="verified")

    def test_names_the_seats_that_clash(self) -> None:
        block = SeasonTicketFactory(numbering="listed", listed_seats=["A", "B", "C"], last_seat=3)
        twin = beside(block, row="A.", numbering="listed", listed_seats=["D", "c.", "b"], last_seat=3)
        with pytest.raises(
            SeasonTicketSeatClaimed, match=r"read like section 101, row A\., seats c\. and b: "
        ) as caught:
            verify(twin)
        assert caught.value.other_ids == (block.id,)

    def test_of_a_row_of_the_release_before_folds_it_first(self) -> None:
        """While a release is put in place, old processes write rows without a key."""
        block = SeasonTicketFactory()
        twin = beside(block, row="Row A")
        SeasonTicket.objects.filter(id=twin.id).update(place_key="")
        with pytest.raises(SeasonTicketSeatClaimed):
            verify(twin)


@pytest.mark.django_db
class TestApi:
    def test_shows_twins_and_takes_the_confirmation(self) -> None:
        block = SeasonTicketFactory(status="pending")
        twin = beside(block, row="Row A", last_seat=2)
        client = staff_api("view_seasonticket", "change_seasonticket")
        [shown] = client.get(f"{STAFF}{block.id}/").data["may_be_same_as"]
        assert shown == {
            "season_ticket": str(twin.id), "holder_name": twin.holder.user.get_full_name(), "section": "101",
            "row": "Row A", "seats": ["1", "2"], "status": "pending",
        }  # fmt: skip
        assert [len(row["may_be_same_as"]) for row in client.get(STAFF).data["results"]] == [1, 1]
        refused = client.post(f"{STAFF}{block.id}/verify/")
        [error] = refused.data["errors"]
        assert (refused.status_code, error["code"]) == (409, "season_ticket_twins_unconfirmed")
        assert (error["attr"], str(twin.id) in error["detail"]) == ("confirmed_twins", True)
        done = client.post(f"{STAFF}{block.id}/verify/", {"confirmed_twins": [str(twin.id)]})
        assert (done.status_code, done.data["status"]) == (200, "verified")
        clash = client.post(f"{STAFF}{twin.id}/verify/", {"confirmed_twins": [str(block.id)]})
        assert (clash.status_code, clash.data["errors"][0]["code"]) == (409, "season_ticket_seat_claimed")

    @pytest.mark.parametrize(
        ("sent", "attr"),
        [({"confirmed_twins": "all"}, "confirmed_twins"), ({"confirmed_twins": ["x"]}, "confirmed_twins.0"),
         ({"confirm": True}, "confirm"), ({"confirmed_twins": [str(uuid7())] * 101}, "confirmed_twins")],
    )  # fmt: skip
    def test_refuses_what_it_does_not_know(self, sent: dict[str, Any], attr: str) -> None:
        block = SeasonTicketFactory(status="pending")
        answer = staff_api("view_seasonticket", "change_seasonticket").post(f"{STAFF}{block.id}/verify/", sent)
        assert (answer.status_code, answer.data["errors"][0]["attr"]) == (400, attr)

    def test_of_holders_tells_nothing_of_others(self) -> None:
        block = SeasonTicketFactory(status="pending")
        beside(block, row="Row A")
        mine = api_of(block.holder.user).get(f"/api/v1/season-tickets/{block.id}/")
        assert "may_be_same_as" not in mine.data


@pytest.mark.django_db
class TestDistinctPlaces:
    @pytest.mark.parametrize("verified_first", [True, False])
    @pytest.mark.parametrize("turned", [True, False])
    def test_let_both_be_verified(self, verified_first: bool, turned: bool) -> None:
        """Whichever of the two is named first, and whether one is verified already."""
        block = SeasonTicketFactory(status="pending")
        twin = beside(block, row="A.")
        if verified_first:
            verify(block, twin)
        named = name(twin, block) if turned else name(block, twin)
        assert (named.reason, named.named_by is None) == ("Seen on the seating plan", False)
        assert twins_of([block, twin]) == {block.id: [], twin.id: []}
        if not verified_first:
            verify(block)
        verify(twin)
        assert SeasonTicketSeat.objects.count() == 8

    def test_are_for_two_spellings_only(self) -> None:
        """A third one is asked about still, and the very same place is refused."""
        block = SeasonTicketFactory()
        twin = beside(block, row="A.")
        name(twin, block)
        verify(twin)
        third, again = beside(block, row="Row A"), beside(block, row="A.")
        assert {found.season_ticket for found in twins_of([third])[third.id]} == {block, twin, again}
        for claim in (third, again):
            with pytest.raises(SeasonTicketSeatClaimed):
                verify(claim, block, twin, third, again)

    def test_of_another_team_count_for_nothing(self) -> None:
        block = SeasonTicketFactory()
        twin, stranger = beside(block, row="A."), SeasonTicketFactory()
        name(stranger, beside(stranger, row="A."))
        with pytest.raises(SeasonTicketSeatClaimed):
            verify(twin)

    def test_are_named_once_and_for_good(self) -> None:
        block = SeasonTicketFactory(status="pending")
        twin = beside(block, row="A.")
        assert name(block, twin) == name(block, twin)
        for change in (DistinctPlace.objects.all().delete, lambda: DistinctPlace.objects.update(reason="x")):
            with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
                change()  # type: ignore[operator]

    @pytest.mark.parametrize(("row", "why"), [("A", "same place"), (" a ", "same place"), ("B", "do not read alike")])
    def test_are_refused_where_nothing_needs_them(self, row: str, why: str) -> None:
        block = SeasonTicketFactory(status="pending")
        with pytest.raises(PlacesNotAlike, match=why):
            name(block, SeasonTicket(section="101", row=row))


@pytest.mark.django_db(transaction=True)
class TestNamingWhileVerifying:
    def race(self, run: Any) -> str:
        block = SeasonTicketFactory(status="pending")
        twin = beside(block, row="A.")
        results = run(lambda: verify(block, twin), lambda: name(block, twin))
        assert not [result for result in results if isinstance(result, Exception)], results
        return str(SeasonTicketSeat.objects.values_list("place_key", flat=True).first())

    def test_the_seats_count_as_printed(self) -> None:
        """The block is verified and not committed: who names its place waits, and then finds the seats."""
        assert self.race(while_uncommitted) == "as printed: 101 | A"

    def test_they_would_keep_their_key_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin."""
        monkeypatch.setattr(season_tickets, "place_locked", lambda **place: None)
        assert self.race(before_commit) == "101|A"


@pytest.mark.django_db(transaction=True)
def test_twins_verified_at_once_are_one() -> None:
    """Both were compared, and both staff say yes: the index lets one of them win."""
    block = SeasonTicketFactory(status="pending")
    twin = beside(block, section="SECT 101", row="Row A")
    results = at_once(lambda: verify(block, twin), lambda: verify(twin, block))
    assert {type(result) for result in results} == {type(None), SeasonTicketSeatClaimed}
    assert SeasonTicketSeat.objects.count() == 4


@pytest.mark.django_db
def test_the_migration_folds_rows_and_names_verified_twins() -> None:
    """Rows of before have no keys; twins that are verified already stay so and are named for staff to check."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE listings_seasonticketseat DROP CONSTRAINT seasonticketseat_read_once")
    block = SeasonTicketFactory()
    twins = [beside(block, row=row, status="verified") for row in ("A.", "Row A")]
    pending = beside(block, section="0101")
    SeasonTicket.objects.update(place_key="")
    SeasonTicketSeat.objects.update(place_key="", seat_key="")
    then = SimpleNamespace(get_model=lambda _, name: installed.get_model("season_tickets", name))
    with connection.schema_editor() as editor:
        import_module("apps.listings.migrations.0005_fold_stored_seats").fold(then, editor)
    assert set(SeasonTicket.objects.values_list("place_key", flat=True)) == {"101|A"}
    named = set(DistinctPlace.objects.values_list("row", "other_row", "named_by"))
    assert named == {("A.", "A", None), ("Row A", "A", None), ("Row A", "A.", None)}
    keys = dict(SeasonTicketSeat.objects.values_list("season_ticket", "place_key"))
    assert keys == {block.id: "101|A"} | {twin.id: f"as printed: 101 | {twin.row}" for twin in twins}
    assert {found.season_ticket for found in twins_of([pending])[pending.id]} == {block, *twins}
