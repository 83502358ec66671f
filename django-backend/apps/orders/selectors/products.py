"""Digital products: what is on sale, what carts have of it, and which files a buyer may load."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum

from apps.common.money import cents_to_text
from apps.common.rows import Row
from apps.orders.enums import DOWNLOAD_STATUSES
from apps.orders.errors.products import DownloadRefused, DownloadUnknown
from apps.orders.models import CartProduct, Order, OrderProduct, OrderRefundLine, Product, ProductFile
from apps.orders.selectors.order_links import order_token
from apps.orders.selectors.refunds import COUNTED_REFUND_LINES

_GONE = "This product is not for sale any more."


@dataclass(frozen=True)
class WantedProduct:
    """A product in a cart, and what one costs now, in cents; None if it is not for sale."""

    line: CartProduct
    now_cents: int | None

    @property
    def total_cents(self) -> int:
        """What the line costs now; nothing if it cannot be bought."""
        return self.line.quantity * (self.now_cents or 0)


def products_on_sale() -> QuerySet[Product]:
    """Return the products that can be bought now."""
    return Product.objects.filter(is_active=True, file__isnull=False)


def product_answer(product: Product) -> Row:
    """Return a product as `MarketProductOutput` describes it."""
    price = cents_to_text(product.price_cents)
    return {
        "total": price,
        "price": price,
        "fee": cents_to_text(0),
        "currency": settings.CURRENCY,
        "id": str(product.id),
        "name": product.name,
    }


# Beside a row of a cart: whether that has products. So carts without any cost no other query.
HAS_PRODUCTS: Final = Exists(CartProduct.objects.filter(cart=OuterRef("cart")))


def cart_products(cart_id: UUID) -> list[WantedProduct]:
    """Return the products of a cart, in the order in which they came in; one query."""
    now = products_on_sale().filter(id=OuterRef("product")).values("price_cents")
    lines = CartProduct.objects.filter(cart=cart_id).select_related("product", "cart").order_by("id")
    return [WantedProduct(line, line.now_cents) for line in lines.annotate(now_cents=Subquery(now))]


def products_total_cents(cart_id: UUID) -> int:
    """Return what the products of a cart that can be bought cost now; one query."""
    return sum(wanted.total_cents for wanted in cart_products(cart_id))


def cart_product_answer(wanted: WantedProduct) -> Row:
    """Return a product of a cart as `CartProductOutput` describes it."""
    line, now = wanted.line, wanted.now_cents
    change = {"from": cents_to_text(line.price_cents), "to": cents_to_text(now)} if now else None
    return {
        "product": str(line.product_id),
        "name": line.product.name,
        "quantity": line.quantity,
        "total": cents_to_text(wanted.total_cents) if now else None,
        "price": cents_to_text(now) if now else None,
        "price_change": None if now == line.price_cents else change,
        "problem": None if now else _GONE,
    }


def order_products_answer(order: Order, products: Sequence[OrderProduct], refunded: Iterable[UUID]) -> list[Row]:
    """Return the products of an order as `OrderProductOutput` describes them; `refunded` from `products_refunded`."""
    return [
        {
            "id": str(line.id),
            "name": line.name,
            "quantity": line.quantity,
            "total": cents_to_text(line.total_cents),
            "price": cents_to_text(line.price_cents),
            "discount": cents_to_text(line.discount_cents),
            "download": _download(order, line) if _may_load(order, line, refunded) else None,
        }
        for line in products
    ]


def products_refunded(lines: Iterable[OrderProduct]) -> set[UUID]:
    """Return the ids of those lines of which all was refunded, or is on its way back; no query for no lines."""
    ids = [line.id for line in lines]
    counted = OrderRefundLine.objects.filter(COUNTED_REFUND_LINES, product__in=ids).order_by()
    sums: QuerySet[Any] = counted.values("product").annotate(cents=Sum("amount_cents"))
    paid = F("product__quantity") * F("product__price_cents") - F("product__discount_cents")
    return set(sums.filter(cents__gte=paid).values_list("product", flat=True)) if ids else set()


def product_file(*, order: Order, line_id: UUID) -> tuple[str, bytes]:
    """Return name and content of the file that a line of an order bought.

    Raises:
        DownloadUnknown: the order has no such line.
        DownloadRefused: it is not paid, is disputed, or was refunded.
    """
    line = OrderProduct.objects.filter(order=order, id=line_id).first()
    if line is None:
        raise DownloadUnknown
    if not _may_load(order, line, products_refunded([line])):
        raise DownloadRefused
    return line.name, bytes(ProductFile.objects.values_list("content", flat=True).get(product=line.product_id))


def _may_load(order: Order, line: OrderProduct, refunded: Iterable[UUID]) -> bool:
    return order.status in DOWNLOAD_STATUSES and line.id not in refunded


def _download(order: Order, line: OrderProduct) -> str:
    return f"{settings.SITE_URL}/api/v1/orders/{order_token(order.id)}/downloads/{line.id}/"
