"""What messages are made from: a few queries whatever the number."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from apps.common.testing.local_slack import LocalSlack
from apps.common.testing.queries import queries_of
from apps.holders.models import CommissionAgreement
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings.enums import ListingMove
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.testing.stories import home_game, on_sale
from apps.orders.testing.stories import record
from apps.triage.models import TriageMessage
from apps.triage.selectors import (
    admin_url,
    holder_by_email,
    listings_shown,
    messages_about,
    sales_shown,
    waiting_for_staff,
)
from apps.triage.services.showing import triage_refresh_one
from apps.triage.testing.stories import LATER, NOW, block, fresh, move, pending, staff, told

pytestmark = pytest.mark.django_db


def message_about(count: int) -> TriageMessage:
    of = block()
    for day in range(count):
        pending(block=of, event=home_game(of, starts_at=NOW + timedelta(days=30 + day)))
    return told()


class TestListingsShown:
    def test_takes_the_same_queries_for_1_and_40_listings(self, slack: LocalSlack) -> None:
        one, many = message_about(1), message_about(40)
        counts = [queries_of(lambda found=found: listings_shown(fresh(found), now=LATER)) for found in (one, many)]
        assert counts[0] == counts[1] == 5  # with the message itself
        assert len(listings_shown(many, now=LATER).listings) == 40

    def test_refreshes_with_the_same_queries(self, slack: LocalSlack) -> None:
        one, many = message_about(1), message_about(40)
        counts = [queries_of(lambda found=found: triage_refresh_one(message=found, now=LATER)) for found in (one, many)]
        assert counts[0] == counts[1]

    def test_tells_the_last_change_of_status_and_who_made_it(self, slack: LocalSlack) -> None:
        message = message_about(1)
        listing = message.object_ids[0]
        from apps.listings.models import Listing

        move(Listing.objects.get(id=listing), ListingMove.DECLINE, actor=staff(), now=LATER, reason="Too dear")
        [shown] = listings_shown(message, now=LATER).listings
        assert (shown.status, shown.from_status, shown.changed_at) == ("declined", "pending", LATER)
        assert (shown.changed_by, shown.source, shown.note) == ("Sam Staff", "api", "Too dear")

    def test_tells_the_payout_at_the_rate_of_the_day(self, slack: LocalSlack) -> None:
        """S3-17: 15 % by agreement instead of the 20 % for everybody."""
        message = message_about(1)
        assert listings_shown(message, now=LATER).listings[0].payout_cents == 8_000
        assert message.holder is not None
        CommissionAgreementFactory(holder=message.holder)
        assert CommissionAgreement.objects.count() == 1
        assert listings_shown(message, now=LATER).listings[0].payout_cents == 8_500

    def test_can_leave_out_all_but_some(self, slack: LocalSlack) -> None:
        message = message_about(3)
        assert len(listings_shown(message, now=LATER, only=message.object_ids[:1]).listings) == 1

    def test_tells_of_the_system_without_a_name(self, slack: LocalSlack) -> None:
        message = message_about(1)
        listings_expire(now=NOW + timedelta(days=60))
        [shown] = listings_shown(message, now=LATER).listings
        assert (shown.status, shown.changed_by, shown.source) == ("expired", "", "system")


class TestMessagesAbout:
    def test_are_those_that_staff_decide_about(self, slack: LocalSlack) -> None:
        message, other = message_about(2), message_about(1)
        assert list(messages_about(object_ids=[message.object_ids[1]])) == [message]
        TriageMessage.objects.filter(id=other.id).update(kind="sale")
        assert list(messages_about(object_ids=other.object_ids)) == []
        assert list(messages_about(object_ids=[])) == []


class TestSalesShown:
    def test_takes_one_query_for_all_seats(self) -> None:
        listing = on_sale()
        ids = [sale.id for sale in record(listing, "1", "2", "3", "4")]
        assert queries_of(lambda: sales_shown(sale_ids=ids)) == 1
        assert [sale.place[-6:] for sale in sales_shown(sale_ids=ids)] == ["seat 1", "seat 2", "seat 3", "seat 4"]


class TestWaitingForStaff:
    def test_takes_two_queries_whatever_waits(self) -> None:
        for _ in range(3):
            pending(block=block())
            block(status="pending")
        assert queries_of(waiting_for_staff) == 2
        waiting = waiting_for_staff()
        assert len(waiting) == 6
        assert [row.since for row in waiting] == sorted(row.since for row in waiting)

    def test_names_who_has_no_name_by_address(self) -> None:
        of = block(holder__user__email="ann@example.com")
        of.holder.user.first_name = of.holder.user.last_name = ""
        of.holder.user.save()
        pending(block=of)
        assert waiting_for_staff(holder=of.holder)[0].holder == "ann@example.com"

    def test_leaves_others_out(self) -> None:
        of = block()
        pending(block=of)
        pending(block=block())
        assert [row.count for row in waiting_for_staff(holder=of.holder)] == [1]


def test_holder_is_found_whatever_the_case_of_the_address() -> None:
    of = block(holder__user__email="ann@example.com")
    assert holder_by_email(" Ann@Example.com ") == of.holder
    assert holder_by_email("bob@example.com") is None
    assert holder_by_email("") is None


def test_links_lead_nowhere_without_an_admin(settings: Settings) -> None:
    assert admin_url("listings_listing", status__exact="pending").endswith(
        "/admin/listings/listing/?status__exact=pending"
    )
    settings.ADMIN_ENABLED = False
    assert admin_url("listings_listing") == ""
