"""Sales become void, and tickets are delivered."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, transaction

from apps.catalog.models import Event
from apps.catalog.testing.stories import begin
from apps.common.ids import uuid7
from apps.common.testing.queries import queries_of
from apps.listings.enums import ListingMove
from apps.listings.errors.sales import SeatsNotReturnable
from apps.listings.testing.stories import move, on_sale, statuses
from apps.notifications.models import OutboxMessage
from apps.orders.errors.sales import SaleDelivered, SaleUnknown, SaleVoid, VoidReasonMissing
from apps.orders.models import Sale
from apps.orders.services.sale_changes import sales_deliver
from apps.orders.testing.stories import NOW, record, void
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
FROZEN = ("price_cents", "rate_bps", "commission_cents", "payout_cents", "explanation", "sold_at")


def deliver(*sales: Sale, now: Any = LATER) -> list[Sale]:
    return sales_deliver(sale_ids=[sale.id for sale in sales], now=now)


class TestVoid:
    @pytest.mark.parametrize(("return_seats", "after"), [(True, "listed asss"), (False, "sold wsss")])
    def test_keeps_the_split_and_says_who_why_and_when(self, return_seats: bool, after: str) -> None:
        listing, actor = on_sale(), superuser()
        sale = record(listing, quantity=4)[0]
        before = Sale.objects.values(*FROZEN).get(id=sale.id)
        void([sale], return_seats=return_seats, reason="  Card refused ", actor=actor, now=LATER)
        stored = Sale.objects.get(id=sale.id)
        assert (stored.voided_at, stored.voided_by, stored.void_reason) == (LATER, actor, "Card refused")
        assert stored.seat_returned == return_seats
        assert Sale.objects.values(*FROZEN).get(id=sale.id) == before
        assert statuses(listing) == after

    def test_lets_the_seat_be_sold_again(self) -> None:
        """S4-07: one sale that counts, however many are void."""
        listing = on_sale("1")
        for _ in range(3):
            void(record(listing, "1"))
        record(listing, "1")
        assert (Sale.objects.count(), Sale.objects.filter(voided_at=None).count()) == (4, 1)
        assert statuses(listing) == "sold s"

    @pytest.mark.parametrize(
        ("status", "moves"),
        [
            ("delisted", [ListingMove.REQUEST_DELISTING, ListingMove.APPROVE_DELISTING]),
            ("expired", [ListingMove.EXPIRE]),
        ],
    )
    def test_withdraws_the_seat_of_a_listing_off_sale(self, status: str, moves: list[ListingMove]) -> None:
        """What was asked for is not what happened, and the row says so."""
        listing = on_sale("1", "2")
        sale = record(listing, "1")[0]
        for name in moves:
            move(listing, name)
        assert void([sale])[0].seat_returned is False
        assert not Sale.objects.get(id=sale.id).seat_returned
        assert statuses(listing) == f"{status} ww"

    def test_needs_a_reason(self) -> None:
        sale = record(on_sale(), "1")
        with pytest.raises(VoidReasonMissing):
            void(sale, reason="  ")

    def test_happens_once(self) -> None:
        listing = on_sale()
        sales = record(listing, "1", "2")
        void(sales[:1])
        with pytest.raises(SaleVoid) as caught:
            void(sales, now=LATER)
        assert str(caught.value) == f"The sale {sales[0].id} has been void since 2026-01-02T12:00:00+00:00."
        assert statuses(listing) == "listed asaa", "all or nothing"

    def test_names_a_sale_that_is_not_there(self) -> None:
        sales = record(on_sale(), "1")
        with pytest.raises(SaleUnknown, match=str(missing := uuid7())):
            void([*sales, Sale(id=missing)])
        assert Sale.objects.filter(voided_at=None).count() == 1

    @pytest.mark.parametrize("fate", ["begun", "cancelled"])
    def test_returns_no_seat_of_an_event_that_is_over(self, fate: str) -> None:
        listing = on_sale()
        sales = record(listing, "1")
        if fate == "begun":
            begin(listing.event, at=NOW)
        else:
            Event.objects.filter(id=listing.event_id).update(status="cancelled")
        with pytest.raises(SeatsNotReturnable):
            void(sales)
        assert statuses(listing) == "listed saaa"
        void(sales, return_seats=False)
        assert statuses(listing) == "listed waaa"

    def test_stays_void(self) -> None:
        sale = void(record(on_sale(), "1"))[0]
        for change in ({"voided_at": None, "void_reason": "", "seat_returned": False}, {"void_reason": "Other"}):
            with pytest.raises(InternalError, match="void_stays"), transaction.atomic():
                Sale.objects.filter(id=sale.id).update(**change)

    def test_puts_one_message_per_batch(self) -> None:
        first, second = record(on_sale(), quantity=2), record(on_sale(), quantity=1)
        void([*first, *second])
        messages = OutboxMessage.objects.filter(topic="sale.voided")
        assert sorted(len(message.payload["sale_ids"]) for message in messages) == [1, 2]
        assert {message.payload["holder_id"] for message in messages} == {
            str(first[0].holder_id), str(second[0].holder_id),
        }  # fmt: skip

    def test_needs_as_many_queries_for_many_as_for_one(self) -> None:
        sales = [sale for _ in range(4) for sale in record(on_sale(), quantity=4)]
        assert queries_of(lambda: void(sales[:4])) == queries_of(lambda: void(sales[4:]))


class TestDelivery:
    def test_is_noted_with_its_time(self) -> None:
        sales = record(on_sale(), "1", "2")
        assert [sale.delivered_at for sale in deliver(*sales)] == [LATER, LATER]
        rows = Sale.objects.values_list("delivery_status", "delivered_at")
        assert list(rows) == [("complete", LATER)] * 2

    def test_happens_once(self) -> None:
        sales = record(on_sale(), "1", "2")
        deliver(sales[0])
        with pytest.raises(SaleDelivered, match=r"was delivered at 2026-01-02T13:00:00\+00:00"):
            deliver(*sales, now=LATER + timedelta(hours=1))
        assert Sale.objects.filter(delivery_status="pending").count() == 1, "all or nothing"

    def test_is_not_for_void_sales(self) -> None:
        sales = record(on_sale(), "1")
        void(sales)
        with pytest.raises(SaleVoid, match="has been void since"):
            deliver(*sales)

    def test_does_not_keep_a_sale_from_becoming_void(self) -> None:
        sales = record(on_sale(), "1")
        deliver(*sales)
        assert void(sales)[0].seat_returned
        assert Sale.objects.get().delivery_status == "complete"
