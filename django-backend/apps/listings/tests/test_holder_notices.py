"""Holders get one notice and one mail for each message about a decision, once, however often it is delivered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import Event
from apps.catalog.testing.factories import VenueFactory
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.common.text import seats_named
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings.enums import ListingMove
from apps.listings.models import Listing, Ticket
from apps.listings.services.holder_notices import listings_moved_notify
from apps.listings.services.lifecycle.moves import listing_move, listings_move
from apps.listings.tests.test_listing_reads import listed
from apps.notifications.models import Notice, OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.testing.factories import OutboxMessageFactory
from apps.notifications.tests.listening import only
from apps.season_tickets.enums import SeatNumbering
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)
START = "Sunday, September 9, 2040, 1:00 PM EDT"


def moved(move: str, *listings: Listing, reason: str = "", actor: User | None = None) -> OutboxMessage:
    """Return a message about a move of listings, as it is in the outbox."""
    return OutboxMessageFactory(
        topic="listing.moved:holder",
        payload={
            "listing_ids": [str(listing.id) for listing in listings],
            "holder_id": str(listings[0].holder_id),
            "team_id": str(listings[0].season_ticket.team_id),
            "move": move,
            "reason": reason,
            "source": "admin",
            "actor_id": str(actor.id) if actor else None,
        },
    )


def mails() -> list[dict[str, Any]]:
    """Return the payloads of the mails in the outbox, oldest first."""
    return [message.payload for message in OutboxMessage.objects.filter(topic="mail").order_by("id")]


class TestListings:
    @pytest.mark.parametrize(
        ("move", "template", "title", "line", "reason"),
        [
            ("approve", "listing_approved", "On sale", "Your seats are on sale.", ""),
            ("decline", "listing_declined", "Declined", "Your seats were not put on sale.", "Too dear"),
            ("approve_delisting", "listing_delisted", "Off sale", "As you asked, your seats are off sale.", ""),
            (
                "decline_delisting",
                "listing_delisting_declined",
                "Still on sale",
                "Your seats were not taken off sale.",
                "Too dear",
            ),
        ],
    )
    def test_are_notified_of_decisions(
        self, season_ticket: SeasonTicket, event: Event, move: str, template: str, title: str, line: str, reason: str
    ) -> None:
        """S3-53: listed and delisted → in-app, and a mail with the same. Only refusals have a reason."""
        listing = listed(season_ticket, event)
        listings_moved_notify(
            message=received(moved(move, listing, reason="Too dear", actor=UserFactory(staff=True))), now=NOW
        )
        notice = Notice.objects.get()
        assert (notice.user_id, notice.kind) == (season_ticket.holder.user_id, "listings")
        assert (notice.title, notice.object_ids) == (f"{title}: {event.name}", [str(listing.id)])
        assert notice.text.split("\n")[0] == line
        assert ("Why: Too dear" in notice.text.split("\n")) is bool(reason)
        (letter,) = mails()
        assert (letter["template"], letter["kind"]) == (template, "listings")
        assert letter["user_id"] == str(season_ticket.holder.user_id)
        assert (letter["context"]["about"], letter["context"]["reason"]) == (event.name, reason)

    def test_have_price_and_payout_of_the_day(self, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-53: by the rate that applies on the UTC date, that of the listing before that of the holder."""
        CommissionAgreementFactory(holder=season_ticket.holder, rate_bps=1_000)
        by_agreement = listed(season_ticket, event, price=10_001)
        other = home_game(season_ticket, starts_at=event.starts_at + timedelta(days=7))
        own_rate = listed(season_ticket, other, seats=1, commission_rate_bps=500)
        listings_moved_notify(message=received(moved("approve", own_rate, by_agreement)), now=NOW)
        first, second = mails()[0]["context"]["games"]
        assert first == {
            "event": event.name,
            "start": START,
            "places": [
                {
                    "place": "section 101, row A, seats 1 to 4",
                    "price": "100.01 USD",
                    "payout": "90.01 USD",
                    "each": "each",
                }
            ],
        }
        assert second["places"] == [
            {"place": "section 101, row A, seat 1", "price": "100.00 USD", "payout": "95.00 USD", "each": ""}
        ]
        later = "Sunday, September 16, 2040, 1:00 PM EDT"
        assert Notice.objects.get().text.split("\n")[1:] == [
            f"{event.name}, {START}: section 101, row A, seats 1 to 4, price 100.01 USD each, payout 90.01 USD each",
            f"{other.name}, {later}: section 101, row A, seat 1, price 100.00 USD, payout 95.00 USD",
        ]

    def test_of_expired_ones_there_is_no_mail(self, season_ticket: SeasonTicket, event: Event) -> None:
        """The holder reads it in the product; no mail for each game that was played."""
        listings_moved_notify(message=received(moved("expire", listed(season_ticket, event))), now=NOW)
        notice = Notice.objects.get()
        assert notice.title == f"Over: {event.name}"
        assert notice.text == (
            f"The game has begun; these seats were not sold.\n{START}: section 101, row A, seats 1 to 4"
        )
        assert mails() == []

    @pytest.mark.parametrize("move", ["withdraw", "request_delisting", "relist", "sell_out", "return_seats", "close"])
    def test_are_not_notified_of_what_they_know(
        self, season_ticket: SeasonTicket, event: Event, move: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        message = moved(move, listed(season_ticket, event))
        with django_assert_num_queries(0):
            listings_moved_notify(message=received(message), now=NOW)
        assert not Notice.objects.exists()

    def test_are_not_notified_of_what_they_did_themselves(self, season_ticket: SeasonTicket, event: Event) -> None:
        """Staff may be holders, too."""
        message = moved("approve", listed(season_ticket, event), actor=season_ticket.holder.user)
        listings_moved_notify(message=received(message), now=NOW)
        assert (Notice.objects.count(), mails()) == (0, [])

    def test_a_move_that_is_not_known_yet_is_not_lost(self, season_ticket: SeasonTicket, event: Event) -> None:
        """The web process may be newer than the worker: the message is tried again."""
        with pytest.raises(ValueError, match=r"listing\.moved: move"):
            listings_moved_notify(message=received(moved("teleport", listed(season_ticket, event))), now=NOW)

    def test_sold_seats_are_not_called_off_sale(self, season_ticket: SeasonTicket, event: Event) -> None:
        listing = listed(season_ticket, event)
        Ticket.objects.filter(listing=listing, seat="2").update(status="sold")
        listings_moved_notify(message=received(moved("approve_delisting", listing)), now=NOW)
        context = mails()[0]["context"]
        assert context["games"][0]["places"][0]["place"] == "section 101, row A, seats 1, 3 and 4"
        assert context["sold"] is True
        assert (context["games"][0]["places"][0]["price"], "USD" in Notice.objects.get().text) == ("", False)

    def test_all_are_named_when_all_were_sold_meanwhile(self, season_ticket: SeasonTicket, event: Event) -> None:
        """The mail may come minutes after the approval."""
        listing = listed(season_ticket, event)
        Ticket.objects.filter(listing=listing).update(status="sold")
        listings_moved_notify(message=received(moved("approve", listing)), now=NOW)
        assert mails()[0]["context"]["games"][0]["places"][0]["place"] == "section 101, row A, seats 1 to 4"

    def test_called_again_notify_once(self, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-53: the worker died between its commit and the mark of the message."""
        message = moved("approve", listed(season_ticket, event))
        for _ in range(2):
            listings_moved_notify(message=received(message), now=NOW)
        assert (Notice.objects.count(), len(mails())) == (1, 1)
        listings_moved_notify(message=received(moved("approve", Listing.objects.get())), now=NOW)
        assert (Notice.objects.count(), len(mails())) == (2, 2)


class TestFromTheDecisionToTheMail:
    @only("listing.moved:holder", "mail")
    def test_nothing_is_lost_in_between(self, season_ticket: SeasonTicket) -> None:
        """S3-53: what the service puts the handler reads, and what it puts the templates show."""
        listings = [listed(season_ticket, home_game(season_ticket), status="pending") for _ in range(3)]
        ids = [listing.id for listing in listings]
        staff = act_of(UserFactory(staff=True), now=NOW, reason="Twice <there>")
        listings_move(listing_ids=ids[:2], move=ListingMove.APPROVE, act=staff)
        listing_move(listing_id=ids[2], move=ListingMove.DECLINE, act=staff)
        for _ in range(2):
            outbox_deliver(now=NOW, limit=20)
        assert [letter.subject for letter in mail.outbox] == [
            "On sale: your seats for 2 games",
            f"Declined: {listings[2].event.name}",
        ]
        assert {letter.to[0] for letter in mail.outbox} == {season_ticket.holder.user.email}
        assert mail.outbox[0].body.count("price 100.00 USD each, payout 80.00 USD each") == 2
        assert "Why: Twice <there>" in mail.outbox[1].body
        assert "Twice &lt;there&gt;" in mail.outbox[1].alternatives[0][0]
        assert Notice.objects.count() == 2


class TestManyListings:
    @pytest.fixture
    def season(self, season_ticket: SeasonTicket) -> list[Listing]:
        """Forty-three games a week apart, the first of them with two listings, in no order."""
        season_ticket.team.home_venue = VenueFactory()
        first = datetime(2040, 9, 9, 17, tzinfo=UTC)
        games = [
            home_game(season_ticket, starts_at=first + timedelta(days=7 * week), name=f"Game {week + 1}")
            for week in range(43)
        ]
        beside = {"holder": season_ticket.holder, "team": season_ticket.team, "season": season_ticket.season}
        block = SeasonTicketFactory(row="B", first_seat=7, last_seat=11, numbering=SeatNumbering.ODD_EVEN, **beside)
        listings = [listed(season_ticket, game) for game in reversed(games)]
        return [*listings, listed(block, games[0], seats=3)]

    def test_are_one_notice_and_one_mail(self, season: list[Listing]) -> None:
        """S3-53: games in the order of their dates, forty of them and the number of the others."""
        listings_moved_notify(message=received(moved("approve", *season)), now=NOW)
        (letter,) = mails()
        context = letter["context"]
        assert context["about"] == "your seats for 43 games"
        assert [game["event"] for game in context["games"]] == [f"Game {number}" for number in range(1, 41)]
        assert context["more"] == 3
        assert [place["place"] for place in context["games"][0]["places"]] == [
            "section 101, row A, seats 1 to 4",
            "section 101, row B, seats 7, 9 and 11",
        ]
        notice = Notice.objects.get()
        assert (notice.title, len(notice.object_ids)) == ("On sale: your seats for 43 games", 44)
        lines = notice.text.split("\n")
        assert len(lines) == 1 + 6 + 1
        assert lines[1].startswith("Game 1, Sunday, September 9, 2040")
        assert lines[-1] == "and 38 more games"

    def test_take_as_many_queries_as_one(
        self, season: list[Listing], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for listings in (season[:1], season):
            message = moved("approve", *listings)
            with django_assert_num_queries(5):
                listings_moved_notify(message=received(message), now=NOW)

    def test_put_a_game_without_a_date_last(self, season_ticket: SeasonTicket, event: Event) -> None:
        early = home_game(season_ticket, starts_at=datetime(2039, 9, 1, tzinfo=UTC), date_tbd=True, time_tbd=True)
        both = [listed(season_ticket, game) for game in (early, event)]
        listings_moved_notify(message=received(moved("approve", *both)), now=NOW)
        starts = [game["start"] for game in mails()[0]["context"]["games"]]
        assert starts == [START, "a date to be decided"]


class TestSeatsText:
    @pytest.mark.parametrize(
        ("names", "text"),
        [
            ("3", "seat 3"),
            ("1 2", "seats 1 and 2"),
            ("9 10 11", "seats 9 to 11"),
            ("1 2 4", "seats 1, 2 and 4"),
            ("1 3 5 7", "seats 1, 3, 5 and 7"),
            ("1 2 3 5 6 7 9", "seats 1 to 3, 5 to 7 and 9"),
            ("A B 3", "seats A, B and 3"),
            ("3 2 1", "seats 3, 2 and 1"),
            ("A1 A2 A3", "seats A1, A2 and A3"),
        ],
    )
    def test_is_what_people_say(self, names: str, text: str) -> None:
        assert seats_named(names.split()) == text
