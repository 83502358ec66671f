"""Seats are held for a buyer, and the hold ends, in every state of the listing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, InternalError, transaction
from django.test import Client

from apps.common.testing.acts import act_of
from apps.listings.enums import HoldOutcome, HoldOwner, ListingMove
from apps.listings.errors.listings import ListingMoveRefused
from apps.listings.errors.sales import (
    HoldEnded,
    HoldTooLong,
    ListingNotForSale,
    SaleTimeRefused,
    SeatNotForSale,
    SeatsNotHeld,
    SplitNotAllowed,
)
from apps.listings.models import LONGEST_HOLD, Hold, Listing, Ticket
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.services.lifecycle import holding
from apps.listings.services.lifecycle.choosing import SeatRequest
from apps.listings.services.lifecycle.holding import (
    hold_sell,
    holds_expire,
    holds_extend,
    holds_release,
    seats_hold,
)
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.tasks import expire_holds
from apps.listings.testing.stories import FIFTEEN, held_row, hold
from apps.listings.tests.test_seat_moves import AFTER, NOW, START, moved, on_sale, sell, statuses
from apps.notifications.models import OutboxMessage
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DELIST = (ListingMove.REQUEST_DELISTING, ListingMove.DELIST_WHEN_RELEASED)


@transaction.atomic
def hold_many(*requests: SeatRequest) -> list[Hold]:
    return seats_hold(
        requests=requests,
        owner_kind=HoldOwner.ORDER,
        owner_id=UUID(int=7),
        expires_at=NOW + FIFTEEN,
        act=act_of(now=NOW),
    )


def ended(row: Hold) -> tuple[str, str]:
    """Return how and why a hold has ended; its owner has a message that says the same."""
    row.refresh_from_db()
    messages = OutboxMessage.objects.filter(topic="hold.ended", payload__hold_id=str(row.id))
    expected = {"hold_id": str(row.id), "owner_kind": "order", "owner_id": str(row.owner_id)}
    expected |= {"outcome": row.outcome, "reason": row.reason}
    assert [message.payload for message in messages] == ([expected] if row.outcome not in {"", "sold"} else [])
    assert (row.released_at is None) == (row.outcome == "")
    assert Ticket.objects.filter(hold=row).exists() == (row.outcome == "")
    return row.outcome, row.reason


class TestHolding:
    def test_takes_seats_of_several_listings_as_a_sale_would(self, django_assert_num_queries: Any) -> None:
        """S4-07: each at its own price; the seats of a quantity leave no lone seat. Listings cost no further query."""
        first, second = on_sale(), on_sale(terms=ListingTerms(split_rule=SplitRule.PAIRS))
        Listing.objects.filter(id=second.id).update(price_cents=9_000)
        requests = (SeatRequest(second.id, quantity=2), SeatRequest(first.id, seats=["2", "1"]))
        with django_assert_num_queries(7):  # a savepoint's two, the locks of listings and seats, event, holds, seats
            two, one = hold_many(*requests)
        assert [(row.listing_id, row.seats, row.price_cents, row.owner) for row in (one, two)] == [
            (first.id, ["1", "2"], 10_000, f"order:{UUID(int=7)}"),
            (second.id, ["1", "2"], 9_000, f"order:{UUID(int=7)}"),
        ]
        assert (statuses(first), statuses(second)) == ("listed hhaaaa", "listed hhaaaa")
        assert set(Ticket.objects.filter(status="held").values_list("listing", "hold")) == {
            (first.id, one.id), (second.id, two.id),
        }  # fmt: skip

    def test_takes_all_or_nothing_and_says_why_of_each(self) -> None:
        first, second, third, fourth = (
            on_sale(), on_sale(), on_sale(approve=False), on_sale(terms=ListingTerms(split_rule=SplitRule.NONE)),
        )  # fmt: skip
        hold(second, "3", now=NOW)
        with pytest.raises(SeatsNotHeld) as caught:
            hold_many(
                *(SeatRequest(listing.id, seats=["3"]) for listing in (first, second, third)),
                SeatRequest(fourth.id, quantity=5),
            )
        assert {key: type(refusal) for key, refusal in caught.value.refusals.items()} == {
            second.id: SeatNotForSale, third.id: ListingNotForSale, fourth.id: SplitNotAllowed,
        }  # fmt: skip
        assert sorted(str(detail.code) for detail in caught.value.details) == [
            "listing_not_for_sale", "seat_not_for_sale", "split_not_allowed",
        ]  # fmt: skip
        assert [statuses(one)[-6:] for one in (first, second, third, fourth)] == [
            "aaaaaa",
            "aahaaa",
            "aaaaaa",
            "aaaaaa",
        ]

    def test_takes_none_once_the_event_has_begun(self) -> None:
        with pytest.raises(SeatsNotHeld) as caught:
            hold(on_sale(), "1", now=START)
        assert isinstance(next(iter(caught.value.refusals.values())), SaleTimeRefused)

    def test_has_an_absolute_end(self) -> None:
        """It only moves later, and never beyond `LONGEST_HOLD`."""
        listing = on_sale()
        with pytest.raises(HoldTooLong):
            hold(listing, "1", now=NOW, lasts=LONGEST_HOLD + MINUTE)
        row = hold(listing, "1", now=NOW, lasts=LONGEST_HOLD - MINUTE)
        for end in (NOW + LONGEST_HOLD - MINUTE, NOW + MINUTE):
            assert holds_extend(hold_ids=[row.id], expires_at=end, act=act_of())[0].expires_at == row.expires_at
        row.refresh_from_db()
        assert row.expires_at == NOW + LONGEST_HOLD - MINUTE
        holds_extend(hold_ids=[row.id], expires_at=NOW + LONGEST_HOLD, act=act_of())
        with pytest.raises(HoldTooLong, match=r"until 2026-01-03T12:00:00\+00:00 at the latest"):
            holds_extend(hold_ids=[row.id], expires_at=NOW + LONGEST_HOLD + MINUTE, act=act_of())
        row.refresh_from_db()
        assert row.expires_at == NOW + LONGEST_HOLD

    def test_is_guarded_by_the_database(self) -> None:
        """A seat is held with a hold and only then; a hold keeps its price and has an end."""
        listing = on_sale()
        row = hold(listing, "1", now=NOW)
        damage: list[tuple[Any, dict[str, Any], str]] = [
            (Ticket.objects.filter(seat="2"), {"status": "held"}, "ticket_held_by_hold"),
            (Ticket.objects.filter(seat="2"), {"hold": row}, "ticket_held_by_hold"),
            (Ticket.objects.filter(seat="1"), {"status": "sold"}, "ticket_held_by_hold"),
            (Hold.objects.all(), {"price_cents": 1}, "price_cents"),
            (Hold.objects.all(), {"expires_at": NOW + LONGEST_HOLD + MINUTE}, "hold_has_an_end"),
            (Hold.objects.all(), {"released_at": NOW}, "hold_ended_somehow"),
        ]
        for rows, values, guard in damage:
            with pytest.raises((IntegrityError, InternalError), match=guard), transaction.atomic():
                rows.update(**values)

    def test_asks_for_each_listing_once_and_an_end_to_come(self) -> None:
        listing = on_sale()
        request = SeatRequest(listing.id, seats=["1"])
        for wrong in ({"seats": []}, {"quantity": 0}, {"seats": ["1"], "quantity": 1}, {}):
            with pytest.raises(ValueError, match="name seats, or a quantity"):
                SeatRequest(listing.id, **wrong)
        with pytest.raises(ValueError, match="each listing once"):
            hold_many(request, request)
        with pytest.raises(ValueError, match="end in the future"):
            hold(listing, "1", now=NOW, lasts=timedelta())
        with pytest.raises(Listing.DoesNotExist):
            hold_many(request, SeatRequest(uuid4(), seats=["1"]))
        for call in (hold_sell, lambda hold_id, act: holds_extend(hold_ids=[hold_id], expires_at=NOW, act=act)):
            with pytest.raises(Hold.DoesNotExist):
                call(hold_id=uuid4(), act=act_of())


class TestSelling:
    def test_keeps_the_price_of_the_hold(self, django_assert_num_queries: Any) -> None:
        listing = on_sale()
        one, many = hold(listing, "1", now=NOW), hold(listing, quantity=4, now=NOW)
        Listing.objects.filter(id=listing.id).update(price_cents=7_000)
        for row, count in ((one, 1), (many, 4)):
            # A savepoint's two, which listing, locks, event, holds, seats, history, hold.
            with django_assert_num_queries(10):
                sold = hold_sell(hold_id=row.id, act=act_of(now=NOW))
            assert (sold.price_cents, len(sold.tickets), ended(row)) == (10_000, count, ("sold", "For a test"))
        assert statuses(listing) == "listed sssssa"

    @pytest.mark.parametrize(("seats", "after"), [(("1", "2"), "expired sswwww"), ((), "sold ssssss")])
    def test_of_what_was_paid_before_the_start_is_reported_after_it(self, seats: tuple[str, ...], after: str) -> None:
        """The timer has expired the listing except the held seats, and the hold is over as well."""
        listing = on_sale()
        row = hold(listing, *seats, quantity=None if seats else 6, now=START - MINUTE)
        listings_expire(now=AFTER)
        with pytest.raises(SaleTimeRefused, match="The event began at"):
            hold_sell(hold_id=row.id, act=act_of(now=AFTER), sold_at=START)
        assert ended(row) == ("", "")
        hold_sell(hold_id=row.id, act=act_of(now=AFTER), sold_at=START - timedelta(seconds=1))
        assert statuses(listing) == after

    def test_of_an_ended_hold_is_refused_with_the_reason(self) -> None:
        row = hold(on_sale(), "1", now=NOW)
        holds_release(hold_ids=[row.id], act=act_of(now=NOW, reason="Event cancelled: Weather"))
        sentence = r"The hold has ended: released at 2026-01-02T12:00:00\+00:00\. Event cancelled: Weather"
        with pytest.raises(HoldEnded, match=sentence):
            hold_sell(hold_id=row.id, act=act_of(now=NOW))
        with pytest.raises(HoldEnded, match=sentence):
            holds_extend(hold_ids=[row.id], expires_at=NOW + FIFTEEN, act=act_of(now=NOW))

    def test_of_a_cancelled_event_is_refused(self) -> None:
        """The holds end with the event; if one were left, it could not be sold."""
        listing = on_sale()
        row = hold(listing, "1", now=NOW)
        type(listing.event).objects.update(status="cancelled")
        with pytest.raises(ListingNotForSale, match="the event is cancelled"):
            hold_sell(hold_id=row.id, act=act_of(now=NOW))


class TestEnding:
    @pytest.mark.parametrize(
        ("moves", "after"),
        [
            ((), "listed aaaaaa"),
            ((ListingMove.REQUEST_DELISTING,), "delisting_requested aaaaaa"),
            (DELIST, "delisted wwwwww"),
            ((ListingMove.EXPIRE,), "expired wwwwww"),
            ((ListingMove.CLOSE,), "delisted wwwwww"),
            ((ListingMove.RECALL,), "pending aaaaaa"),
        ],
    )
    @pytest.mark.parametrize("way", [HoldOutcome.RELEASED, HoldOutcome.EXPIRED])
    def test_without_a_sale_depends_on_the_listing(
        self, moves: tuple[ListingMove, ...], after: str, way: HoldOutcome
    ) -> None:
        """On sale again where the listing is open; withdrawn where it has left the sale."""
        listing = on_sale()
        rows = [hold(listing, "1", "2", now=NOW), hold(listing, "5", "6", now=NOW)]
        moved(listing, *moves)
        reason = "Changed their mind" if way is HoldOutcome.RELEASED else ""
        if way is HoldOutcome.RELEASED:
            act = act_of(now=NOW, reason=reason)
            assert holds_release(hold_ids=[row.id for row in rows], act=act) == rows
        else:
            assert holds_expire(now=NOW + FIFTEEN - timedelta(seconds=1)) == 0
            assert holds_expire(now=NOW + FIFTEEN) == 2
        assert statuses(listing) == after
        assert [ended(row) for row in rows] == [(way, reason)] * 2
        assert holds_release(hold_ids=[row.id for row in rows], act=act_of()) == []

    def test_by_the_timer_goes_batch_by_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Those of one batch cost as many queries as one; what is not over yet stays."""
        monkeypatch.setattr(holding, "EXPIRY_BATCH", 2)
        rows = [hold(on_sale(), "1", now=NOW) for _ in range(3)] + [hold(on_sale(), "1", now=NOW, lasts=2 * FIFTEEN)]
        assert holds_expire(now=NOW + FIFTEEN) == 3
        assert [ended(row)[0] for row in rows] == ["expired"] * 3 + [""]
        assert expire_holds() == 1

    def test_of_one_costs_as_many_queries_as_of_many(self, django_assert_num_queries: Any) -> None:
        """A savepoint's two, which listings, their locks, holds, seats, seats back, seats withdrawn, holds, outbox."""
        for count in (1, 3):
            rows = [hold(on_sale(), "1", now=NOW) for _ in range(count)]
            for listing in (on_sale() for _ in range(count)):
                rows.append(hold(listing, "1", now=NOW))
                moved(listing, ListingMove.EXPIRE)
            with django_assert_num_queries(11):
                holds_release(hold_ids=[row.id for row in rows], act=act_of())


