"""Requests and answers about carts."""

from typing import Any

from rest_framework import serializers

from apps.common.fields import CurrencyField, IdField, MoneyField, WholeNumberField
from apps.common.serializers import StrictSerializer
from apps.orders.models.products import MAX_QUANTITY
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK

_MARKET = "/api/v1/market/events/"


class CartQuantityInput(StrictSerializer[Any]):
    """How many seats."""

    quantity = WholeNumberField(min_value=1, max_value=MAX_SEATS_PER_BLOCK)


class CartLineInput(CartQuantityInput):
    """Seats of a listing; those that are in the cart already stay."""

    listing = IdField(look_up=_MARKET)


class CartProductQuantityInput(StrictSerializer[Any]):
    """How many of a product."""

    quantity = WholeNumberField(min_value=1, max_value=MAX_QUANTITY)


class CartProductInput(CartProductQuantityInput):
    """A product; those that are in the cart already stay."""

    product = IdField(look_up="/api/v1/market/products/")


class CartTotalInput(StrictSerializer[Any]):
    """The total that the buyer has seen."""

    total = MoneyField(min_cents=0, help_text="That of the cart, as it was shown.")


class CartCouponInput(StrictSerializer[Any]):
    """The coupon that the buyer has."""

    code = serializers.CharField(max_length=40, help_text="In capitals or not.")


class CartTokenInput(StrictSerializer[Any]):
    """The cart that the user had as a visitor, before the login."""

    token = serializers.CharField(max_length=100)


class CartEventOutput(serializers.Serializer[Any]):
    """The event of a line."""

    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    starts_at_local = serializers.CharField(help_text="Start at the venue, in words.")


class CartSeatOutput(serializers.Serializer[Any]):
    """What one seat costs now."""

    total = MoneyField(help_text="With all mandatory fees. Show it first.")
    price = MoneyField()
    fee = MoneyField(min_cents=0)


class CartPriceChangeOutput(serializers.Serializer[Any]):
    """The total of a seat or product, as the buyer has accepted it and as it is now."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; one of them is a word of Python."""
        return {"from": MoneyField(), "to": MoneyField()}


class CartLineOutput(serializers.Serializer[Any]):
    """Seats of one listing; a line with a `problem` counts nothing and cannot be bought."""

    listing = serializers.UUIDField()
    event = CartEventOutput()
    section = serializers.CharField()
    row = serializers.CharField()
    quantity = serializers.IntegerField(min_value=1)
    total = MoneyField(allow_null=True, help_text="Of all seats of the line, with all mandatory fees.")
    seat = CartSeatOutput(allow_null=True)
    price_change = CartPriceChangeOutput(
        allow_null=True, help_text="The price has changed: accept it before the checkout."
    )
    allowed_quantities = serializers.ListField(child=serializers.IntegerField(min_value=1))
    problem = serializers.CharField(allow_null=True, help_text="Why the seats cannot be bought; null if they can.")


class CartProductOutput(serializers.Serializer[Any]):
    """A digital product; one with a `problem` counts nothing and cannot be bought."""

    product = serializers.UUIDField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(min_value=1)
    total = MoneyField(allow_null=True, help_text="Of all of them.")
    price = MoneyField(allow_null=True, help_text="Of one; there is no fee.")
    price_change = CartPriceChangeOutput(
        allow_null=True, help_text="The price has changed: accept it before the checkout."
    )
    problem = serializers.CharField(allow_null=True, help_text="Why it cannot be bought; null if it can.")


class CartOutput(serializers.Serializer[Any]):
    """What a buyer is about to buy, at current prices. Nothing is held."""

    total = MoneyField(
        min_cents=0, help_text="What the buyer would pay, with all mandatory fees, less the discount. Show it first."
    )
    subtotal = MoneyField(min_cents=0, help_text="The prices of seats and products.")
    fees = MoneyField(min_cents=0)
    discount = MoneyField(min_cents=0, help_text="What the coupon takes off prices and fees.")
    currency = CurrencyField()
    seats = serializers.IntegerField(min_value=0)
    can_check_out = serializers.BooleanField(help_text="Nothing is in the way: no problem, no new price.")
    coupon = serializers.CharField(allow_null=True, help_text="The code of the coupon in the cart.")
    coupon_problem = serializers.CharField(
        allow_null=True, help_text="Why the cart cannot be bought with the coupon; null if it can."
    )
    lines = CartLineOutput(many=True)
    products = CartProductOutput(many=True)


class NewCartOutput(CartOutput):
    """A new cart of a visitor."""

    token = serializers.CharField(help_text="Send it as `Cart-Token`. It is shown only once.")
