"""Holds are sold as sales, and end with their event."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.catalog.testing.factories import VenueFactory
from apps.common.testing.acts import act_of
from apps.listings.enums import ListingMove
from apps.listings.models import Hold
from apps.listings.testing.stories import hold, move, on_sale, statuses
from apps.notifications.models import OutboxMessage
from apps.orders.services.event_changes import event_cancel, event_reschedule
from apps.orders.services.sales import sale_record
from apps.orders.testing.stories import NOW
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("cancel", ["delisted w", "expired w", "delisted w"]),
        ("leave", ["pending a", "expired w", "delisted w"]),  # the game moves to a stadium that does not have the seats
    ],
)
def test_end_with_the_event_and_their_owners_read_why(change: str, after: list[str]) -> None:
    """On sale, expired, and being delisted."""
    block = SeasonTicketFactory()
    event = home_game(block, starts_at=NOW + timedelta(days=2))
    listings = [on_sale(seat, block=block, event=event) for seat in "123"]
    rows = [hold(listing, quantity=1, now=NOW) for listing in listings]
    move(listings[1], ListingMove.EXPIRE)
    for wanted in (ListingMove.REQUEST_DELISTING, ListingMove.DELIST_WHEN_RELEASED):
        move(listings[2], wanted)
    act = act_of(now=NOW, reason="Weather")
    if change == "cancel":
        event_cancel(event_id=event.id, act=act)
    else:
        event_reschedule(event_id=event.id, starts_at=event.starts_at, venue_id=VenueFactory().id, act=act)
    assert [statuses(listing) for listing in listings] == after
    ended = OutboxMessage.objects.filter(topic="hold.ended").values_list("payload", flat=True)
    assert {payload["hold_id"] for payload in ended} == {str(row.id) for row in rows}
    reasons = {payload["reason"] for payload in ended} | set(Hold.objects.values_list("reason", flat=True))
    assert [reason.partition(":")[0].split(" from ")[0] for reason in reasons] == [
        "Event cancelled" if change == "cancel" else "Event changed"
    ]
    assert set(Hold.objects.values_list("outcome", flat=True)) == {"closed"}


@pytest.mark.parametrize("wrong", [{}, {"price_cents": 1}, {"quantity": 1}, {"seats": ["1"]}, {"listing_id": uuid4()}])
def test_sell_what_they_hold_at_their_price_and_nothing_else(wrong: dict[str, Any]) -> None:
    call = {"marketplace": "stubhub", "invoice_number": "1", "act": act_of(now=NOW), **wrong}
    with pytest.raises(ValueError, match="a hold says which seats" if wrong else "name a listing or a hold"):
        sale_record(**call, hold_id=uuid4() if wrong else None)