class TestDelistWhenReleased:
    def test_takes_the_other_seats_off_sale_at_once(self) -> None:
        """S4-07: nobody else can buy or hold; the listing goes with its last hold, and the holder is notified then."""
        listing = on_sale()
        one, two = hold(listing, "1", now=NOW), hold(listing, "4", now=NOW)
        moved(listing, *DELIST)
        assert statuses(listing) == "delisting hwwhww"
        with pytest.raises(ListingNotForSale, match="delisting since"):
            sell(listing, "2")
        with pytest.raises(SeatsNotHeld, match="delisting since"):
            hold(listing, "2", now=NOW)
        with pytest.raises(ListingMoveRefused, match="delisting since"):
            moved(listing, ListingMove.DECLINE_DELISTING)
        holds_release(hold_ids=[one.id], act=act_of(now=NOW))
        assert statuses(listing) == "delisting wwwhww"
        news = OutboxMessage.objects.filter(topic="listing.moved:holder").order_by("id")
        assert [row.payload["move"] for row in news][-1] == "delist_when_released"
        hold_sell(hold_id=two.id, act=act_of(now=NOW))
        assert statuses(listing) == "delisted wwwsww"
        assert [row.payload["move"] for row in news.all()][-1] == "finish_delisting"

    def test_ends_sold_when_buyers_take_every_seat(self) -> None:
        listing = on_sale()
        row = hold(listing, quantity=6, now=NOW)
        moved(listing, *DELIST)
        hold_sell(hold_id=row.id, act=act_of(now=NOW))
        assert statuses(listing) == "sold ssssss"

    def test_is_for_listings_with_a_hold(self) -> None:
        listing = moved(on_sale(), ListingMove.REQUEST_DELISTING)
        with pytest.raises(ListingMoveRefused, match="no seat is held for a buyer"):
            moved(listing, ListingMove.DELIST_WHEN_RELEASED)


class TestAdmin:
    def test_shows_holds_and_releases_them(self) -> None:
        """Otherwise read-only; without the permission to change holds there is no such action."""
        live, over = held_row(on_sale(), "1"), held_row(on_sale(), "2")
        holds_release(hold_ids=[over.id], act=act_of())
        url, form = "/admin/listings/hold/", {"action": "release", "_selected_action": [live.id, over.id]}
        page = staff_browser("view_hold").get(url).content.decode()
        assert str(live.owner_id) not in page
        assert "101 / A" in page
        assert '"release"' not in page
        client: Client = staff_browser("view_hold", "change_hold")
        assert "Released: 1 hold." in (answer := client.post(url, form, follow=True).content.decode())
        assert "1 hold had ended before." in answer
        assert ended(live) == ("released", "Released by staff")
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.get_change_message()) == (str(live.id), "Released.")
        assert entry.object_repr == f"{live.listing}, seat 1"
        assert client.get(f"{url}{live.id}/change/").status_code == 200
        assert client.post(f"{url}{live.id}/change/", {"price_cents": 1}).status_code == 403
