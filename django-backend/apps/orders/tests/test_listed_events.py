"""What an event may not lose, and what its holders learn, once seats are listed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.catalog.models import Event, EventChange, FeedEvent, Team
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult
from apps.catalog.testing.factories import EventFactory, SeasonFactory, TeamFactory, VenueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.acts import ChangeSource
from apps.common.database import violated_constraint
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.common.testing.html_forms import form_of, save
from apps.listings.enums import ListingMove, ListingStatus
from apps.listings.errors.listings import ListingMoveRefused
from apps.listings.errors.sales import SeatsNotReturnable
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.services.lifecycle.moves import listing_move
from apps.listings.testing.stories import held_row, move, on_sale, pending, reach
from apps.notifications.messages import mail_text
from apps.notifications.models import Notice, OutboxMessage
from apps.orders.enums import DeliveryStatus
from apps.orders.models import Sale
from apps.orders.services.event_changes import event_cancel, event_reschedule, event_rescheduled_follow
from apps.orders.services.sale_changes import sales_void
from apps.orders.testing.stories import CHANGED_AT as NOW
from apps.orders.testing.stories import deliver, record
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import block_at
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db
START = datetime(2040, 9, 9, 17, tzinfo=UTC)


@pytest.fixture
def event() -> Event:
    """A game that an import made, at the home venue of its home team: Dallas Cowboys at Philadelphia Eagles."""
    event = EventFactory(
        home_team__name="Philadelphia Eagles", away_team__name="Dallas Cowboys", skybox_event_id=9000001
    )
    TeamFactory(league=event.season.league, name="New York Giants")
    assert imported(event).unchanged == 1
    return event


def imported(event: Event, *, dry_run: bool = False, **changes: Any) -> ImportResult:
    """Import a row that says what the event is, but for these changes; what the import asks for is followed up."""
    venue = changes.pop("venue", event.venue)
    shown = {"id": venue.skybox_venue_id or int(venue.name.split()[-1]) + 1, "timeZone": venue.timezone}
    names = {"name": venue.name, "city": venue.city, "state": venue.state, "country": venue.country}
    row = skybox_row(
        **{
            "id": event.skybox_event_id,
            "name": "Dallas Cowboys at Philadelphia Eagles",
            "date": "2040-09-09T13:00:00",
            "venue": {**shown, **names},
            "stubhubEventUrl": "",
            **changes,
        }
    )
    options = {"league_code": event.season.league.code, "season_name": event.season.name}
    result = skybox_events_import(file=skybox_export(row), dry_run=dry_run, now=NOW, **options)
    for message in OutboxMessage.objects.filter(topic="catalog.event_rescheduled"):
        event_rescheduled_follow(message=received(message), now=NOW)
    return result


def notice_titles() -> list[str]:
    """Return the titles of the notices, each of which has its mail."""
    titles = list(Notice.objects.order_by("id").values_list("title", flat=True))
    mails = OutboxMessage.objects.filter(topic="mail").order_by("id")
    subjects = [
        mail_text(template=row.payload["template"], context={**row.payload["context"], "name": "Pat"}).subject
        for row in mails
    ]
    assert subjects == titles
    return titles


class TestHomeTeam:
    """Whose home game an event is stays with the first listing, by whatever way somebody changes it."""

    NAMES = (
        "Philadelphia Eagles at Dallas Cowboys",
        "Dallas Cowboys at New York Giants",
        "New York Giants at Dallas Cowboys",
    )

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("dry_run", [True, False])
    def test_import_is_doubtful(self, event: Event, name: str, dry_run: bool) -> None:
        block = block_at(event)
        on_sale("1", block=block, event=event)
        on_sale("2", block=block, event=event)
        result = imported(event, name=name, dry_run=dry_run)
        [problem] = result.problems
        assert (result.doubtful, problem.code) == (1, "home_team_fixed")
        assert "the event is one of Philadelphia Eagles and has 2 listings" in problem.detail
        assert "cancel the event and clear its SkyBox event id" in problem.detail
        assert Event.objects.get().home_team == event.home_team

    @pytest.mark.parametrize("name", NAMES)
    def test_import_changes_an_event_without_listings(self, event: Event, name: str) -> None:
        for known in (Event, FeedEvent):
            known.objects.update(away_team=None)
        assert imported(event, name=name).updated == 1
        assert Event.objects.get().home_team != event.home_team

    def test_import_creates_the_right_event_once_the_wrong_one_is_let_go(self, event: Event) -> None:
        """What the report says to do."""
        on_sale("1", block=block_at(event), event=event)
        Event.objects.update(skybox_event_id=None, status="cancelled")
        assert imported(event, name=self.NAMES[0]).created == 1

    @pytest.mark.parametrize("status", ["listed", "declined", "delisted", "expired", "sold"])
    @pytest.mark.parametrize("way", ["orm", "sql", "season", "none"])
    def test_database_keeps_it(self, event: Event, way: str, status: str) -> None:
        """Of listings of every status: a sold seat's game and the history of a listing refer to the event for good."""
        reach(pending("1", block=block_at(event), event=event), ListingStatus(status))
        other = Team.objects.get(name="New York Giants")

        def plain() -> None:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE catalog_event SET home_team_id = %s WHERE id = %s", [other.id, event.id])

        ways: dict[str, Callable[[], Any]] = {
            "orm": lambda: Event.objects.filter(id=event.id).update(home_team=other),
            "sql": plain,
            "season": lambda: Event.objects.filter(id=event.id).update(season=SeasonFactory()),
            "none": lambda: Event.objects.filter(id=event.id).update(home_team=None),
        }
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            ways[way]()
        assert violated_constraint(error.value) == "event_with_listings_stays_home_game"
        Event.objects.filter(id=event.id).update(name="Cowboys at Eagles", home_team=event.home_team)

    def test_admin_shows_it_and_names_the_way_out(self, event: Event, client: Client) -> None:
        client.force_login(superuser())
        url = reverse("admin:catalog_event_change", args=[event.id])
        assert {"home_team", "season"} <= form_of(client.get(url)).keys()
        on_sale("1", block=block_at(event), event=event)
        page = client.get(url)
        assert not {"home_team", "season", "venue"} & form_of(page).keys()
        assert "cancel the event and add the right one" in page.content.decode()
        other = Team.objects.get(name="New York Giants")
        assert save(client, url, name="Cowboys at Eagles", home_team=str(other.id)).status_code == 302
        assert Event.objects.get().home_team == event.home_team


