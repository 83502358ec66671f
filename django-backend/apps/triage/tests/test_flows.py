"""From what happens in listings and orders, through the outbox, to what staff read in Slack."""

from datetime import timedelta
from functools import partial

import pytest
from pytest_django import Settings

from apps.catalog.models import Team
from apps.catalog.testing.factories import VenueFactory
from apps.common.acts import Act, ChangeSource
from apps.common.listeners import LISTENERS, Listener
from apps.common.testing.acts import act_of
from apps.common.testing.local_slack import CHANNEL, LocalSlack
from apps.holders.testing.factories import TicketHolderFactory
from apps.listings.enums import ListingMove
from apps.listings.models import Listing
from apps.listings.rules.season_plan import SeasonRequest
from apps.listings.services.listings import season_list
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.tests.listening import Numbered
from apps.orders.services.event_changes import event_cancel, event_postpone, event_reschedule
from apps.orders.testing.stories import record, void
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services.decisions import season_ticket_reject, season_ticket_verify
from apps.season_tickets.services.season_tickets import season_ticket_register
from apps.season_tickets.testing.stories import home_game
from apps.triage.models import TriageMessage
from apps.triage.testing.stories import (
    LATER,
    NOW,
    block,
    buttons_of,
    deliver,
    elements_of,
    fresh,
    move,
    newest,
    pending,
    staff,
    unsent,
    words_of,
)

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=2)
QUIET = NOW + timedelta(minutes=5)


def listed(of: SeasonTicket, *seats: str) -> Listing:
    """Return an approved listing whose messages are all delivered."""
    listing = move(pending(*seats, block=of), ListingMove.APPROVE)
    deliver()
    return listing


sold = partial(record, now=SOON)


class TestEveryTopic:
    def test_has_a_test_here(self) -> None:
        """A new topic for staff needs a test in this file."""
        assert {name for name in LISTENERS if name.endswith(":triage")} == {
            "season_ticket.registered:triage", "season_ticket.decided:triage", "listing.created:triage",
            "listing.relisted:triage", "listing.delisting_requested:triage", "listing.moved:triage",
            "listing.changed:triage",  # in test_changes
            "sale.recorded:triage", "sale.voided:triage", "event.changed:triage", "outbox.dead:triage",
            "catalog.feed_differs:triage",  # in test_feed
            "order.raised:triage", "event.refunds_ended:triage",  # in test_orders
        }  # fmt: skip


class TestSeasonTickets:
    def registered(self, of: SeasonTicket, first: int = 11) -> SeasonTicket:
        return season_ticket_register(
            holder=of.holder, team=of.team, season=of.season, section="101", row="A",
            first_seat=first, last_seat=first + 3, now=NOW,
        )  # fmt: skip

    def test_are_shown_at_once_with_buttons_and_corrected_when_decided_elsewhere(self, slack: LocalSlack) -> None:
        """S3-53."""
        mine = self.registered(block())
        message = newest(NOW)  # no burst to wait for
        [shown] = slack.messages()
        assert "New season ticket: Eagles" in words_of(shown)
        assert "*Holder*\nAnn Fan" in words_of(shown)
        assert "*Seats*\nsection 101, row A, seats 11 to 14" in words_of(shown)
        assert buttons_of(shown) == ["triage.verify", "triage.reject"]
        assert str(mine.id) in str(shown["blocks"])  # the link to the admin
        assert (message.kind, message.object_ids, message.holder) == ("season_ticket", [mine.id], mine.holder)

        season_ticket_verify(season_ticket_id=mine.id, act=act_of(staff(), now=SOON))
        deliver(SOON)
        [shown] = slack.messages()
        assert buttons_of(shown) == []
        assert "Verified by Sam Staff" in words_of(shown)
        assert unsent() == []

    def test_warn_of_seats_that_another_verified_one_has(self, slack: LocalSlack) -> None:
        theirs = block(first_seat=13, last_seat=16)
        season_ticket_register(
            holder=TicketHolderFactory(), team=theirs.team, season=theirs.season, section="101", row="A",
            first_seat=11, last_seat=14, now=NOW,
        )  # fmt: skip
        deliver(NOW)
        said = "These may be the same seats as section 101, row A, seats 13 and 14 of Ann Fan (verified)."
        assert said in words_of(slack.messages()[-1])

    def test_that_may_be_the_same_seats_are_named_on_both_messages(self, slack: LocalSlack) -> None:
        """The first message names the second one too, and the question disappears once the other one is rejected."""
        mine = self.registered(block())
        deliver(NOW)
        assert sure_of(slack, mine) is None
        theirs = season_ticket_register(
            holder=TicketHolderFactory(), team=mine.team, season=mine.season, section="Section 101", row="Row A",
            first_seat=14, last_seat=15, now=NOW,
        )  # fmt: skip
        deliver(NOW)
        assert "as section SECTION 101, row ROW A, seat 14 of " in str(sure_of(slack, mine))
        assert "as section 101, row A, seat 14 of Ann Fan (pending)." in str(sure_of(slack, theirs))
        season_ticket_reject(season_ticket_id=theirs.id, act=act_of(staff(), now=SOON, reason="No proof"))
        deliver(SOON)
        assert sure_of(slack, mine) is None


