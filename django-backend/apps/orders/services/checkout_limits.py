"""How much one buyer, or one network, may have on hold: bots that hold seats keep them from everybody."""

from collections import Counter
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, Sum

from apps.listings.models import Listing
from apps.orders.enums import OPEN_ORDER_STATUSES
from apps.orders.errors.orders import TooManyOpenOrders, TooManySeats
from apps.orders.models import Order, OrderLine

MAX_OPEN_ORDERS: Final = 3  # of one buyer
MAX_OPEN_ORDERS_OF_NETWORK: Final = 20
MAX_SEATS_OF_EVENT: Final = 20  # of one buyer, bought or held


def limits_check(*, buyer_key: str, address_key: str, quantities: Mapping[UUID, int]) -> None:
    """Refuse an order that would exceed a limit; `quantities` are the wanted seats by listing.

    The checkouts of buyer and network are locked.

    Raises:
        TooManyOpenOrders, TooManySeats: as their names say.
    """
    mine, near = Q(buyer_key=buyer_key), Q(address_key=address_key or None)
    counts = Order.objects.filter(mine | near, status__in=OPEN_ORDER_STATUSES).aggregate(
        mine=Count("id", filter=mine), near=Count("id", filter=near)
    )
    for count, most in ((counts["mine"], MAX_OPEN_ORDERS), (counts["near"], MAX_OPEN_ORDERS_OF_NETWORK)):
        if count >= most:
            raise TooManyOpenOrders(most)
    wanted = Counter[UUID]()
    labels = dict[UUID, str]()
    for listing in Listing.objects.filter(id__in=quantities).select_related("event"):
        wanted[listing.event_id] += quantities[listing.id]
        labels[listing.event_id] = listing.event.label
    lines = OrderLine.objects.filter(event__in=wanted, order__buyer_key=buyer_key, order__ended_at=None)
    for event_id, seats in lines.order_by().values_list("event").annotate(seats=Sum("quantity")):
        wanted[event_id] += seats
    for event_id, seats in wanted.items():
        if seats > MAX_SEATS_OF_EVENT:
            raise TooManySeats(labels[event_id], MAX_SEATS_OF_EVENT)
