"""What changes while a listing waits for a decision: the message that asks for it says so."""

from datetime import timedelta

import pytest

from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.local_slack import LocalSlack
from apps.listings.enums import ListingMove
from apps.listings.models import Listing
from apps.listings.services.listing_prices import listing_rate_set, listings_reprice
from apps.notifications.models import OutboxMessage
from apps.orders.services.event_changes import event_reschedule
from apps.triage.testing.stories import LATER, NOW, block, deliver, move, pending, staff, words_of

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=2)


class TestWhatStaffDecideBy:
    def test_is_the_new_price(self, slack: LocalSlack) -> None:
        """S3-17: nobody approves by an outdated price."""
        of = block()
        listing = pending(block=of)
        deliver()
        prices = {listing.id: 12_000}
        listings_reprice(
            holder=of.holder, prices_cents=prices, act=act_of(of.holder.user, source=ChangeSource.API, now=SOON)
        )
        deliver(SOON)
        assert "$120.00 → $96.00" in words_of(slack.messages()[0])

    def test_is_the_new_share(self, slack: LocalSlack) -> None:
        listing = pending(block=block())
        deliver()
        listing_rate_set(listing_id=listing.id, rate_bps=1_000, act=act_of(staff(), now=SOON, reason="Agreed"))
        deliver(SOON)
        assert "$100.00 → $90.00" in words_of(slack.messages()[0])

    def test_is_the_new_start(self, slack: LocalSlack) -> None:
        """S3-53."""
        listing = pending(block=block())
        deliver()
        moved = listing.event.starts_at + timedelta(days=40)
        event_reschedule(event_id=listing.event_id, starts_at=moved, act=act_of(now=SOON, reason="TV"))
        deliver(SOON)
        assert f"{moved:%B} {moved.day}, {moved.year}" in words_of(slack.messages()[0])

    def test_is_an_in_hand_date_after_the_new_start(self, slack: LocalSlack) -> None:
        listing = pending(block=block())
        day = listing.event.starts_at.date()
        Listing.objects.filter(id=listing.id).update(in_hand_date=day)
        deliver()
        assert "after the event" not in words_of(slack.messages()[0])
        starts_at = listing.event.starts_at - timedelta(days=3)
        event_reschedule(event_id=listing.event_id, starts_at=starts_at, act=act_of(now=SOON, reason="TV"))
        deliver(SOON)
        assert f"(in hand {day}, after the event)" in words_of(slack.messages()[0])

    def test_is_not_refreshed_once_it_is_decided(self, slack: LocalSlack) -> None:
        """Otherwise mark-downs of a whole season would refresh every old message."""
        of = block()
        listing = move(pending(block=of), ListingMove.APPROVE)
        deliver()
        prices = {listing.id: 12_000}
        listings_reprice(
            holder=of.holder, prices_cents=prices, act=act_of(of.holder.user, source=ChangeSource.API, now=SOON)
        )
        assert not OutboxMessage.objects.filter(topic="listing.changed:triage").exists()


class TestDecidedWhileItIsMade:
    def test_is_seen_by_the_second_check(self, slack: LocalSlack) -> None:
        """The race: a decision commits after the contents of the message were read and before its own commit."""
        listing = pending(block=block())
        deliver()
        shown = OutboxMessage.objects.filter(topic="triage.shown")
        shown.update(delivered_at=None)
        move(listing, ListingMove.APPROVE, actor=staff(), now=SOON)
        OutboxMessage.objects.filter(topic="listing.moved:triage").delete()  # the decision found no message
        deliver(SOON)
        assert "1 listing approved by Sam Staff" in words_of(slack.messages()[0])

    def test_changes_nothing_where_nothing_was_decided(self, slack: LocalSlack) -> None:
        pending(block=block())
        deliver(LATER)
        assert [call["method"] for call in slack.calls()] == ["chat.postMessage"]