def sure_of(slack: LocalSlack, of: SeasonTicket) -> str | None:
    """Return what the button that verifies a season ticket asks first, None if it asks nothing."""
    [shown] = [found for found in slack.messages() if f"seasonticket/{of.id}/" in str(found["blocks"])]
    [verify] = [found for found in elements_of(shown) if found["action_id"] == "triage.verify"]
    return verify["confirm"]["text"]["text"] if "confirm" in verify else None


class TestNewListings:
    def test_of_a_burst_are_one_message(self, slack: LocalSlack, settings: Settings) -> None:
        """S3-17, S3-20, S3-53: five listings within the span; one message with holder, games, seats, prices."""
        settings.OUTBOX_GATHERING_SECONDS = 30
        of = block()
        for number in range(4):
            pending(str(number + 1), block=of, now=NOW + timedelta(seconds=number), price_cents=10_000 + 500 * number)
        pending(block=of, now=NOW + timedelta(seconds=9))
        deliver(NOW + timedelta(seconds=20))
        assert slack.messages() == []
        message = newest()
        [shown] = slack.messages()
        said = words_of(shown)
        assert "New listings: 8 seats, 5 games" in said
        assert "*Price per seat*\n$100.00 to $115.00" in said
        assert "*Payout per seat*\n$80.00 to $92.00" in said
        assert "Approve all 5" in said
        assert shown["text"] == "New listings: 8 seats, 5 games by Ann Fan (5 waiting)"
        assert len(message.object_ids) == 5
        assert f"holder__id__exact={of.holder_id}" in str(shown["blocks"])
        assert slack.calls()[0]["parameters"]["channel"] == CHANNEL
        deliver(SOON)
        assert len(slack.messages()) == 1

    def test_of_two_holders_are_two_messages(self, slack: LocalSlack) -> None:
        pending(block=block())
        pending(block=block())
        deliver()
        assert len(slack.messages()) == 2

    def test_of_a_season_are_one_message(self, slack: LocalSlack) -> None:
        """S3-17: 160 seats at 40 games, posted whole."""
        of = block()
        for day in range(40):
            home_game(of, starts_at=NOW + timedelta(days=30 + day))
        season_list(
            holder=of.holder, season_ticket_id=of.id, seats=None,
            request=SeasonRequest(None, default_price_cents=9_000),
            act=Act(of.holder.user.id, ChangeSource.API, NOW),
        )  # fmt: skip
        deliver()
        [shown] = slack.messages()
        assert "New listings: 160 seats, 40 games" in words_of(shown)
        assert words_of(shown).count("• *") == 40
        assert words_of(shown).count("seats 1 to 4: $90.00 → $72.00") == 1  # the same at each of the games

    def test_decided_elsewhere_meanwhile_are_shown_so(self, slack: LocalSlack) -> None:
        """The admin or the API was faster, before the message was made and after it."""
        of, sam = block(), staff()
        first, second = pending(block=of), pending(block=of)
        move(first, ListingMove.APPROVE, actor=sam, source=ChangeSource.ADMIN)
        deliver()
        [shown] = slack.messages()
        assert "1 listing approved by Sam Staff · Admin" in words_of(shown)
        assert buttons_of(shown) == ["triage.approve", "triage.decline"]
        move(second, ListingMove.DECLINE, actor=sam, now=SOON, reason="Too dear")
        deliver(SOON)
        [shown] = slack.messages()
        assert "1 listing declined by Sam Staff · API" in words_of(shown)
        assert "Reason: Too dear" in words_of(shown)
        assert buttons_of(shown) == []

    def test_withdrawn_by_the_holder_need_no_decision(self, slack: LocalSlack) -> None:
        of = block()
        listing = pending(block=of)
        deliver()
        move(listing, ListingMove.WITHDRAW, actor=of.holder.user, now=SOON)
        deliver(SOON)
        assert "1 listing now: delisted by Ann Fan" in words_of(slack.messages()[0])
        assert buttons_of(slack.messages()[0]) == []


