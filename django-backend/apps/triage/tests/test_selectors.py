"""What staff are shown, in messages and in the admin, in the same number of queries for few and for many."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.catalog.models import Event
from apps.common.ids import uuid7
from apps.common.testing.local_slack import SAM, LocalSlack
from apps.common.testing.queries import queries_of
from apps.holders.models import CommissionAgreement, TicketHolder
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings.enums import ListingMove
from apps.listings.models import Listing
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.testing.stories import on_sale
from apps.notifications.services.gathering import outbox_gather
from apps.orders.testing.stories import record
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.stories import home_game
from apps.triage.models import SlackRequest, TriageMessage
from apps.triage.selectors import (
    admin_url,
    holder_by_email,
    listings_shown,
    messages_about,
    sales_shown,
    waiting_for_staff,
)
from apps.triage.services.digest import overdue_raise
from apps.triage.services.showing import triage_refresh_one
from apps.triage.testing.stories import LATER, NASTY, NOW, block, deliver, fresh, move, newest, pending, staff
from apps.users.models import User
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db


def message_about(count: int) -> TriageMessage:
    of = block()
    for day in range(count):
        pending(block=of, event=home_game(of, starts_at=NOW + timedelta(days=30 + day)))
    return newest()


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

    def test_has_the_last_change_of_status_and_who_made_it(self, slack: LocalSlack) -> None:
        message = message_about(1)
        listing = message.object_ids[0]
        from apps.listings.models import Listing

        move(Listing.objects.get(id=listing), ListingMove.DECLINE, actor=staff(), now=LATER, reason="Too dear")
        [shown] = listings_shown(message, now=LATER).listings
        assert (shown.status, shown.from_status, shown.changed_at) == ("declined", "pending", LATER)
        assert (shown.changed_by, shown.source, shown.note) == ("Sam Staff", "api", "Too dear")

    def test_has_the_payout_at_the_rate_of_the_day(self, slack: LocalSlack) -> None:
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

    def test_names_nobody_for_the_system(self, slack: LocalSlack) -> None:
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
    def test_takes_two_queries_for_any_number(self) -> None:
        for _ in range(3):
            pending(block=block())
            block(status="pending")
        assert queries_of(waiting_for_staff) == 2
        waiting = waiting_for_staff()
        assert len(waiting) == 6
        assert [row.since for row in waiting] == sorted(row.since for row in waiting)

    def test_uses_the_address_of_holders_without_a_name(self) -> None:
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


def test_holder_is_found_by_address_in_any_case() -> None:
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


def queries_of_a_burst(of: SeasonTicket, count: int) -> int:
    for _ in range(count):
        pending(block=of)
    with CaptureQueriesContext(connection) as captured:
        assert outbox_gather(now=LATER) == count
    assert len(TriageMessage.objects.latest("id").object_ids) == count
    return len(captured)


def test_a_burst_takes_as_many_queries_for_forty_listings_as_for_two(slack: LocalSlack) -> None:
    """S4-38: 5,000 events are 50 bursts of a hundred, each in the same few queries."""
    of = block()
    few = queries_of_a_burst(of, 2)
    assert queries_of_a_burst(of, 40) == few
    assert few <= 22


def many_waiting(count: int) -> None:
    """Have a listing of each of `count` holders wait, all at one game."""
    listing = pending(block=block())
    fields = {field.attname: getattr(listing, field.attname) for field in Listing._meta.concrete_fields}
    users = User.objects.bulk_create(User(email=f"h{number}@example.com") for number in range(count - 1))
    mine = {field.attname: getattr(listing.holder, field.attname) for field in TicketHolder._meta.concrete_fields}
    holders = TicketHolder.objects.bulk_create(
        TicketHolder(**mine | {"id": uuid7(), "user_id": user.id}) for user in users
    )
    Listing.objects.bulk_create(Listing(**fields | {"id": uuid7(), "holder_id": holder.id}) for holder in holders)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does: in a suite the plans would be those of empty tables


def test_a_digest_of_hundreds_takes_as_many_queries_as_one_of_one(slack: LocalSlack) -> None:
    due = NOW + timedelta(days=30)
    pending(block=block())
    with CaptureQueriesContext(connection) as of_one:
        assert overdue_raise(now=due) is not None
    many_waiting(400)
    with CaptureQueriesContext(connection) as of_many:
        digest = overdue_raise(now=due + timedelta(days=1))
    assert digest is not None
    assert len(of_many) == len(of_one)
    assert "401 decisions overdue" in digest.slack_message.text
    assert "more lines_" in str(digest.slack_message.blocks)
    assert Event.objects.count() == 2


MESSAGES, REQUESTS = "/admin/triage/triagemessage/", "/admin/triage/slackrequest/"


def messages(count: int) -> None:
    for number in range(count):
        pending(block=block(), now=NOW + timedelta(seconds=number))
    deliver(NOW + timedelta(hours=1))


def request() -> SlackRequest:
    payload = {"trigger_id": "1.secret", "text": "x"}
    return SlackRequest.objects.create(
        signature="v0=1", kind="command", slack_user=SAM, payload=payload, received_at=NOW, outcome=NASTY
    )


class TestPages:
    def test_of_messages_list_them_in_the_same_queries(self, slack: LocalSlack) -> None:
        client, counts = staff_browser("view_triagemessage"), []
        for more in (1, 9):
            messages(more)
            with CaptureQueriesContext(connection) as queries:
                page = client.get(MESSAGES)
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert page.text.count("New listing: 4 seats, 1 game by Ann Fan (1 waiting)") >= 10

    def test_of_messages_show_what_only_the_log_has(self, slack: LocalSlack, settings: Settings) -> None:
        """Without a token nothing fails, and staff find the message here."""
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN = ""
        messages(1)
        page = staff_browser("view_triagemessage").get(MESSAGES)
        assert "In the log: no Slack token" in page.text
        assert slack.calls() == []

    def test_of_requests_keep_the_keys_to_themselves(self, slack: LocalSlack) -> None:
        found = request()
        client = staff_browser("view_slackrequest")
        for path in (REQUESTS, f"{REQUESTS}{found.id}/change/"):
            page = client.get(path)
            assert "1.secret" not in page.text
            assert "&lt;!channel&gt;" in page.text

    def test_are_searched(self, slack: LocalSlack) -> None:
        messages(1)
        client = staff_browser("view_triagemessage")
        assert "4 seats, 1 game" in client.get(MESSAGES, {"q": "New listing"}).text
        assert "4 seats" not in client.get(MESSAGES, {"q": "nothing like it"}).text
