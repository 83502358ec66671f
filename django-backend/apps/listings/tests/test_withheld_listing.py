"""Seats that the holder keeps for own use are not listed, by whatever way."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.threads import at_once
from apps.listings.errors.listings import SeatWithheld
from apps.listings.models import Listing, Ticket
from apps.listings.tests.test_concurrency import list_seats
from apps.listings.tests.test_listing_moves import made
from apps.listings.tests.test_listing_views import URL, body
from apps.listings.tests.test_season_listing import games
from apps.listings.tests.test_season_listing_views import ALL, url
from apps.season_tickets import locks
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.services import season_tickets
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.season_tickets.tests.test_withheld_seats import post, withheld


def withhold(season_ticket: SeasonTicket, event: Event, *seats: str) -> None:
    for seat in seats:
        WithheldSeat.objects.create(season_ticket=season_ticket, event=event, seat=seat)


def listed(event: Event) -> list[str]:
    return list(Ticket.objects.filter(event=event).order_by("position").values_list("seat", flat=True))


@pytest.mark.django_db
class TestWithheldSeats:
    def test_are_refused_by_name(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-54."""
        withhold(season_ticket, event, "2", "3")
        response = api.post(URL, body(season_ticket, event, seats=["3", "1", "2"]))
        assert response.status_code == 409
        assert response.data["errors"] == [
            {
                "code": "seat_withheld",
                "detail": "Withheld for own use at this event: seats 2 and 3."
                " To list withheld seats, release them first.",
                "attr": "seats",
            }
        ]
        assert api.post(URL, body(season_ticket, event, seats=["1", "4"])).status_code == 201

    def test_of_other_games_and_blocks_do_not_matter(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        withhold(season_ticket, home_game(season_ticket), "1")
        other = SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, row="B")
        withhold(other, event, "1")
        assert api.post(URL, body(season_ticket, event, seats=["1"])).status_code == 201

    def test_are_left_out_of_a_whole_season(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        first, second, third = games(season_ticket, 3)
        withhold(season_ticket, first, "1", "4")
        withhold(season_ticket, second, "1", "2", "3", "4")
        assert api.post(url(season_ticket), ALL).data["count"] == 2
        assert [listed(event) for event in (first, second, third)] == [["2", "3"], [], ["1", "2", "3", "4"]]

    def test_leave_nothing_of_a_game_that_was_named(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        first, second = games(season_ticket, 2)
        withhold(season_ticket, first, "1", "4")
        withhold(season_ticket, second, "1", "2", "3", "4")
        named = {**ALL, "events": [str(first.id), str(second.id)]}
        response = api.post(url(season_ticket), named)
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == ["events.1"]
        assert response.data["errors"][0]["detail"].startswith("No seat is left to list")
        assert api.post(url(season_ticket), {**ALL, "events": [str(first.id)]}).status_code == 201
        assert listed(first) == ["2", "3"]

    def test_named_for_a_season_are_refused_game_by_game(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        first, _, third = games(season_ticket, 3)
        withhold(season_ticket, first, "1")
        withhold(season_ticket, third, "2", "1")
        response = api.post(url(season_ticket), {**ALL, "seats": ["1", "2"]})
        assert response.status_code == 409
        details = [(error["code"], error["detail"]) for error in response.data["errors"]]
        how = "To list withheld seats, release them first."
        assert details == [
            ("seat_withheld", f"Withheld for own use at {first.label}: seat 1. {how}"),
            ("seat_withheld", f"Withheld for own use at {third.label}: seats 1 and 2. {how}"),
        ]
        assert not Listing.objects.exists()

    def test_are_not_relisted(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        listing = made(season_ticket, event, status="delisted")
        withhold(season_ticket, event, "2")
        response = api.post(f"{URL}{listing.id}/relist/")
        assert (response.status_code, response.data["errors"][0]["code"]) == (409, "seat_withheld")
        listing.refresh_from_db()
        assert listing.status == "delisted"
        assert set(listing.tickets.values_list("status", flat=True)) == {"withdrawn"}


def keep(season_ticket: SeasonTicket, event: Event, lock: Callable[[Any], Any]) -> Callable[[], str]:
    """Return a job that withholds seat 1 unless it is listed, as the service does under the lock of the block."""

    def job() -> str:
        with transaction.atomic():
            lock(season_ticket.id)
            if Ticket.objects.filter(event=event, seat="1").exists():
                return "listed"
            withhold(season_ticket, event, "1")
            return "withheld"

    return job


@pytest.mark.django_db
class TestWithholding:
    def test_refuses_seats_that_are_listed_and_writes_nothing(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        other = home_game(season_ticket)
        list_seats(season_ticket, event, "2", "3")()
        response = post(api, season_ticket, "withhold", events="all")
        assert response.status_code == 409
        error = response.data["errors"][0]
        assert error["code"] == "seat_already_listed"
        assert f"{event.label}: section 101, row A, seats 2 and 3" in error["detail"]
        assert withheld(other) == set()

    def test_lets_seats_be_listed_again(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        post(api, season_ticket, "withhold", events="all")
        response = post(api, season_ticket, "release", events=[event.id], seats=["1", "2"])
        assert response.json() == {"count": 2, "withheld": [{"event": str(event.id), "seats": ["3", "4"]}]}
        assert list_seats(season_ticket, event, "1")() is not None


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_a_seat_is_listed_or_withheld(self) -> None:
        """S4-07: whoever has the lock of the block first; the other one hears of it."""
        season_ticket = SeasonTicketFactory()
        events = games(season_ticket, 6)
        for event in events:
            answers = at_once(
                list_seats(season_ticket, event, "1"), keep(season_ticket, event, locks.season_ticket_locked)
            )
            withheld = WithheldSeat.objects.filter(event=event).exists()
            assert [type(answer) for answer in answers] == [SeatWithheld if withheld else Listing, str]
            assert listed(event) == ([] if withheld else ["1"])

    def test_a_withheld_seat_would_be_listed_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: both look before either writes."""
        season_ticket = SeasonTicketFactory()
        event, barrier = home_game(season_ticket), threading.Barrier(2)

        def unlocked(season_ticket_id: Any) -> SeasonTicket:
            return SeasonTicket.objects.get(id=season_ticket_id)

        def looked(*blocks: Any, **wanted: Any) -> Any:
            game = locks.home_games_shared(*blocks, **wanted)
            barrier.wait(20)
            return game

        def look_and_keep() -> None:
            assert not Ticket.objects.filter(event=event, seat="1").exists()
            barrier.wait(20)
            withhold(season_ticket, event, "1")

        monkeypatch.setattr(season_tickets, "season_ticket_locked", unlocked)
        monkeypatch.setattr("apps.listings.services.listings.home_games_shared", looked)
        answers = at_once(list_seats(season_ticket, event, "1"), look_and_keep)
        assert isinstance(answers[0], Listing), answers
        assert answers[1] is None
        assert listed(event) == ["1"]
        assert WithheldSeat.objects.filter(event=event, seat="1").exists()


def cancel(event: Event, lock: Callable[[], None] = lambda: None) -> Callable[[], list[Any]]:
    """Return a job that cancels the event and closes what it finds, as the service does; it returns what it found."""

    def job() -> list[Any]:
        with transaction.atomic():
            Event.objects.select_for_update().get(id=event.id)
            Event.objects.filter(id=event.id).update(status="cancelled", updated_at=timezone.now())
            found = list(Listing.objects.filter(event=event).values_list("id", flat=True))
            lock()
            return found

    return job


@pytest.mark.django_db(transaction=True)
class TestCancelAtTheSameTime:
    def test_every_listing_is_closed_or_never_made(self) -> None:
        """S4-07: staff cancel the game while its seats are listed."""
        season_ticket = SeasonTicketFactory()
        for event in games(season_ticket, 6):
            made_, found = at_once(list_seats(season_ticket, event, "1"), cancel(event))
            assert [made_.id] == found if isinstance(made_, Listing) else found == []

    def test_a_listing_would_stay_without_the_shared_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the listing looks at the game, the cancellation looks for listings, then both write."""
        season_ticket = SeasonTicketFactory()
        event, looked_at, cancelled = home_game(season_ticket), threading.Event(), threading.Event()

        def unlocked(*blocks: Any, **wanted: Any) -> Any:
            with transaction.atomic():
                sql = locks._GAMES_SHARED
                monkeypatch.setattr(locks, "_GAMES_SHARED", sql.replace("FOR SHARE OF event", ""))
                game = locks.home_games_shared(*blocks, **wanted)
            looked_at.set()
            assert cancelled.wait(20)
            return game

        def look_and_cancel() -> list[Any]:
            assert looked_at.wait(20)
            found = cancel(event)()
            cancelled.set()
            return found

        monkeypatch.setattr("apps.listings.services.listings.home_games_shared", unlocked)
        made_, found = at_once(list_seats(season_ticket, event, "1"), look_and_cancel)
        assert (type(made_), found) == (Listing, [])
