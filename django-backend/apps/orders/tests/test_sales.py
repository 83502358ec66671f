"""Sales are recorded: the split is exact and frozen, nothing is sold twice."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.models import Event
from apps.catalog.testing.stories import begin
from apps.common.acts import ChangeSource
from apps.common.ids import uuid7
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings.enums import ListingMove, TicketStatus
from apps.listings.errors.sales import ListingNotForSale, SaleTimeRefused, SeatNotForSale, SplitNotAllowed
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.testing.stories import LISTED_AT, move, on_sale, statuses
from apps.notifications.models import OutboxMessage
from apps.orders.errors.sales import ListingUnknown, MarketplaceUnknown, SeatAlreadySold
from apps.orders.models import Marketplace, Sale
from apps.orders.testing.stories import NOW, record, void
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db


class TestRecording:
    def test_makes_a_row_for_each_seat(self, listing: Listing) -> None:
        """S3-22, S3-53: one batch, every fact of the sale, the seats sold."""
        actor = superuser()
        sales = record(listing, "2", "1", actor=actor, price_cents=12_345, sold_at=NOW - timedelta(hours=2))
        assert [sale.ticket.seat for sale in sales] == ["1", "2"]
        assert len({sale.batch_id for sale in sales}) == 1
        stored = Sale.objects.get(id=sales[0].id)
        assert (stored.listing_id, stored.event_id, stored.holder_id) == (
            listing.id, listing.event_id, listing.holder_id,
        )  # fmt: skip
        assert (stored.marketplace.name, stored.invoice_number, stored.customer_reference) == (
            "StubHub", "INV-7", "Fan 7",
        )  # fmt: skip
        assert (stored.price_cents, stored.currency, stored.sold_at) == (12_345, "USD", NOW - timedelta(hours=2))
        assert (stored.recorded_by, stored.source, stored.delivery_status) == (actor, "api", "pending")
        assert (stored.voided_at, stored.refund_due_at, stored.seat_returned) == (None, None, False)
        assert statuses(listing) == "listed ssaa"

    def test_shares_eighty_to_twenty(self, listing: Listing) -> None:
        """S3-22: $100 with 20 % expenses."""
        sale = record(listing, "1")[0]
        assert (sale.price_cents, sale.commission_cents, sale.payout_cents) == (10_000, 2_000, 8_000)
        assert (sale.rate_bps, sale.rate_rule) == (2_000, "default")

    def test_explains_itself(self, listing: Listing, settings: Any) -> None:
        settings.PAYOUT_DAYS_AFTER_EVENT = 10
        explanation = Sale.objects.get(id=record(listing, "1")[0].id).explanation
        assert (explanation["price"], explanation["commission"], explanation["payout"]) == ("100.00", "20.00", "80.00")
        steps = ["base", "rate", "rounding", "commission", "payout", "payable_date"]
        assert [step["step"] for step in explanation["steps"]] == steps
        assert explanation["steps"][-1]["value"] == "2040-09-19"

    def test_takes_the_price_of_the_listing_without_another(self) -> None:
        assert record(on_sale("1", price_cents=9_000), "1")[0].price_cents == 9_000

    def test_chooses_a_quantity_and_leaves_no_orphan(self) -> None:
        """S4-07: never a lone seat under a rule that forbids one, down to the last seat."""
        listing = on_sale(
            block=SeasonTicketFactory(last_seat=7), terms=ListingTerms(split_rule=SplitRule.NEVER_LEAVE_ONE)
        )
        assert [sale.ticket.seat for sale in record(listing, quantity=2)] == ["1", "2"]
        with pytest.raises(SplitNotAllowed):
            record(listing, quantity=4)
        record(listing, quantity=2)
        record(listing, quantity=3)
        assert statuses(listing) == "sold sssssss"

    def test_puts_one_message_per_batch(self, listing: Listing) -> None:
        """S3-53: in the same transaction."""
        sales = record(listing, quantity=2)
        message = OutboxMessage.objects.get(topic="sale.recorded")
        assert message.payload == {"sale_ids": [str(sale.id) for sale in sales], "holder_id": str(listing.holder_id)}

    def test_needs_as_many_queries_for_four_seats_as_for_one(self, listing: Listing) -> None:
        """Marketplace, listing, seats, event, rate, seats, history, sales, outbox; the listing with the last seat."""
        counts = []
        for seats in (("1",), ("2", "3"), ("4",)):
            with CaptureQueriesContext(connection) as queries:
                record(listing, *seats)
            counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
        assert counts == [9, 9, 10]


class TestRefusals:
    def test_an_unknown_marketplace(self, listing: Listing) -> None:
        Marketplace.objects.filter(code="viagogo").update(is_active=False)
        for code, words in (("ebay", "is not known"), ("viagogo", "is not active")):
            with pytest.raises(MarketplaceUnknown, match=words):
                record(listing, "1", marketplace=code)

    @pytest.mark.parametrize(
        ("code", "hint"),
        [
            ("stubhubb", "is not known. Did you mean 'stubhub'?"),
            ("StubHub", "is not known. Did you mean 'stubhub'?"),
            ("Ticket Evolution", "is not known. Did you mean 'ticket-evolution'?"),
            ("viagoggo", "is not known. Look up the code: GET /api/v1/marketplaces/"),
        ],
    )
    def test_a_misspelt_marketplace_is_answered_with_the_nearest_in_use(
        self, listing: Listing, code: str, hint: str
    ) -> None:
        Marketplace.objects.filter(code="viagogo").update(is_active=False)
        with pytest.raises(MarketplaceUnknown) as refusal:
            record(listing, "1", marketplace=code)
        assert str(refusal.value) == f"The marketplace {code} {hint}"

    def test_an_unknown_listing(self, listing: Listing) -> None:
        with pytest.raises(ListingUnknown):
            record(Listing(id=uuid7()), "1")

    @pytest.mark.parametrize("sold_at", [NOW + timedelta(seconds=1), LISTED_AT - timedelta(seconds=1)])
    def test_a_time_at_which_it_was_not_sold(self, listing: Listing, sold_at: datetime) -> None:
        with pytest.raises(SaleTimeRefused):
            record(listing, "1", sold_at=sold_at)

    def test_the_same_invoice_twice(self, listing: Listing) -> None:
        """S4-07."""
        record(listing, "1")
        with pytest.raises(SeatNotForSale, match=r"seat 1 was sold less than 1 s before"):
            record(listing, "1")
        assert Sale.objects.count() == 1

    def test_a_seat_whose_status_and_sale_contradict_each_other(self, listing: Listing) -> None:
        """S4-07: the database has the last word; nothing of the batch is written."""
        record(listing, "1")
        Ticket.objects.filter(listing=listing, seat="1").update(status=TicketStatus.AVAILABLE)
        messages = OutboxMessage.objects.count()
        with pytest.raises(SeatAlreadySold):
            record(listing, "1", "2")
        assert (Sale.objects.count(), statuses(listing), OutboxMessage.objects.count()) == (1, "listed aaaa", messages)

    def test_a_listing_off_sale(self, listing: Listing) -> None:
        move(listing, ListingMove.REQUEST_DELISTING)
        move(listing, ListingMove.APPROVE_DELISTING, now=datetime(2026, 1, 2, 10, tzinfo=UTC))
        with pytest.raises(ListingNotForSale, match=r"delisted since 2026-01-02T10:00:00\+00:00, 2 h before"):
            record(listing, "1")


class TestLateRecords:
    def test_a_sale_from_before_the_start_is_recorded_after_it(self, listing: Listing) -> None:
        start = NOW + timedelta(hours=3)
        begin(listing.event, at=start)
        listings_expire(now=start)
        sales = record(listing, quantity=2, sold_at=NOW, now=start + timedelta(days=2))
        assert statuses(listing) == "expired ssww"
        assert sales[0].sold_at == NOW
        assert ListingEvent.objects.filter(listing=listing).last().note == "Sold: seats 1, 2"

    def test_a_wrong_price_is_corrected_after_the_start(self, listing: Listing) -> None:
        start = NOW + timedelta(hours=3)
        wrong = record(listing, quantity=4, price_cents=1)
        begin(listing.event, at=start)
        void(wrong[:1], return_seats=False, now=start)
        right = record(listing, "1", price_cents=10_000, sold_at=NOW, now=start)
        assert statuses(listing) == "sold ssss"
        assert Sale.objects.filter(voided_at=None, ticket=right[0].ticket).get().price_cents == 10_000


class TestSplit:
    @settings(max_examples=60)
    @given(price_cents=st.integers(1, 100_000_000), rate_bps=st.integers(0, 9_999))
    def test_sums_to_the_price(self, price_cents: int, rate_bps: int) -> None:
        """S3-23: for every price and rate that can be stored; the commission is rounded once, half-up."""
        with transaction.atomic():
            listing = on_sale(price_cents=price_cents)
            Listing.objects.filter(id=listing.id).update(commission_rate_bps=rate_bps)
            sale = Sale.objects.get(id=record(listing, "1")[0].id)
            transaction.set_rollback(True)
        assert (sale.price_cents, sale.rate_bps, sale.rate_rule) == (price_cents, rate_bps, "listing")
        assert sale.commission_cents + sale.payout_cents == price_cents
        assert -5_000 < sale.commission_cents * 10_000 - price_cents * rate_bps <= 5_000

    @pytest.mark.parametrize(
        ("scope", "rule", "payout"),
        [
            (("listing",), "listing", 9_500),
            (("holder", "team"), "holder_team", 9_000),
            (("holder",), "holder", 9_000),
            (("team",), "team", 9_000),
            ((), "default", 8_000),
        ],
    )
    def test_follows_the_strongest_rule(self, scope: tuple[str, ...], rule: str, payout: int) -> None:
        block = SeasonTicketFactory()
        listing = on_sale(block=block)
        if "listing" in scope:
            Listing.objects.filter(id=listing.id).update(commission_rate_bps=500)
        elif scope:
            whose = {
                "holder": block.holder if "holder" in scope else None,
                "team": block.team if "team" in scope else None,
            }
            CommissionAgreementFactory(**whose, rate_bps=1_000)
        sale = record(listing, "1")[0]
        assert (sale.rate_rule, sale.payout_cents) == (rule, payout)

    def test_has_the_rate_of_the_day_of_the_sale(self, listing: Listing) -> None:
        """The UTC date counts, not the day on which it is recorded."""
        CommissionAgreementFactory(holder=listing.holder, rate_bps=1_000, valid_from=date(2026, 1, 2))
        midnight = datetime(2026, 1, 2, tzinfo=UTC)
        rates = [
            record(listing, seat, sold_at=sold_at)[0].rate_bps
            for seat, sold_at in (("1", midnight - timedelta(seconds=1)), ("2", midnight))
        ]
        assert rates == [2_000, 1_000]

    def test_stays_when_rates_change_later(self, listing: Listing, settings: Any) -> None:
        """S3-23: neither the environment, nor an agreement, nor the listing reaches into the past."""
        first = record(listing, "1")[0]
        before = Sale.objects.filter(id=first.id).values().get()
        settings.BUSINESS_TOTAL_EXPENSES, settings.DEFAULT_COMMISSION_RATE_BPS = "0.5", 5_000
        CommissionAgreementFactory(holder=listing.holder, rate_bps=100)
        Listing.objects.filter(id=listing.id).update(price_cents=1, commission_rate_bps=1)
        assert Sale.objects.filter(id=first.id).values().get() == before
        assert record(listing, "2")[0].rate_bps == 1

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("price_cents", 1), ("rate_bps", 1), ("rate_rule", "team"), ("commission_cents", 1), ("payout_cents", 1),
            ("currency", "EUR"), ("explanation", {}), ("sold_at", LISTED_AT), ("batch_id", uuid7()),
            ("source", ChangeSource.CSV), ("recorded_by", 1),
        ],
    )  # fmt: skip
    def test_is_frozen_by_the_database(self, listing: Listing, column: str, value: Any) -> None:
        """S3-23: the trigger refuses what no service does."""
        sale = record(listing, "1")[0]
        value = superuser() if column == "recorded_by" else value
        with pytest.raises(InternalError, match="split_stays"), transaction.atomic():
            Sale.objects.filter(id=sale.id).update(**{column: value})

    def test_is_kept_for_good(self, listing: Listing) -> None:
        sale = record(listing, "1")[0]
        with pytest.raises(InternalError, match="kept_for_good"), transaction.atomic():
            Sale.objects.filter(id=sale.id).delete()
        assert Sale.objects.filter(id=sale.id).exists()

    def test_keeps_the_payable_date_of_the_day_in_its_explanation(self, listing: Listing) -> None:
        Event.objects.filter(id=listing.event_id).update(date_tbd=True, time_tbd=True)
        assert record(listing, "1")[0].explanation["steps"][-1]["value"] is None


def test_general_admission_is_sold_by_quantity() -> None:
    block: SeasonTicket = SeasonTicketFactory(numbering="general_admission", first_seat=1, last_seat=5)
    listing = on_sale(block=block)
    record(listing, "3")
    record(listing, quantity=4)
    assert statuses(listing) == "sold sssss"
