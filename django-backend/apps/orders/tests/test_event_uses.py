"""What hangs on events, as the catalogue asks for it."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.catalog.services.event_uses import EventUses, event_uses
from apps.catalog.tests.factories import EventFactory
from apps.listings.enums import ListingStatus
from apps.listings.models import Listing
from apps.orders.tests.event_rows import NOW, block_at, listed, sold
from apps.orders.tests.sale_rows import void

pytestmark = pytest.mark.django_db


def test_open_listings_and_sales_that_are_not_void(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    busy, closed, empty = EventFactory.create_batch(3)
    block = block_at(busy)
    listed(busy, block, "1")
    sales = sold(listed(busy, block, "2", "3", "4"), ["2", "3"])
    void([sales[0]], now=NOW)
    listing = listed(closed, block_at(closed), "1")
    Listing.objects.filter(id=listing.id).update(status=ListingStatus.DELISTED)
    with django_assert_num_queries(2):
        uses = event_uses([busy.id, closed.id, empty.id])
    assert uses == {busy.id: EventUses(2, 1), closed.id: EventUses(0, 0), empty.id: EventUses(0, 0)}
    with django_assert_num_queries(0):
        assert event_uses([]) == {}
