"""What somebody is about to buy. A cart holds no seats: the checkout does."""

from typing import Final

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from apps.common.models import BaseModel
from apps.listings.models import Listing

MAX_LINES: Final = 20  # of seats and products


class Cart(BaseModel):
    """The cart of a user, or of a visitor who knows its token; the table has the hash of the token only."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="cart"
    )
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    coupon_code = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Of the coupon that the buyer has entered."
    )
    changed_at = models.DateTimeField(help_text="Carts that nobody changes are deleted after a while.")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["changed_at"], name="cart_changed_at")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(token_hash__isnull=True), name="cart_one_owner"
            )
        ]

    def __str__(self) -> str:
        return f"Cart of {self.user}" if self.user_id else "Cart of a visitor"


class CartLine(BaseModel):
    """A number of seats of a listing; which ones is decided by the checkout."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="cart_lines")
    quantity = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    price_cents = models.PositiveIntegerField(
        help_text="List price of a seat in cents, as the buyer has seen and accepted it."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "listing"], name="cartline_listing_once"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="cartline_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.listing_id}"
