"""Seats of listings are sold and come back, in every state of the listing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.catalog.models import Event
from apps.catalog.testing.stories import begin
from apps.common.acts import Act, ChangeSource
from apps.common.testing.acts import act_of
from apps.listings.enums import ListingChange, ListingMove, ListingStatus, TicketStatus
from apps.listings.errors.sales import (
    ListingNotForSale,
    SaleTimeRefused,
    SeatNotForSale,
    SeatNotInListing,
    SeatsNotReturnable,
    SplitNotAllowed,
)
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.price_plans import PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import NO_TERMS, ListingTerms
from apps.listings.services.lifecycle.holding import hold_sell
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.services.lifecycle.selling import SoldSeats, listing_seats_return
from apps.listings.services.listings import listing_create
from apps.listings.testing import stories
from apps.listings.testing.stories import hold, statuses
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db
LISTED_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
START = datetime(2026, 1, 5, 18, tzinfo=UTC)
AFTER = START + timedelta(hours=5)


def on_sale(block: SeasonTicket | None = None, *, terms: ListingTerms = NO_TERMS, approve: bool = True) -> Listing:
    block = block or SeasonTicketFactory(last_seat=6)
    make = stories.on_sale if approve else stories.pending
    return make(block=block, event=home_game(block, starts_at=START), terms=terms)


def moved(listing: Listing, *moves: ListingMove) -> Listing:
    for name in moves:
        listing = stories.move(listing, name)
    return listing


def sell(listing: Listing, *seats: str, now: datetime = NOW, **more: Any) -> SoldSeats:
    return stories.sell(listing, *seats, now=now, **more)


def give_back(tickets: Sequence[Ticket], *, to_sale: bool = True, now: datetime = NOW) -> set[str]:
    ids = {ticket.id for ticket in tickets}
    back = listing_seats_return(ticket_ids=ids, to_sale=to_sale, act=act_of(now=now, reason=""))
    return set(Ticket.objects.filter(id__in=back).values_list("seat", flat=True))


def history(listing: Listing) -> list[tuple[str, str, str, str]]:
    rows = ListingEvent.objects.filter(listing=listing, at__gte=NOW)
    return list(rows.values_list("change", "from_status", "to_status", "note"))


class TestSelling:
    def test_takes_the_named_seats(self) -> None:
        listing = on_sale()
        sold = sell(listing, " 3", "2")
        assert [ticket.seat for ticket in sold.tickets] == ["2", "3"]
        assert statuses(listing) == "listed assaaa"
        assert history(listing) == [("seats", "listed", "listed", "Sold: seats 2, 3")]

    def test_chooses_seats_for_a_quantity_without_an_orphan(self) -> None:
        """S4-07: of runs 1-2 and 4-6 a single seat comes from the three, so that two pairs remain."""
        listing = on_sale()
        sell(listing, "3")
        assert [ticket.seat for ticket in sell(listing, quantity=1).tickets] == ["4"]
        assert statuses(listing) == "listed aassaa"

    def test_ends_with_the_last_seat(self) -> None:
        listing = on_sale()
        sell(listing, "1", "2")
        sell(listing, quantity=4)
        assert statuses(listing) == "sold ssssss"
        assert history(listing)[1:] == [
            ("seats", "listed", "listed", "Sold: seats 3, 4, 5, 6"),
            ("status", "listed", "sold", ""),
        ]
        assert Listing.objects.get(id=listing.id).status_changed_at == NOW

    def test_goes_on_while_a_delisting_is_only_asked_for(self) -> None:
        listing = moved(on_sale(), ListingMove.REQUEST_DELISTING)
        sell(listing, quantity=6)
        assert statuses(listing) == "sold ssssss"

    def test_is_not_over_while_a_seat_is_held(self) -> None:
        listing = on_sale()
        held = hold(listing, "6", now=NOW)
        sell(listing, quantity=5)
        assert statuses(listing) == "listed sssssh"
        with pytest.raises(SeatNotForSale, match=r"seat 6 is not for sale: held for a buyer since"):
            sell(listing, "6")
        hold_sell(hold_id=held.id, act=act_of(now=NOW, reason=""))
        assert statuses(listing) == "sold ssssss"

    def test_counts_all_places_of_general_admission_as_one_run(self) -> None:
        block = SeasonTicketFactory(numbering="general_admission", first_seat=1, last_seat=5)
        listing = on_sale(block, terms=ListingTerms(split_rule=SplitRule.NEVER_LEAVE_ONE))
        sell(listing, "1", "3")
        with pytest.raises(SplitNotAllowed, match=r"Possible quantities: 1, 3\."):
            sell(listing, "2", "4")
        assert len(sell(listing, quantity=3).tickets) == 3

    @pytest.mark.parametrize(
        ("seats", "place", "sentence"),
        [
            (("1", "9"), "seats.1", "Seat 9 is not in the listing."),
            (("2", "2"), "seats.1", "Seat 2 is named twice."),
        ],
    )
    def test_refuses_names_that_mean_no_seat(self, seats: tuple[str, ...], place: str, sentence: str) -> None:
        with pytest.raises(SeatNotInListing) as caught:
            sell(on_sale(), *seats)
        assert [(detail.attr, detail.detail) for detail in caught.value.details] == [(place, sentence)]

    def test_names_the_seat_that_was_sold_and_when(self) -> None:
        listing = on_sale()
        sell(listing, "2")
        with pytest.raises(SeatNotForSale) as caught:
            sell(listing, "1", "2", now=NOW + timedelta(seconds=3))
        assert str(caught.value) == (
            "Section 101, row A, seat 2 was sold 3 s before your request, at 2026-01-02T12:00:00+00:00."
        )
        assert statuses(listing) == "listed asaaaa"

    def test_names_the_seat_when_the_whole_listing_is_sold(self) -> None:
        listing = on_sale()
        sell(listing, quantity=6)
        Ticket.objects.update(updated_at=NOW + timedelta(seconds=50))  # when a row was last written does not matter
        with pytest.raises(SeatNotForSale, match="seat 5 was sold 1 min before your request"):
            sell(listing, "5", now=NOW + timedelta(minutes=1))
        with pytest.raises(ListingNotForSale, match=r"sold since 2026-01-02T12:00:00\+00:00, 1 min before"):
            sell(listing, quantity=1, now=NOW + timedelta(minutes=1))

    @pytest.mark.parametrize(
        ("moves", "label"),
        [
            ((), "pending"),
            ((ListingMove.DECLINE,), "declined"),
            ((ListingMove.APPROVE, ListingMove.REQUEST_DELISTING, ListingMove.APPROVE_DELISTING), "delisted"),
            ((ListingMove.APPROVE, ListingMove.CLOSE), "delisted"),
            ((ListingMove.APPROVE, ListingMove.EXPIRE), "expired"),
        ],
    )
    def test_refuses_a_listing_that_is_not_on_sale(self, moves: tuple[ListingMove, ...], label: str) -> None:
        """S3-52: it says what the listing is, since when; nothing changes."""
        listing = moved(on_sale(approve=False), *moves)
        before = statuses(listing)
        with pytest.raises(ListingNotForSale, match=rf"{label} since 2026-01-01T12:00:00\+00:00, 1 day before"):
            sell(listing, "1")
        assert (statuses(listing), history(listing)) == (before, [])

    def test_refuses_what_the_split_rule_forbids(self) -> None:
        listing = on_sale(terms=ListingTerms(split_rule=SplitRule.PAIRS))
        with pytest.raises(SplitNotAllowed, match=r"Possible quantities: 2, 4, 6\.") as caught:
            sell(listing, "1")
        assert caught.value.details[0].attr == "seats"
        with pytest.raises(SplitNotAllowed, match=r"Possible quantities: 2, 4, 6\.") as caught:
            sell(listing, quantity=3)
        assert caught.value.details[0].attr == "quantity"

    def test_records_a_fact_against_the_split_rule(self) -> None:
        listing = on_sale(terms=ListingTerms(split_rule=SplitRule.NONE))
        sell(listing, "2", "5", ignore_split_rule=True)
        sell(listing, quantity=1, ignore_split_rule=True)
        with pytest.raises(SplitNotAllowed, match="A quantity of 4 cannot be sold"):
            sell(listing, quantity=4, ignore_split_rule=True)
        assert statuses(listing) == "listed ssaasa"

    def test_asks_for_seats_or_a_quantity(self) -> None:
        listing = on_sale()
        with pytest.raises(ValueError, match="name seats"):
            sell(listing)
        with pytest.raises(ValueError, match="name seats"):
            sell(listing, "1", quantity=1)

    def test_needs_as_many_queries_for_one_seat_as_for_six(self, django_assert_num_queries: Any) -> None:
        """The transaction's two, the locks of listing and seats, seats, history."""
        first, second = on_sale(), on_sale()
        with django_assert_num_queries(7):
            sell(first, "1")
        with django_assert_num_queries(6):
            sell(second, quantity=5)
        with django_assert_num_queries(7):
            sell(second, quantity=1)