class TestListings:
    """The other side of the same rule: no listing at an event that is not a home game of its block."""

    @pytest.mark.parametrize("other", ["team", "season", "away"])
    def test_are_refused_at_another_game(self, event: Event, other: str) -> None:
        listing = on_sale("1", block=block_at(event), event=event)
        blocks: dict[str, Callable[[], SeasonTicket]] = {
            "team": lambda: SeasonTicketFactory(season=event.season),
            "season": lambda: SeasonTicketFactory(
                team=event.home_team, season=SeasonFactory(league=event.season.league)
            ),
            "away": lambda: SeasonTicketFactory(team=event.away_team, season=event.season),
        }
        block = blocks[other]()
        copy = Listing.objects.get(id=listing.id)
        copy.pk, copy._state.adding, copy.season_ticket = EventFactory().pk, True, block
        changes: list[Callable[[], Any]] = [
            copy.save,
            lambda: Listing.objects.filter(id=listing.id).update(season_ticket=block),
            lambda: Listing.objects.filter(id=listing.id).update(event=EventFactory()),
        ]
        for change in changes:
            with pytest.raises(IntegrityError) as error, transaction.atomic():
                change()
            assert violated_constraint(error.value) == "listing_is_home_game"


class TestOtherFacts:
    """Holders of listed and sold seats learn what an import, or staff, change about the game."""

    @pytest.fixture(autouse=True)
    def _seats(self, event: Event) -> None:
        """One seat on sale, one sold and delivered."""
        listing = on_sale("1", "2", block=block_at(event), event=event)
        deliver(record(listing, "2"))

    @pytest.mark.parametrize(
        ("changes", "title", "again"),
        [
            ({"date": "2040-09-10T13:00:00"}, "New date", True),
            ({"name": "TBD at Philadelphia Eagles"}, "", False),  # an opponent is never taken away
            ({"name": "New York Giants at Philadelphia Eagles"}, "New opponent", False),
            ({"name": "New York Giants at Philadelphia Eagles", "date": "2040-09-10T13:00:00"},
             "New date and opponent", True),
            ({"name": "Dallas Cowboys at Philadelphia Eagles (Time TBD)"}, "New date", True),
            ({"name": "Dallas Cowboys at Philadelphia Eagles (Date TBD)"}, "New date", True),
            ({"name": "Dallas Cowboys at Philadelphia Eagles (Preseason)"}, "", False),
            ({"stubhubEventUrl": "https://www.stubhub.com/event/1/"}, "", False),
        ],
    )  # fmt: skip
    def test_are_notified(self, event: Event, changes: dict[str, Any], title: str, again: bool) -> None:
        imported(event, **changes)
        event.refresh_from_db()
        assert notice_titles() == ([f"{title}: {event.label}"] if title else [])
        assert EventChange.objects.count() == bool(title)
        assert ListingEvent.objects.filter(change="event").count() == bool(title)
        assert Sale.objects.get().delivery_status == (DeliveryStatus.PENDING if again else DeliveryStatus.COMPLETE)

    def test_are_notified_of_an_opponent_that_staff_fill_in(self, event: Event, client: Client) -> None:
        client.force_login(superuser())
        other = Team.objects.get(name="New York Giants")
        url = reverse("admin:catalog_event_change", args=[event.id])
        assert save(client, url, away_team=str(other.id)).status_code == 302
        assert notice_titles() == [f"New opponent: {event.label}"]
        assert "against Dallas Cowboys. Now: " in Notice.objects.get().text
        assert "against New York Giants, " in Notice.objects.get().text
        assert "payout" not in Notice.objects.get().text
        change = EventChange.objects.get()
        assert (change.from_away_team, change.to_away_team, change.source) == (event.away_team, other, "admin")

    def test_are_not_notified_of_the_opponent_of_a_cancelled_game(self, event: Event, client: Client) -> None:
        """The mail would say that sold seats stay sold."""
        event_cancel(event_id=event.id, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Flood"))
        client.force_login(superuser())
        url = reverse("admin:catalog_event_change", args=[event.id])
        assert save(client, url, away_team=str(Team.objects.get(name="New York Giants").id)).status_code == 302
        assert notice_titles() == [f"Cancelled: {event.label}"]
        assert str(EventChange.objects.latest("id").to_away_team) == "New York Giants"


class TestAnotherVenue:
    """A game that moves to another stadium leaves no seats of the old one on sale."""

    @staticmethod
    def move(event: Event, way: str, venue: Any) -> None:
        if way == "import":
            imported(event, venue=venue)
        else:
            event_reschedule(
                event_id=event.id,
                starts_at=START,
                venue_id=venue.id,
                act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Concert"),
            )

    @pytest.mark.parametrize("way", ["import", "staff"])
    @pytest.mark.parametrize("home", [True, False])
    def test_recalls_what_is_on_sale(self, event: Event, way: str, home: bool) -> None:
        """With or without a home venue of the team: seats were listed at the stadium that the game leaves."""
        block = block_at(event)
        one, two, three = (
            on_sale("1", "2", block=block, event=event),
            on_sale("3", block=block, event=event),
            pending("4", block=block, event=event),
        )
        deliver(record(one, "2"))
        held_row(one, "1")
        move(two, ListingMove.REQUEST_DELISTING, now=NOW)
        if not home:
            Team.objects.update(home_venue=None)
        self.move(event, way, VenueFactory(name="Arena 900"))
        assert [Listing.objects.get(id=row.id).status for row in (one, two, three)] == [
            "pending",
            "delisted",
            "pending",
        ]
        assert set(Ticket.objects.values_list("seat", "status")) == {
            ("1", "available"), ("2", "sold"), ("3", "withdrawn"), ("4", "available"),
        }  # fmt: skip
        assert notice_titles() == [f"New venue: {event.label}"]
        text = Notice.objects.get().text
        assert "Off sale, the seats are not at this venue: section 101, row A, seats 1, 3 and 4" in text
        assert "payout" not in text
        assert Sale.objects.get().delivery_status == DeliveryStatus.PENDING
        assert OutboxMessage.objects.filter(topic__startswith="listing.relisted").count() == 1, "staff are asked"
        note = ListingEvent.objects.filter(listing=one).latest("id").note
        assert note.startswith("Event changed from Sunday, September 9, 2040, 1:00 PM EDT, ")

    def test_is_approved_again_where_the_seats_are(self, event: Event) -> None:
        """The game moves back, or staff correct the home venue of the team."""
        home, away = event.venue, VenueFactory(name="Arena 900")
        listing = on_sale("1", block=block_at(event), event=event)
        approval = {"listing_id": listing.id, "move": ListingMove.APPROVE, "act": act_of(now=NOW)}
        for venue, team_venue in ((home, home), (away, away)):
            Team.objects.filter(id=event.home_team_id).update(home_venue=home)
            self.move(event, "staff", away if Event.objects.get().venue == home else home)
            if Event.objects.get().venue == away:
                with pytest.raises(ListingMoveRefused, match=r"the event is at Arena 900, Philadelphia"):
                    listing_move(**approval)
            Event.objects.update(venue=venue)
            Team.objects.filter(id=event.home_team_id).update(home_venue=team_venue)
            assert listing_move(**approval).status == "listed"

    def test_says_of_recalled_seats_what_they_are(self, event: Event) -> None:
        """The game moves on, and home again: they are off sale until staff approve them."""
        on_sale("1", block=block_at(event), event=event)
        place = "section 101, row A, seat 1"
        for venue, words in (
            (VenueFactory(name="Arena 900"), "Off sale, the seats are not at this venue"),
            (VenueFactory(name="Arena 901"), "Off sale, the seats are not at this venue"),
            (event.venue, "Waits for our approval"),
        ):
            self.move(event, "staff", venue)
            text = Notice.objects.latest("id").text
            assert (f"{words}: {place}" in text, "For sale" in text) == (True, False)

    def test_leaves_alone_what_moves_home(self, event: Event) -> None:
        """The event was at the wrong venue; the new one is that of the team."""
        listing = on_sale("1", block=block_at(event), event=event)
        arena = VenueFactory(name="Arena 900")
        Team.objects.filter(id=event.home_team_id).update(home_venue=arena)
        self.move(event, "staff", arena)
        assert Listing.objects.get(id=listing.id).status == "listed"

    def test_takes_back_no_seat_of_a_void_sale(self, event: Event) -> None:
        listing = on_sale("1", block=block_at(event), event=event)
        sales = record(listing, "1")
        self.move(event, "staff", VenueFactory(name="Arena 900"))
        void = {"sale_ids": [sales[0].id], "act": act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Fraud")}
        with pytest.raises(SeatsNotReturnable, match="the event is at Arena 900"):
            sales_void(return_seats=True, **void)
        sales_void(return_seats=False, **void)
        assert Ticket.objects.get().status == "withdrawn"

    def test_touches_no_game_that_only_gets_another_hour(self, event: Event) -> None:
        listing = on_sale("1", block=block_at(event), event=event)
        event_reschedule(
            event_id=event.id,
            starts_at=START + timedelta(hours=3),
            act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="TV"),
        )
        assert Listing.objects.get(id=listing.id).status == "listed"
