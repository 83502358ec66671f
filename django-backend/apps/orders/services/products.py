"""Digital products in carts and orders, and their files. Every change of a cart takes its lock."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.orders.errors.carts import CartFull, CartUnknown
from apps.orders.errors.products import CartProductUnknown, ProductNotForSale, ProductQuantityTooLarge
from apps.orders.locks import cart_changing
from apps.orders.models import Cart, CartLine, CartProduct, Order, OrderProduct, ProductFile
from apps.orders.models.carts import MAX_LINES
from apps.orders.models.products import MAX_QUANTITY
from apps.orders.selectors.products import WantedProduct, products_on_sale


@transaction.atomic
def cart_product_add(*, cart_id: UUID, product_id: UUID, quantity: int, now: datetime) -> None:
    """Add a number of a product to a cart, besides those already there; the buyer accepts the current price.

    Raises:
        CartUnknown: the cart was deleted meanwhile.
        CartFull: it has `MAX_LINES` already.
        ProductNotForSale, ProductQuantityTooLarge: as their names say.
    """
    lines = _locked(cart_id, now)
    line = lines.filter(product=product_id).first()
    if line is None and lines.count() + CartLine.objects.filter(cart=cart_id).count() >= MAX_LINES:
        raise CartFull(MAX_LINES)
    _put(cart_id, product_id, quantity + (line.quantity if line else 0))


@transaction.atomic
def cart_product_set(*, cart_id: UUID, product_id: UUID, quantity: int, now: datetime) -> None:
    """Change how many of a product are in a cart; the buyer accepts the current price.

    Raises:
        CartProductUnknown: there are none. Others as of `cart_product_add`.
    """
    if not _locked(cart_id, now).filter(product=product_id).exists():
        raise CartProductUnknown
    _put(cart_id, product_id, quantity)


@transaction.atomic
def cart_product_remove(*, cart_id: UUID, product_id: UUID, now: datetime) -> None:
    """Take a product out of a cart.

    Raises:
        CartProductUnknown: it is not in there.
    """
    deleted, _ = _locked(cart_id, now).filter(product=product_id).delete()
    if not deleted:
        raise CartProductUnknown


def cart_products_accept(wanted: Iterable[WantedProduct]) -> int:
    """Let the buyer accept the current prices of the products of a locked cart; return what they cost.

    Raises:
        ProductNotForSale: one of them cannot be bought any more.
    """
    lines = []
    for one in wanted:
        if one.now_cents is None:
            raise ProductNotForSale
        one.line.price_cents = one.now_cents
        lines.append(one.line)
    if lines:
        CartProduct.objects.bulk_update(lines, ["price_cents"])
    return sum(line.quantity * line.price_cents for line in lines)


def cart_products_merge(*, source: Cart, target: Cart, room: int) -> None:
    """Move the products of one locked cart into another one with room for so many new lines; the others are dropped.

    Of a product in both, the larger number stays.
    """
    own = {line.product_id: line for line in CartProduct.objects.filter(cart=target)}
    for line in CartProduct.objects.filter(cart=source).order_by("id"):
        mine = own.get(line.product_id)
        if mine is None and room > 0:
            room -= 1
            line.cart = target
            line.save(update_fields=["cart", "updated_at"])
        elif mine and line.quantity > mine.quantity:
            mine.quantity, mine.price_cents = line.quantity, line.price_cents
            mine.save(update_fields=["quantity", "price_cents", "updated_at"])


def order_products(*, order: Order, wanted: Sequence[WantedProduct], discounts: Sequence[int]) -> list[OrderProduct]:
    """Return the products of a new order, not yet saved, at the prices that its buyer has accepted."""
    return [
        OrderProduct(
            order=order,
            product=one.line.product,
            name=one.line.product.name,
            quantity=one.line.quantity,
            price_cents=one.line.price_cents,
            discount_cents=discount,
        )
        for one, discount in zip(wanted, discounts, strict=True)
    ]


def product_file_put(*, product_id: UUID, content: bytes) -> None:
    """Store the file of a product, in place of another one: its buyers load the newest."""
    ProductFile.objects.update_or_create(product_id=product_id, defaults={"content": content})


def _locked(cart_id: UUID, now: datetime) -> QuerySet[CartProduct]:
    if not cart_changing(cart_id, now=now):
        raise CartUnknown
    return CartProduct.objects.filter(cart=cart_id)


def _put(cart_id: UUID, product_id: UUID, quantity: int) -> None:
    if quantity > MAX_QUANTITY:
        raise ProductQuantityTooLarge(quantity, MAX_QUANTITY)
    product = products_on_sale().filter(id=product_id).first()
    if product is None:
        raise ProductNotForSale
    CartProduct.objects.update_or_create(
        cart_id=cart_id, product_id=product_id, defaults={"quantity": quantity, "price_cents": product.price_cents}
    )
