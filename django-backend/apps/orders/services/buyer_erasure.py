"""The data of buyers is erased: on request, and after the retention. Money, seats and numbers stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func

from apps.orders.errors.buyers import BuyerNeeded, BuyerUnknown
from apps.orders.locks import order_locked
from apps.orders.models import CouponUse, Invoice, Order
from apps.orders.selectors.buyers import (
    Need,
    buyer_export,
    carts_of_buyer,
    customers_at_stripe,
    needs_of,
    old_orders,
    orders_of_buyer,
)
from apps.orders.services.buyers import buyer_key

_NOTHING: Final = {"name": "", "email": "", "transfer_email": "", "buyer_key": "", "address_key": ""}


@dataclass(frozen=True)
class Erased:
    """What was erased, and what is left to do elsewhere."""

    numbers: Sequence[str]
    carts: int
    customers_at_stripe: Sequence[str]


def buyer_data(*, email: str) -> dict[str, object]:
    """Return all that we hold of the buyer with an e-mail address, in any case of its letters.

    Raises:
        BuyerUnknown: nothing.
    """
    found = buyer_export(email=email.strip(), key=buyer_key(email))
    if not found["orders"] and not found["carts"]:
        raise BuyerUnknown
    return found


def buyer_erase(*, email: str, now: datetime) -> Erased:
    """Erase the buyer with an e-mail address from all orders, and delete the cart; the account, if any, stays.

    Each order in a transaction of its own, after a look at all of them.

    Raises:
        BuyerUnknown: there is nothing of this buyer.
        BuyerNeeded: an order needs its buyer; nothing was erased, unless it began to need them meanwhile.
    """
    email = email.strip()
    orders, carts = orders_of_buyer(email=email, key=buyer_key(email)), carts_of_buyer(email=email)
    found = needs_of(orders)
    if not found and not carts.exists():
        raise BuyerUnknown
    for need in found:
        _require_free(need)
    customers = customers_at_stripe(orders)
    for need in found:
        _erase(need.order_id, now=now)
    return Erased([need.number for need in found], carts.delete()[1].get("orders.Cart", 0), customers)


def old_buyers_erase(*, now: datetime) -> int:
    """Erase the buyers of orders whose last event was `BUYER_RETENTION_DAYS` ago; return the number of orders."""
    ids = list(old_orders(now=now, days=settings.BUYER_RETENTION_DAYS).order_by("id").values_list("id", flat=True))
    return sum(_erase(order_id, now=now, only_if_free=True) for order_id in ids)


@transaction.atomic
def _erase(order_id: UUID, *, now: datetime, only_if_free: bool = False) -> bool:
    order_locked(order_id)
    (need,) = needs_of(Order.objects.filter(id=order_id))
    if need.why and only_if_free:
        return False
    _require_free(need)
    Order.objects.filter(id=order_id).update(user=None, erased_at=now, updated_at=now, **_NOTHING)
    CouponUse.objects.filter(order=order_id).update(buyer_key="", updated_at=now)
    blanked = Func(F("buyer"), template="""jsonb_set(%(expressions)s, '{email}', '""')""")
    Invoice.objects.filter(order=order_id).update(buyer=blanked, updated_at=now)
    return True


def _require_free(need: Need) -> None:
    if need.why:
        raise BuyerNeeded(need.number, need.why)
