"""Digital products, and orders with them, for tests."""

from django.utils import timezone

from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.orders.models import Cart, Order, OrderProduct, Product
from apps.orders.services.products import cart_product_add, product_file_put
from apps.orders.testing.stories import cart_of, delivered, pay, place

PDF = b"%PDF-1.7\nA guide to \xe2\x82\xac\x00 and more\n%%EOF\n"


def product(
    name: str = "Fan guide", price_cents: int = 1_500, *, content: bytes = PDF, is_active: bool = True
) -> Product:
    """Make a product with its file."""
    made = Product.objects.create(name=name, price_cents=price_cents, is_active=is_active)
    product_file_put(product_id=made.id, content=content)
    return made


def with_product(cart: Cart, wanted: Product, quantity: int = 2) -> Cart:
    """Put a number of a product into a cart."""
    cart_product_add(cart_id=cart.id, product_id=wanted.id, quantity=quantity, now=timezone.now())
    return cart


def product_order(listing: Listing | None = None) -> Order:
    """Return an unpaid order of two products at $15, and of two seats at $100 if there is a listing."""
    wanted = Product.objects.filter(name="Fan guide").first() or product()
    cart = with_product(cart_of(*([(listing, 2)] if listing else [])), wanted)
    return place(cart, total_cents=23_000 if listing else 3_000, transfer_email="ana@example.com" if listing else "")


def paid_product_order(local_stripe: LocalStripe, listing: Listing | None = None) -> Order:
    """Return the same, paid and settled."""
    order = product_order(listing)
    pay(local_stripe, order)
    delivered()
    return Order.objects.get(id=order.id)


def line_of(order: Order) -> OrderProduct:
    """Return the one line of products of an order."""
    return order.products.get()
