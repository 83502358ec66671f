"""A CSV and a request of the API for the same seat at once, in real transactions."""

from collections import Counter

import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.common.testing.threads import at_once
from apps.listing_files.errors import ListingCsvRefused
from apps.listing_files.services import upload as csv_upload
from apps.listing_files.services.upload import CsvOutcome, listings_from_csv
from apps.listings.errors.listings import SeatAlreadyListed
from apps.listings.models import Listing, Ticket
from apps.listings.tests.test_concurrency import list_seats
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db(transaction=True)


def upload(season_ticket: SeasonTicket, *events: object, dry_run: bool = False) -> CsvOutcome:
    lines = "".join(f"{season_ticket.id},{event},1,100\n" for event in events)
    return listings_from_csv(
        holder=season_ticket.holder,
        content=f"season_ticket,event,seats,price\n{lines}".encode(),
        dry_run=dry_run,
        act=Act(season_ticket.holder.user.id, ChangeSource.CSV, timezone.now()),
    )


class TestCsvAndApi:
    def test_let_one_have_the_seat(self) -> None:
        """S4-07: the second one gets an error that names the seat, and nothing of the file is written."""
        for _ in range(5):
            season_ticket = SeasonTicketFactory()
            event, other = home_game(season_ticket), home_game(season_ticket)
            csv, api = at_once(
                lambda: upload(season_ticket, event.id, other.id),  # noqa: B023 - run within the loop
                list_seats(season_ticket, event, "1"),
            )
            assert (type(csv), type(api)) in {(CsvOutcome, SeatAlreadyListed), (ListingCsvRefused, Listing)}
            assert Ticket.objects.filter(event=event, seat="1").count() == 1
            assert Ticket.objects.filter(event=other).count() == isinstance(csv, CsvOutcome)

    def test_are_refused_by_the_index_when_the_check_came_too_early(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another holder's block has another lock: between check and insert there is only the unique index."""
        season_ticket = SeasonTicketFactory()
        event, ask = home_game(season_ticket), csv_upload.seats_active
        answers = []

        def ask_early(seats: list[csv_upload.PhysicalSeat]) -> set[csv_upload.PhysicalSeat]:
            answers.append(ask(seats))
            return set() if len(answers) == 1 else answers[-1]

        list_seats(season_ticket, event, "1")()
        monkeypatch.setattr(csv_upload, "seats_active", ask_early)
        with pytest.raises(ListingCsvRefused) as refused:
            upload(season_ticket, event.id)
        assert [detail.attr for detail in refused.value.details] == ["rows.2.seats"]
        assert refused.value.details[0].detail == "Already listed for this event: seat 1."

    def test_two_files_in_opposite_orders_end_without_a_deadlock(self) -> None:
        """Locks in id order: of two files about the same seats one wins, the other is refused."""
        season_ticket = SeasonTicketFactory()
        events = [home_game(season_ticket).id for _ in range(10)]
        results = at_once(*[lambda order=order: upload(season_ticket, *order) for order in (events, events[::-1]) * 4])
        assert Counter(type(result) for result in results) == {CsvOutcome: 1, ListingCsvRefused: 7}


class TestDryRun:
    def test_waits_for_nobody(self) -> None:
        season_ticket = SeasonTicketFactory()
        event = home_game(season_ticket)
        with transaction.atomic():
            assert len(SeasonTicket.objects.select_for_update()) == len(Event.objects.select_for_update()) == 1
            (outcome,) = at_once(lambda: upload(season_ticket, event.id, dry_run=True))
        assert isinstance(outcome, CsvOutcome), outcome
        assert (outcome.error_count, Listing.objects.count()) == (0, 0)

    def test_runs_where_postgresql_refuses_locks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: with the locks of the upload itself it fails."""
        season_ticket = SeasonTicketFactory()
        lock = csv_upload.season_tickets_of_holder_locked
        monkeypatch.setattr(
            csv_upload, "season_tickets_of_holder_locked", lambda holder, dry_run: lock(holder, dry_run=False)
        )
        with pytest.raises(InternalError, match="read-only transaction"):
            upload(season_ticket, home_game(season_ticket).id, dry_run=True)
