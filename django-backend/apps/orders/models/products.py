"""What buyers can buy besides seats: files, in any number, without a stock and without a hold."""

from typing import Final

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.common.model_fields import LineField
from apps.common.models import BaseModel
from apps.orders.models.carts import Cart
from apps.orders.models.orders import Order

MAX_PRODUCT_CENTS: Final = 100_000
MAX_QUANTITY: Final = 1_000
_IN_RANGE: Final = Q(quantity__gte=1, quantity__lte=MAX_QUANTITY)


class Product(BaseModel):
    """A digital product: a PDF that buyers download after they have paid."""

    name = LineField(max_length=200, unique=True)
    price_cents = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_PRODUCT_CENTS)],
        help_text="In cents; there is no fee on top.",
    )
    is_active = models.BooleanField("active", default=True, help_text="On sale. Who has bought it can always load it.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_cents__gte=1, price_cents__lte=MAX_PRODUCT_CENTS), name="product_price_in_range"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ProductFile(BaseModel):
    """The file of a product. It is kept here, and so no web server can hand it out by mistake."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="file")
    content = models.BinaryField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"File of {self.product_id}"


class CartProduct(BaseModel):
    """A number of a product in a cart."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="products")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="cart_lines")
    quantity = models.PositiveSmallIntegerField()
    price_cents = models.PositiveIntegerField(help_text="Of one, as the buyer has seen and accepted it.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "product"], name="cartproduct_product_once"),
            models.CheckConstraint(condition=_IN_RANGE, name="cartproduct_quantity_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"


class OrderProduct(BaseModel):
    """A number of a product in an order, as it was shown to the buyer. All amounts are in cents."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="products")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines")
    name = LineField(max_length=200)
    quantity = models.PositiveSmallIntegerField()
    price_cents = models.PositiveIntegerField(help_text="Of one.")
    discount_cents = models.PositiveIntegerField(default=0, help_text="This line's part of the discount.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="orderproduct_product_once"),
            models.CheckConstraint(condition=_IN_RANGE, name="orderproduct_quantity_in_range"),
            models.CheckConstraint(
                condition=Q(discount_cents__lte=F("quantity") * F("price_cents")), name="orderproduct_discount_in_range"
            ),
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"

    @property
    def total_cents(self) -> int:
        """What the buyer pays for the line."""
        return self.quantity * self.price_cents - self.discount_cents
