"""Coupons, and rows of orders that use them, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from apps.orders.models import Coupon, Order

VALID_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)
VALID_UNTIL: Final = datetime(2040, 1, 1, tzinfo=UTC)


def coupon(code: str = "SAVE20", **changes: Any) -> Coupon:
    """Make a coupon of 20 %, or with an amount."""
    discount = {} if "amount_cents" in changes else {"percent_bps": 2_000}
    row = {"code": code, "valid_from": VALID_FROM, "valid_until": VALID_UNTIL, **discount, **changes}
    return Coupon.objects.create(**row)


def unpaid_order(buyer_key: str = "buyer", *, now: datetime = VALID_FROM) -> Order:
    """Make the row of an order that waits for its payment, without seats."""
    return Order.objects.create(
        number=uuid4().hex[:9], name="Fan", email="fan@example.com", buyer_key=buyer_key, terms_version="1",
        currency="USD", subtotal_cents=0, fee_cents=0, total_cents=0, placed_at=now,
        held_until=now + timedelta(minutes=45),
    )  # fmt: skip
