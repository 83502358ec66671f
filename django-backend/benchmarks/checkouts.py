"""Checkouts that want different events, and checkouts that want one listing, beside the same rows in plain SQL.

`python -m benchmarks.checkouts BLOCK…`: a block that is on sale at every game for each round. Several processes place
orders at once, as several web processes do. Stripe is left out: it is asked after the commit.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.pool import Pool
from typing import Any, Final
from uuid import UUID

import django

django.setup()

import psycopg2.extras  # noqa: E402 - only after the set-up
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.common.ids import uuid7  # noqa: E402
from apps.listings.models import Hold, Listing  # noqa: E402
from apps.orders.models import Cart, CartLine, Order, OrderLine  # noqa: E402
from apps.orders.selectors.carts import seat_price  # noqa: E402
from apps.orders.services.buyers import order_number  # noqa: E402
from apps.orders.services.checkout import Buyer, order_place  # noqa: E402
from apps.payments.models import Payment, PaymentAttempt  # noqa: E402

BUYERS: Final = 4  # at once
CHECKOUTS: Final = 16  # of a round, for each kind
_QUANTITY: Final = 2
_LISTING: Final = "SELECT * FROM listings_listing WHERE id = %s FOR UPDATE"
_TICKETS: Final = "SELECT id, seat, status FROM listings_ticket WHERE listing_id = %s ORDER BY position FOR UPDATE"
_HELD: Final = "UPDATE listings_ticket SET status = 'held', hold_id = %s WHERE id = ANY(%s::uuid[])"
# What one order writes, in the order of its statements.
_TABLES: Final = (Hold, Payment, PaymentAttempt, Order, OrderLine)
_KINDS: Final = ("different events", "one listing")
# Rows of an order, which plain SQL writes again under other ids.
_samples: dict[Any, dict[str, Any]] = {}


def main(blocks: Sequence[str]) -> None:
    """Print milliseconds a checkout, medians of the rounds after the first, and the ratios."""
    results: dict[tuple[str, str], list[float]] = {}
    with get_context("spawn").Pool(BUYERS) as pool:
        for block in blocks:
            listings = iter(Listing.objects.filter(season_ticket=UUID(block)).order_by("event__starts_at"))
            for way, work in (("checkout", _ordered), ("plain SQL", _written)):
                for kind in _KINDS:
                    wanted = [next(listings)] * CHECKOUTS
                    if kind == _KINDS[0]:
                        wanted = [wanted[0], *(next(listings) for _ in range(CHECKOUTS - 1))]
                    results.setdefault((way, kind), []).append(_milliseconds(pool, work, wanted))
    print(f"\n| {BUYERS} buyers at once, ms a checkout | {_KINDS[0]} | {_KINDS[1]} | ratio |\n|---|--:|--:|--:|")
    for row in _rows({key: statistics.median(rounds[1:]) for key, rounds in results.items()}):
        print(row)


def _rows(medians: dict[tuple[str, str], float]) -> Iterator[str]:
    for way in ("checkout", "plain SQL"):
        apart, together = (medians[way, kind] for kind in _KINDS)
        yield f"| {way} | {apart:.1f} | {together:.1f} | {together / apart:.2f} |"
    ratios = [medians["checkout", kind] / medians["plain SQL", kind] for kind in _KINDS]
    yield f"| checkout ÷ plain SQL | {ratios[0]:.1f} | {ratios[1]:.1f} | |"


def _milliseconds(pool: Pool, work: Callable[[Any], None], wanted: Sequence[Listing]) -> float:
    now = timezone.now()
    carts = Cart.objects.bulk_create(Cart(token_hash=uuid7().hex, changed_at=now) for _ in wanted)
    CartLine.objects.bulk_create(
        CartLine(cart=cart, listing=listing, quantity=_QUANTITY, price_cents=listing.price_cents)
        for cart, listing in zip(carts, wanted, strict=True)
    )
    totals = [_QUANTITY * seat_price(listing.price_cents).total_cents for listing in wanted]
    items = [(cart.id, listing.id, cents) for cart, listing, cents in zip(carts, wanted, totals, strict=True)]
    begin = time.perf_counter()
    pool.map(work, items, chunksize=1)
    return (time.perf_counter() - begin) * 1000 / len(wanted)


def _ordered(item: tuple[UUID, UUID, int]) -> None:
    cart_id, _, total_cents = item
    buyer = Buyer(
        name="Pat Fan",
        email=f"{cart_id}@example.com",
        transfer_email="pat@example.com",
        terms_version=settings.TERMS_VERSION,
        user_id=None,
        network=str(cart_id),
    )
    order_place(cart_id=cart_id, buyer=buyer, total_cents=total_cents, now=timezone.now())


def _written(item: tuple[UUID, UUID, int]) -> None:
    cart_id, listing_id, _ = item
    if not _samples:
        _sample()
    ids = {model: str(uuid7()) for model in _TABLES}
    changes: dict[Any, dict[str, Any]] = {
        Hold: {"listing_id": listing_id, "owner_id": ids[Order]},
        Payment: {"reference": ids[Order]},
        PaymentAttempt: {"payment_id": ids[Payment]},
        Order: {"payment_id": ids[Payment], "number": order_number()},
        OrderLine: {"order_id": ids[Order], "listing_id": listing_id, "hold_id": ids[Hold]},
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LISTING, [listing_id])
        cursor.execute(_TICKETS, [listing_id])
        tickets = [id_ for id_, _, status in cursor.fetchall() if status == "available"][:_QUANTITY]
        for model in _TABLES:
            row = _samples[model] | changes[model] | {"id": ids[model]}
            columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
            table = model._meta.db_table  # noqa: SLF001 - Django's documented model API
            cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(row.values()))
            if model is Hold:
                cursor.execute(_HELD, [ids[Hold], tickets])
        cursor.execute("DELETE FROM orders_cartline WHERE cart_id = %s", [cart_id])


def _sample() -> None:
    """Remember the rows of the latest order, as each of the processes writes them again."""
    for model in _TABLES:
        row = model._default_manager.order_by("-id").values()[0]  # noqa: SLF001 - Django documents it
        _samples[model] = {
            name: psycopg2.extras.Json(value) if isinstance(value, dict) else value for name, value in row.items()
        }


if __name__ == "__main__":
    main(sys.argv[1:])