class TestTimes:
    @pytest.mark.parametrize("sold_at", [NOW + timedelta(seconds=1), LISTED_AT - timedelta(seconds=1)])
    def test_a_sale_is_between_the_listing_and_now(self, sold_at: datetime) -> None:
        with pytest.raises(SaleTimeRefused):
            sell(on_sale(), "1", sold_at=sold_at)

    def test_a_listing_that_the_timer_has_not_seen_yet(self) -> None:
        """The event has begun: only a sale from before is recorded."""
        listing = on_sale()
        with pytest.raises(SaleTimeRefused, match=r"The event began at 2026-01-05T18:00:00\+00:00"):
            sell(listing, "1", now=AFTER)
        sell(listing, "1", now=AFTER, sold_at=NOW)
        assert statuses(listing) == "listed saaaaa"

    def test_an_expired_listing_takes_a_sale_from_before_the_start(self) -> None:
        """Recorded late; the listing stays expired, the other seats withdrawn."""
        listing = on_sale()
        sell(listing, "6")
        listings_expire(now=AFTER)
        with pytest.raises(SaleTimeRefused):
            sell(listing, "1", now=AFTER)
        sell(listing, "1", "2", now=AFTER, sold_at=START - timedelta(seconds=1))
        assert statuses(listing) == "expired sswwws"
        with pytest.raises(SeatNotForSale, match="seat 6 was sold"):
            sell(listing, "6", now=AFTER, sold_at=NOW)

    def test_a_listing_that_never_was_on_sale_takes_none(self) -> None:
        listing = on_sale(approve=False)
        listings_expire(now=AFTER)
        with pytest.raises(ListingNotForSale, match="expired since"):
            sell(listing, "1", now=AFTER, sold_at=NOW)

    def test_a_wrong_record_is_corrected_after_the_start(self) -> None:
        """Void without returning the seats, then recorded again: the listing is sold again with the last of them."""
        listing = on_sale()
        give_back(sell(listing, quantity=6).tickets, to_sale=False, now=AFTER)
        assert statuses(listing) == "expired wwwwww"
        sell(listing, "1", "2", now=AFTER, sold_at=NOW)
        assert statuses(listing) == "expired sswwww"
        sell(listing, quantity=4, now=AFTER, sold_at=NOW)
        assert statuses(listing) == "sold ssssss"
        assert [row[1:3] for row in history(listing) if row[0] == "status"] == [
            ("listed", "sold"), ("sold", "expired"), ("expired", "sold"),
        ]  # fmt: skip

    def test_one_of_the_seats_is_corrected_in_the_sold_listing(self) -> None:
        listing = on_sale()
        give_back(sell(listing, quantity=6).tickets[:1], to_sale=False)
        with pytest.raises(ListingNotForSale, match="sold since"):
            sell(listing, "1")
        sell(listing, "1", now=AFTER, sold_at=NOW)
        assert statuses(listing) == "sold ssssss"

    def test_seats_that_are_the_holders_again_are_not_sold_late(self) -> None:
        """Void before the event and not returned: the holder was notified that they are off sale."""
        listing = on_sale()
        give_back(sell(listing, quantity=6).tickets, to_sale=False)
        with pytest.raises(ListingNotForSale, match="delisted since"):
            sell(listing, "1", now=AFTER, sold_at=NOW)

    def test_a_seat_that_is_for_sale_elsewhere_is_not_sold_late(self) -> None:
        listing = on_sale()
        listings_expire(now=AFTER)
        # No service makes a seat active twice; this shows the guard of a sale.
        Ticket.objects.filter(listing=listing, seat="1").update(status=TicketStatus.AVAILABLE)
        twin = Ticket.objects.get(listing=listing, seat="1")
        other = on_sale(SeasonTicketFactory(section="999"))
        Ticket.objects.filter(id=twin.id).update(listing=other)
        Ticket.objects.create(
            listing=listing, event_id=listing.event_id, section="101", row="A", seat="1", position=0, status="withdrawn"
        )
        with pytest.raises(SeatNotForSale, match="active in another listing"):
            sell(listing, "1", now=AFTER, sold_at=NOW)

    def test_a_postponed_event_has_not_begun(self) -> None:
        listing = on_sale()
        Event.objects.filter(id=listing.event_id).update(status="postponed", starts_at=LISTED_AT)
        sell(listing, "1")
        assert statuses(listing) == "listed saaaaa"

    def test_a_cancelled_event_has_no_sales(self) -> None:
        listing = on_sale()
        Event.objects.filter(id=listing.event_id).update(status="cancelled")
        with pytest.raises(ListingNotForSale, match="the event is cancelled"):
            sell(listing, "1")


