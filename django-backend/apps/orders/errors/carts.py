"""What can go wrong with carts."""

from collections.abc import Collection
from typing import Final

from apps.common.errors import DomainError
from apps.common.money import cents_to_text
from apps.common.text import counted

CART: Final = "/api/v1/cart/"


class CartTokenMissing(
    DomainError,
    code="cart_token_missing",
    status=400,
    says=f"Send the token of your cart as Cart-Token, or sign in. To begin a cart: POST {CART}",
    attr="Cart-Token",
):
    """A visitor sends no token, so nobody knows which cart is meant."""


class CartUnknown(
    DomainError,
    code="cart_unknown",
    status=404,
    says=f"There is no such cart. Carts are deleted 30 days after their last change. To begin another: POST {CART}",
    attr="Cart-Token",
):
    """No cart has this token."""


class CartNotMerged(
    DomainError,
    code="cart_not_merged",
    status=400,
    says=f"You are signed in and have a cart of your own. To take over the cart of the token: POST {CART}merge/",
    attr="Cart-Token",
):
    """A user sends the token of a visitor."""


class CartFull(DomainError, code="cart_full", attr="listing"):
    """The cart has as many lines as a cart may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"A cart has at most {most} lines.")


class CartLineUnknown(
    DomainError, code="does_not_exist", status=404, says="The cart has no seats of this listing.", attr="listing"
):
    """The listing is not in the cart."""


class NotInMarket(
    DomainError, code="not_for_sale", says="The seats are not on sale, or are no longer on sale.", attr="listing"
):
    """Nobody can buy seats of this listing now; there may be no such listing."""


class QuantityNotAllowed(DomainError, code="quantity_not_allowed", attr="quantity"):
    """The listing is not sold in this number; the split rule or what is left says so."""

    def __init__(self, quantity: int, *, allowed: Collection[int], besides: int = 0) -> None:
        possible = ", ".join(map(str, allowed))
        sentence = f"{quantity} seats cannot be bought together."
        if besides:
            super().__init__(
                f"With the {counted(besides, 'seat')} in your cart that would be {quantity}, and {sentence}"
                f" Choose a total from: {possible}."
            )
        else:
            super().__init__(f"{sentence} Choose from: {possible}.")


class CartPricesChanged(DomainError, code="prices_changed", attr="total"):
    """The total that the buyer has seen is not the current one."""

    def __init__(self, *, seen_cents: int, now_cents: int) -> None:
        super().__init__(f"The total was {cents_to_text(seen_cents)} and is now {cents_to_text(now_cents)}.")