class TestRequestsOfHolders:
    def test_to_delist_are_shown_with_the_reason(self, slack: LocalSlack) -> None:
        """S3-53."""
        of = block()
        listing = listed(of)
        move(listing, ListingMove.REQUEST_DELISTING, actor=of.holder.user, now=SOON, reason="We go ourselves")
        message = newest(QUIET)
        created, shown = slack.messages()
        assert "1 listing now: requested for delisting by Ann Fan" in words_of(created)
        assert "Delisting requested: 4 seats, 1 game" in words_of(shown)
        assert "The holder says: We go ourselves" in words_of(shown)
        assert buttons_of(shown) == ["triage.approve_delisting", "triage.decline_delisting"]
        assert message.kind == "delisting"

    def test_to_list_again_are_shown(self, slack: LocalSlack) -> None:
        """S3-53."""
        of = block()
        listing = listed(of)
        move(listing, ListingMove.REQUEST_DELISTING, now=SOON)
        move(listing, ListingMove.APPROVE_DELISTING, now=SOON)
        move(listing, ListingMove.RELIST, actor=of.holder.user, now=SOON)
        message = newest(QUIET)
        assert message.kind == "relisted"
        shown = slack.messages()[-1]
        assert "Listed again: 4 seats, 1 game" in words_of(shown)
        assert buttons_of(shown) == ["triage.approve", "triage.decline"]
        assert unsent() == []


class TestSales:
    def test_are_reported_once_for_a_burst_and_correct_the_message_of_the_listing(self, slack: LocalSlack) -> None:
        """S3-53: sold, with price, payout and commission."""
        listing = listed(block())
        sold(listing, "1", "2")
        sold(listing, "3", "4")
        message = newest(QUIET)
        created, shown = slack.messages()
        assert "4 seats sold" in words_of(shown)
        assert "*Payout*\n$320.00" in words_of(shown)
        assert words_of(shown).count("INV-7") == 4
        assert buttons_of(shown) == []
        assert (message.kind, len(message.object_ids)) == ("sale", 4)
        assert "1 listing now: sold" in words_of(created)

    def test_that_become_void_are_reported(self, slack: LocalSlack) -> None:
        """S3-53."""
        listing = listed(block())
        sales = sold(listing, "1", "2", "3", "4")
        deliver(QUIET)
        void(sales, now=QUIET)
        message = newest(QUIET + timedelta(minutes=1))
        shown = slack.messages()[-1]
        assert message.kind == "void"
        assert "4 sales void" in words_of(shown)
        assert "back on sale: Buyer's card was refused" in words_of(shown)
        assert "now: sold" not in words_of(slack.messages()[0])


