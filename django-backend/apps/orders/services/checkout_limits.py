"""How much one buyer, or one network, may have on hold: bots that hold seats keep them from everybody."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from apps.orders.enums import OPEN_ORDER_STATUSES
from apps.orders.errors.orders import TooManyOpenOrders, TooManySeats
from apps.orders.models import CartLine

MAX_OPEN_ORDERS: Final = 3  # of one buyer
MAX_OPEN_ORDERS_OF_NETWORK: Final = 20
MAX_SEATS_OF_EVENT: Final = 20  # of one buyer, bought or held
# Plain SQL, because these are three counts of two tables.
_TAKEN: Final = """
SELECT
    (SELECT count(*) FROM orders_order WHERE buyer_key = %(buyer)s AND status = ANY(%(open)s)),
    (SELECT count(*) FROM orders_order WHERE address_key = NULLIF(%(network)s, '') AND status = ANY(%(open)s)),
    (SELECT json_object_agg(event_id, seats) FROM (
        SELECT line.event_id, sum(line.quantity) AS seats
        FROM orders_order AS placed JOIN orders_orderline AS line ON line.order_id = placed.id
        WHERE placed.buyer_key = %(buyer)s AND placed.ended_at IS NULL AND line.event_id = ANY(%(events)s::uuid[])
        GROUP BY line.event_id
    ) AS taken)
"""


def limits_check(*, buyer_key: str, address_key: str, wanted: Sequence[CartLine]) -> None:
    """Refuse an order that would exceed a limit; `wanted` has listings and events loaded. One query.

    The checkouts of buyer and network are locked.

    Raises:
        TooManyOpenOrders, TooManySeats: as their names say.
    """
    labels = {line.listing.event_id: line.listing.event.label for line in wanted}
    values: dict[str, Any] = {
        "buyer": buyer_key,
        "network": address_key,
        "open": sorted(OPEN_ORDER_STATUSES),
        "events": list(labels),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, values)
        mine, near, taken = cursor.fetchone()
    for count, most in ((mine, MAX_OPEN_ORDERS), (near, MAX_OPEN_ORDERS_OF_NETWORK)):
        if count >= most:
            raise TooManyOpenOrders(most)
    seats = Counter({UUID(event_id): number for event_id, number in (taken or {}).items()})
    for line in wanted:
        seats[line.listing.event_id] += line.quantity
    for event_id, number in seats.items():
        if number > MAX_SEATS_OF_EVENT:
            raise TooManySeats(labels[event_id], MAX_SEATS_OF_EVENT)
