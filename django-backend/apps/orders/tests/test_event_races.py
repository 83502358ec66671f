"""Events are cancelled while seats are listed and sold, in real transactions."""

import threading
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.catalog.models import Event, EventChange, FeedDifference, Venue
from apps.catalog.services import skybox_chunk
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult
from apps.catalog.testing.factories import EventFactory, LeagueFactory, VenueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.acts import ChangeSource
from apps.common.admin_base import SafeModelAdmin
from apps.common.database import violated_constraint
from apps.common.errors import DomainError
from apps.common.testing.acts import act_of
from apps.common.testing.clients import browser_of
from apps.common.testing.html_forms import form_of, load
from apps.common.testing.threads import at_once
from apps.listings.enums import OPEN_LISTING_STATUSES, ListingMove
from apps.listings.errors.listings import EventElsewhere, EventNotOpen, ListingMoveRefused
from apps.listings.models import Listing, Ticket
from apps.listings.services.lifecycle import moves as lifecycle_moves
from apps.listings.testing.stories import on_sale, pending
from apps.orders.models import Sale
from apps.orders.services.event_changes import EventChanged, event_cancel, event_reschedule
from apps.orders.services.sales import sale_record
from apps.orders.testing.stories import CHANGED_AT as NOW
from apps.season_tickets import locks
from apps.season_tickets.testing.stories import block_at
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db(transaction=True)
WAITED_SECONDS = 0.5