class TestReturning:
    # Status of the listing, its seats after a return to sale, and after a void that does not return them.
    STATES = (
        (ListingStatus.LISTED, "listed asssss", "listed wsssss"),
        (ListingStatus.DELISTING_REQUESTED, "delisting_requested asssss", "delisting_requested wsssss"),
        (ListingStatus.DELISTING, "delisting wsssss", "delisting wsssss"),
        (ListingStatus.SOLD, "listed asssss", "sold wsssss"),
        (ListingStatus.DELISTED, "delisted wsssss", "delisted wsssss"),
        (ListingStatus.EXPIRED, "expired wsssss", "expired wsssss"),
        (ListingStatus.DECLINED, "declined wsssss", "declined wsssss"),
        (ListingStatus.PENDING, "pending wsssss", "pending wsssss"),
    )

    @pytest.mark.parametrize(("status", "returned", "withdrawn"), STATES)
    @pytest.mark.parametrize("to_sale", [True, False])
    def test_depends_on_the_listing(self, status: ListingStatus, returned: str, withdrawn: str, to_sale: bool) -> None:
        """S3-52: on sale again where the listing is on sale or sold out, withdrawn elsewhere."""
        listing = on_sale()
        tickets = sell(listing, quantity=6).tickets
        Listing.objects.filter(id=listing.id).update(status=status)  # no move leads to all of them with a sold seat
        back = give_back(tickets[:1], to_sale=to_sale)
        assert statuses(listing) == (returned if to_sale else withdrawn)
        assert back == ({"1"} if to_sale and " a" in returned else set())

    def test_every_status_was_tried(self) -> None:
        assert {status for status, _, _ in self.STATES} == set(ListingStatus)

    def test_is_in_the_history(self) -> None:
        listing = on_sale()
        tickets = sell(listing, quantity=6).tickets
        give_back(tickets[:2])
        give_back(tickets[2:3], to_sale=False)
        assert history(listing)[2:] == [
            ("seats", "sold", "sold", "Sale void, back on sale: seats 1, 2"),
            ("status", "sold", "listed", ""),
            ("seats", "listed", "listed", "Sale void, withdrawn: seat 3"),
        ]

    def test_lets_the_price_plan_go_on(self) -> None:
        terms = ListingTerms(price_steps=(PriceStep(2, 1_000), PriceStep(1, 2_000)))
        listing = on_sale(terms=terms)
        tickets = sell(listing, quantity=6).tickets
        Listing.objects.filter(id=listing.id).update(next_markdown_at=None)
        give_back(tickets)
        assert Listing.objects.get(id=listing.id).next_markdown_at == datetime(2026, 1, 3, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("fields", "reason", "after"),
        [
            ({"starts_at": NOW}, "has begun", "expired"),
            ({"status": "cancelled"}, "is cancelled", "delisted"),
            ({"status": "cancelled", "starts_at": NOW}, "is cancelled", "delisted"),
        ],
    )
    def test_is_over_with_the_event(self, fields: dict[str, Any], reason: str, after: str) -> None:
        listing = on_sale()
        tickets = sell(listing, quantity=6).tickets
        Event.objects.filter(id=listing.event_id).update(**fields)
        with pytest.raises(SeatsNotReturnable, match=reason):
            give_back(tickets)
        assert statuses(listing) == "sold ssssss"
        give_back(tickets, to_sale=False)
        assert statuses(listing) == f"{after} wwwwww"

    @pytest.mark.parametrize("together", [True, False])
    def test_of_all_seats_ends_the_listing(self, together: bool) -> None:
        """S3-52: nothing of it is sold; one row says so, and the holder can offer the seats again."""
        listing = on_sale()
        tickets = sell(listing, quantity=6).tickets
        for group in (tickets,) if together else (tickets[:5], tickets[5:]):
            assert Listing.objects.get(id=listing.id).status == "sold"
            give_back(group, to_sale=False)
        assert statuses(listing) == "delisted wwwwww"
        assert history(listing)[-1] == ("status", "sold", "delisted", "")
        assert [row[1:3] for row in history(listing) if row[0] == "status"] == [
            ("listed", "sold"),
            ("sold", "delisted"),
        ]
        Listing.objects.filter(id=listing.id).update(status_changed_at=NOW)
        assert statuses(moved(listing, ListingMove.RELIST)) == "pending aaaaaa"

    def test_of_many_listings_follows_what_is_left_of_each(self) -> None:
        """One has a sold seat left, one has none, one expired, one has been off sale before."""
        kept, empty, over, off = listings = [on_sale() for _ in range(4)]
        tickets = [list(sell(listing, quantity=6).tickets) for listing in listings]
        begin(over.event, at=NOW)
        Listing.objects.filter(id=off.id).update(status="delisted")  # with sold seats: no move leads there
        give_back([*tickets[0][1:], *tickets[1], *tickets[2], *tickets[3]], to_sale=False)
        assert [statuses(listing) for listing in (kept, empty, over, off)] == [
            "sold swwwww", "delisted wwwwww", "expired wwwwww", "delisted wwwwww",
        ]  # fmt: skip
        assert [len([row for row in history(listing) if row[0] == "status"]) for listing in listings] == [1, 2, 2, 1]

    def test_is_for_sold_seats(self) -> None:
        listing = on_sale()
        with pytest.raises(SeatNotForSale):
            give_back(Ticket.objects.filter(listing=listing))

    def test_needs_as_many_queries_for_many_listings_as_for_one(self, django_assert_num_queries: Any) -> None:
        """The transaction's two, which listings, two locks, seats, listings, history, prices; and one of the test."""
        tickets = [sell(on_sale(), quantity=6).tickets for _ in range(4)]
        for several in (tickets[:1], tickets[1:]):
            with django_assert_num_queries(11):
                give_back([ticket for group in several for ticket in group])

    def test_withdrawn_seats_can_be_listed_again(self) -> None:
        listing = on_sale()
        give_back(sell(listing, quantity=6).tickets, to_sale=False)
        block = listing.season_ticket
        again = Listing.objects.get(id=listing_create(
            holder=block.holder, season_ticket_id=block.id, event_id=listing.event_id, seats=["1"],
            price_cents=10_000, act=Act(block.holder.user.id, ChangeSource.API, NOW),
        ).id)  # fmt: skip
        assert statuses(again) == "pending a"
        assert ListingEvent.objects.filter(listing=listing, change=ListingChange.SEATS).count() == 2
