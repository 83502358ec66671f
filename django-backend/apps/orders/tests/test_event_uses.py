"""What hangs on events, as the catalogue asks for it."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.catalog.services.event_uses import EventUses, event_uses
from apps.catalog.testing.factories import EventFactory
from apps.listings.enums import ListingStatus
from apps.listings.models import Listing
from apps.listings.testing.stories import block_at, on_sale
from apps.orders.testing.stories import CHANGED_AT as NOW
from apps.orders.testing.stories import record, void

pytestmark = pytest.mark.django_db


def test_open_listings_and_sales_that_are_not_void(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    busy, closed, empty = EventFactory.create_batch(3)
    block = block_at(busy)
    on_sale("1", block=block, event=busy)
    sales = record(on_sale("2", "3", "4", block=block, event=busy), "2", "3")
    void([sales[0]], now=NOW)
    listing = on_sale("1", block=block_at(closed), event=closed)
    Listing.objects.filter(id=listing.id).update(status=ListingStatus.DELISTED)
    with django_assert_num_queries(2):
        uses = event_uses([busy.id, closed.id, empty.id])
    assert uses == {busy.id: EventUses(2, 1), closed.id: EventUses(0, 0), empty.id: EventUses(0, 0)}
    with django_assert_num_queries(0):
        assert event_uses([]) == {}