class TestEvents:
    def test_with_open_sales_that_are_postponed_or_cancelled_are_reported(self, slack: LocalSlack) -> None:
        """S3-53."""
        listing, sam = listed(block()), staff()
        sold(listing, "1", "2")
        deliver(QUIET)
        event_postpone(event_id=listing.event_id, act=act_of(sam, now=QUIET, reason="Storm & hail"))
        assert newest(QUIET).kind == "event"
        shown = slack.messages()[-1]
        assert f"Postponed: {listing.event.name}" in words_of(shown)
        assert "*Open sales*\n2 seats, $200.00" in words_of(shown)
        assert "Storm &amp; hail · by Sam Staff" in words_of(shown)
        event_cancel(event_id=listing.event_id, act=act_of(sam, now=QUIET, reason="No new date"))
        deliver(QUIET)
        assert "Cancelled" in words_of(slack.messages()[-1])
        assert TriageMessage.objects.filter(kind="event").count() == 2

    def test_that_move_to_another_venue_are_reported_and_their_listings_wait_again(self, slack: LocalSlack) -> None:
        listing = listed(block())
        sold(listing, "1")
        deliver(QUIET)
        Team.objects.filter(id=listing.event.home_team_id).update(home_venue=listing.event.venue)
        arena = VenueFactory(name="Arena <1>", city="Berlin")
        act = act_of(now=QUIET, reason="Concert")
        event_reschedule(event_id=listing.event_id, starts_at=listing.event.starts_at, venue_id=arena.id, act=act)
        deliver(QUIET + timedelta(minutes=5))
        told_now = "\n".join(words_of(message) for message in slack.messages())
        assert f"New venue: {listing.event.name}" in told_now
        assert "*Now*\nAt Arena &lt;1&gt;, Berlin" in told_now
        assert "*(the event is at Arena &lt;1&gt;, Berlin, these seats are not)*" in told_now
        assert "\nEvent changed from " in told_now, "nobody says that the holder said so"

    def test_without_open_sales_or_with_a_new_date_are_not(self, slack: LocalSlack) -> None:
        of = block()
        unsold, other = listed(of), listed(of)
        event_postpone(event_id=unsold.event_id, act=act_of(now=SOON, reason="Storm"))
        sold(other, "1")
        event_reschedule(event_id=other.event_id, starts_at=NOW + timedelta(days=90), act=act_of(now=SOON, reason="TV"))
        deliver(QUIET)
        assert not TriageMessage.objects.filter(kind="event").exists()
        assert unsent() == []


class TestDeadMessages:
    def test_are_reported_together_without_those_that_were_retried(
        self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from apps.notifications.errors import MessageUndeliverable
        from apps.notifications.testing import recorder

        monkeypatch.setitem(LISTENERS, "event.changed:triage", Listener(Numbered, recorder.handle, gathers=False))
        recorder.failures["event:1"] = MessageUndeliverable("no such event")
        for _ in range(3):
            row = OutboxMessage(topic="event.changed:triage", aggregate_key="event:1", payload={})
            row.created_at = row.available_at = NOW
            row.save()
        deliver(NOW)
        recorder.clear()
        OutboxMessage.objects.filter(id=row.id).update(dead_at=None, available_at=QUIET)
        assert newest(NOW + timedelta(minutes=1)).kind == "dead"
        said = words_of(slack.messages()[-1])
        assert "2 messages given up" in said
        assert "• event.changed:triage: 2" in said
        assert "message_undeliverable at recorder.py" in said

    def test_about_dead_messages_are_not_reported_when_dead(self, slack: LocalSlack) -> None:
        """Slack keeps refusing everything: the report about it fails silently, and is visible in the admin."""
        slack.fault("error_500", times=None)
        pending(block=block())
        now = NOW
        for _ in range(70):
            now += timedelta(hours=2)
            deliver(now)
        assert TriageMessage.objects.filter(kind="dead").count() == 1
        dead = OutboxMessage.objects.filter(dead_at__isnull=False)
        assert sorted(dead.values_list("topic", "attempts")) == [("slack", 20), ("slack", 20)]


class TestOneSource:
    def test_never_makes_two_messages(self, slack: LocalSlack) -> None:
        """A worker that died after showing and before marking shows again, and finds the message."""
        listed(block())
        pending(block=block())
        deliver()
        count = TriageMessage.objects.count()
        OutboxMessage.objects.filter(topic="listing.created:triage").update(delivered_at=None)
        OutboxMessage.objects.filter(topic="slack").update(delivered_at=None)
        deliver(LATER)
        assert (TriageMessage.objects.count(), SlackMessage.objects.count()) == (count, count)
        assert len(slack.messages()) == count

    def test_is_refreshed_without_a_call_when_nothing_changed(self, slack: LocalSlack) -> None:
        from apps.triage.services.showing import triage_refresh_one

        pending(block=block())
        message = newest()
        assert not triage_refresh_one(message=fresh(message), now=SOON)
        assert unsent() == []

    def test_that_only_informs_is_never_made_again(self, slack: LocalSlack) -> None:
        from apps.triage.services.showing import triage_refresh_one, triage_words

        listing = listed(block())
        sold(listing, "1")
        message = newest(QUIET)
        assert message.kind == "sale"
        assert not triage_refresh_one(message=message, now=SOON)
        with pytest.raises(ValueError, match="needs no decision"):
            triage_words(message, now=SOON)