def cancel(event: Event) -> EventChanged:
    return event_cancel(event_id=event.id, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Flood"))


def sell(listing: Listing) -> list[Sale]:
    return sale_record(
        listing_id=listing.id,
        quantity=1,
        marketplace="stubhub",
        invoice_number="1",
        act=act_of(source=ChangeSource.SYSTEM, now=NOW),
    )


def while_uncommitted(first: Callable[[], object], second: Callable[[], object]) -> tuple[bool, object]:
    """Do `first`, start `second` before the commit; return whether it waited for that, and its result."""
    results: list[object] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(second())
        except DomainError as error:
            results.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        waited = not done.wait(WAITED_SECONDS)
    thread.join(30)
    return waited, results[0]


def list_seat(event: Event) -> Callable[[], Listing]:
    block = block_at(event)
    return lambda: on_sale("1", block=block, event=event)


class TestListAndCancel:
    def test_listing_waits_for_the_cancellation_and_is_refused(self) -> None:
        event = EventFactory()
        waited, result = while_uncommitted(lambda: cancel(event), list_seat(event))
        assert waited
        assert isinstance(result, EventNotOpen)
        assert not Listing.objects.exists()

    def test_cancellation_waits_for_the_listing_and_closes_it(self) -> None:
        event = EventFactory()
        waited, result = while_uncommitted(list_seat(event), lambda: cancel(event))
        assert waited
        assert isinstance(result, EventChanged)
        assert Listing.objects.get().status == "delisted"

    def test_an_open_listing_would_remain_without_the_shared_lock(self) -> None:
        """Twin: the lister reads the event without a lock, and the insert waits, too late to look again."""
        event = EventFactory()
        unlocked = locks._GAMES_SHARED.replace("FOR SHARE OF event", "")
        with patch.object(locks, "_GAMES_SHARED", unlocked):
            while_uncommitted(lambda: cancel(event), list_seat(event))
        event.refresh_from_db()
        assert (event.status, Listing.objects.get().status) == ("cancelled", "pending")


class TestMoveAndChange:
    def test_a_change_that_waited_for_another_venue_finds_the_event(self) -> None:
        """A statement that joined the old venue would find none, and staff read that there is no such event."""
        event = EventFactory()
        act = act_of(now=NOW, reason="Roof")
        move = lambda: event_reschedule(  # noqa: E731
            event_id=event.id, starts_at=NOW + timedelta(days=9), venue_id=VenueFactory().id, act=act
        )
        waited, result = while_uncommitted(move, lambda: cancel(event))
        assert waited
        assert isinstance(result, EventChanged)
        assert result.event.status == "cancelled"


class TestSellAndCancel:
    def test_sale_comes_first_and_is_flagged(self) -> None:
        event = EventFactory()
        listing = on_sale("1", "2", block=block_at(event), event=event)
        waited, result = while_uncommitted(lambda: sell(listing), lambda: cancel(event))
        assert waited
        assert isinstance(result, EventChanged)
        assert Sale.objects.get().refund_due_at == NOW

    def test_cancellation_comes_first_and_the_sale_is_refused(self) -> None:
        event = EventFactory()
        listing = on_sale("1", "2", block=block_at(event), event=event)
        waited, result = while_uncommitted(lambda: cancel(event), lambda: sell(listing))
        assert waited
        assert isinstance(result, DomainError)
        assert not Sale.objects.exists()

    @pytest.mark.parametrize("_round", range(5))
    def test_at_once_leave_no_sale_unflagged(self, _round: int) -> None:
        event = EventFactory()
        listings = [on_sale("1", block=block_at(event, section=str(number)), event=event) for number in range(3)]
        results = at_once(lambda: cancel(event), *[lambda listing=listing: sell(listing) for listing in listings])
        assert isinstance(results[0], EventChanged), results
        assert all(isinstance(result, list | DomainError) for result in results[1:]), results
        assert not Sale.objects.filter(refund_due_at__isnull=True).exists()
        assert not Listing.objects.filter(status__in=OPEN_LISTING_STATUSES).exists()


class TestTwoCancellations:
    def test_one_is_refused(self) -> None:
        event = EventFactory()
        results = at_once(lambda: cancel(event), lambda: cancel(event))
        assert sorted(type(result).__name__ for result in results) == ["EventChanged", "EventMoveRefused"]
        assert EventChange.objects.count() == 1


class TestSaveAndCancel:
    def save(self, event: Event, name: str = "Another Name") -> Callable[[], object]:
        """Return a job that sends a new name from a page of the admin that is loaded now."""
        client, url = browser_of(superuser()), f"/admin/catalog/event/{event.id}/change/"
        form = load(client, url, name=name)
        return lambda: client.post(url, form).status_code

    def test_saving_waits_and_leaves_the_event_cancelled(self) -> None:
        event = EventFactory()
        assert while_uncommitted(lambda: cancel(event), self.save(event)) == (True, 302)
        event.refresh_from_db()
        assert (event.status, event.name) == ("cancelled", "Another Name")

    def test_saving_as_django_does_would_bring_it_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the event as it was read, every column of it, is written once the other transaction is done."""
        for name in ("get_object", "get_form", "save_model", "save_related"):
            monkeypatch.delattr(SafeModelAdmin, name)
        event = EventFactory()
        assert while_uncommitted(lambda: cancel(event), self.save(event)) == (True, 302)
        event.refresh_from_db()
        assert (event.status, event.name) == ("scheduled", "Another Name")

    def test_of_two_who_save_at_once_the_second_is_refused(self) -> None:
        event = EventFactory()
        assert while_uncommitted(self.save(event, "First"), self.save(event, "Second")) == (True, 200)
        event.refresh_from_db()
        assert event.name == "First"

    def test_the_second_would_win_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: it compares with what was there before the first one is done."""
        monkeypatch.delattr(SafeModelAdmin, "get_object")
        event = EventFactory()
        assert while_uncommitted(self.save(event, "First"), self.save(event, "Second")) == (True, 302)
        event.refresh_from_db()
        assert event.name == "Second"


class TestTwoReschedules:
    def test_a_page_that_was_loaded_before_is_refused(self) -> None:
        event, client = EventFactory(), browser_of(superuser())
        url = f"/admin/catalog/event/{event.id}/reschedule/"
        form = load(client, url, starts_at_0="2041-05-05", note="Mine")
        colleague = UserFactory(staff=True)
        moved_to = event.starts_at + timedelta(days=3)
        event_reschedule(
            event_id=event.id,
            starts_at=moved_to,
            act=act_of(colleague, source=ChangeSource.API, now=timezone.now(), reason="Theirs"),
        )
        page = client.post(url, form)
        assert f"Changed meanwhile by {colleague.email}, at" in page.content.decode()
        event.refresh_from_db()
        assert event.starts_at == moved_to
        assert client.post(url, {**form_of(page), "starts_at_0": "2041-05-05"}).status_code == 302
        event.refresh_from_db()
        assert event.starts_at.year == 2041


@pytest.mark.parametrize("guarded", [True, False])
def test_an_import_keeps_the_date_that_staff_have_just_set(guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twin: without the lock it reads the date of before, undoes what staff set and reports it."""
    LeagueFactory(code="NFL")
    row = {"league_code": "NFL", "season_name": "2025", "create_teams": True}
    skybox_events_import(file=skybox_export(skybox_row()), **row)
    now = timezone.now()
    if not guarded:
        monkeypatch.setattr(skybox_chunk, "imported_events_locked", lambda _: None)
    waited, result = while_uncommitted(
        lambda: Event.objects.update(starts_at=now),
        lambda: skybox_events_import(file=skybox_export(skybox_row(date="2025-09-05T20:20:00")), **row),
    )
    assert waited
    assert isinstance(result, ImportResult), result
    assert (Event.objects.get().starts_at == now, FeedDifference.objects.exists()) == (guarded, guarded)
    assert EventChange.objects.exists() != guarded


class TestAnotherVenue:
    """The game moves to a stadium where the seats are not, while seats of it are put on sale."""

    @staticmethod
    def moved(event: Event, venue: Venue) -> EventChanged:
        act = act_of(source=ChangeSource.SYSTEM, now=NOW)
        return event_reschedule(event_id=event.id, starts_at=event.starts_at, venue_id=venue.id, act=act)

    @pytest.mark.parametrize("reads_again", [True, False])
    def test_approves_nothing_that_has_moved(self, reads_again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the event that came with the listing was read before the wait."""
        event, venue = EventFactory(), VenueFactory()
        listing = pending("1", block=block_at(event), event=event)
        if not reads_again:
            monkeypatch.setattr(lifecycle_moves, "_read_events_again", lambda *_: None)
        waited, result = while_uncommitted(
            lambda: self.moved(event, venue),
            lambda: lifecycle_moves.listing_move(listing_id=listing.id, move=ListingMove.APPROVE, act=act_of(now=NOW)),
        )
        assert waited
        assert isinstance(result, ListingMoveRefused if reads_again else Listing)

    def test_lists_nothing_at_a_game_that_has_moved(self) -> None:
        """Listing waits for the move of the game, and sees the new venue."""
        event, venue = EventFactory(), VenueFactory()
        block = block_at(event)
        waited, result = while_uncommitted(
            lambda: self.moved(event, venue), lambda: on_sale("1", block=block, event=event)
        )
        assert waited
        assert isinstance(result, EventElsewhere)

    def test_recalls_what_was_listed_just_before(self) -> None:
        event, venue = EventFactory(), VenueFactory()
        block = block_at(event)
        waited, result = while_uncommitted(
            lambda: on_sale("1", block=block, event=event), lambda: self.moved(event, venue)
        )
        assert waited
        assert isinstance(result, EventChanged)
        assert Listing.objects.get().status == "pending"


def test_home_team_waits_for_a_listing_in_plain_sql() -> None:
    """The rule of the database holds without any service: the listing that is not committed yet counts."""
    event = EventFactory()
    listing, other = on_sale("1", block=block_at(event), event=event), EventFactory(season=event.season)
    game = EventFactory(season=event.season, home_team=event.home_team)

    def rename() -> object:
        try:
            return Event.objects.filter(id=game.id).update(home_team=other.home_team)
        except IntegrityError as error:
            return violated_constraint(error)

    def insert() -> None:
        Ticket.objects.all().delete()
        copy = Listing.objects.get(id=listing.id)
        copy.pk, copy._state.adding, copy.event = game.id, True, game
        copy.save()

    waited, result = while_uncommitted(insert, rename)
    assert (waited, result) == (True, "event_with_listings_stays_home_game")
