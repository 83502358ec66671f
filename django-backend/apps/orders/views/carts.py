"""Carts over HTTP, for users and for visitors, who send the token of their cart as `Cart-Token`."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from apps.common.idempotency import IDEMPOTENCY_KEY, idempotent
from apps.common.views import StrictView
from apps.orders.errors.carts import CartLineUnknown, CartNotMerged, CartTokenMissing
from apps.orders.models import Cart
from apps.orders.permissions import CouponThrottle, MarketThrottle
from apps.orders.selectors.carts import cart_answer
from apps.orders.serializers.carts import (
    CartCouponInput,
    CartLineInput,
    CartOutput,
    CartQuantityInput,
    CartTokenInput,
    CartTotalInput,
    NewCartOutput,
)
from apps.orders.services.carts import (
    cart_clear,
    cart_coupon_clear,
    cart_coupon_set,
    cart_line_add,
    cart_line_remove,
    cart_line_set,
    cart_prices_accept,
    carts_merge,
    token_hash,
    user_cart,
    visitor_cart,
    visitor_cart_begin,
)

HEADER: Final = "Cart-Token"
CART_TOKEN: Final = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
    OpenApiParameter.HEADER,
    description="The cart of a visitor; users send none.",
)
_LISTING: Final = OpenApiParameter("id", UUID, OpenApiParameter.PATH, description="The listing.")


def by_cart(request: Request) -> str:
    """Return the scope of keys of a cart: that of its user, or of its token."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"cart:{token_hash(_token(request))}"


def _token(request: Request) -> str:
    if token := request.headers.get(HEADER):
        return token
    raise CartTokenMissing


@method_decorator(never_cache, name="dispatch")
class CartBase(StrictView):
    """Lets everybody in, and counts requests as the market does."""

    permission_classes: Sequence[type[BasePermission]] = (AllowAny,)
    throttle_classes = (MarketThrottle,)

    @property
    def cart(self) -> Cart:
        """The cart of this request.

        Raises:
            CartTokenMissing, CartUnknown: a visitor sends no token, or an unknown one.
            CartNotMerged: a user sends the token of a visitor.
        """
        if not self.request.user.is_authenticated:
            return visitor_cart(token=_token(self.request))
        if HEADER in self.request.headers:
            raise CartNotMerged
        return user_cart(user_id=self.user_id, now=timezone.now())

    def answer(self, cart: Cart, **more: Any) -> Response:
        """Answer with a cart as it is now."""
        return Response({**cart_answer(cart, at=timezone.now()), **more}, status=201 if more else 200)


@extend_schema(tags=["Cart"], parameters=[CART_TOKEN])
class CartView(CartBase):
    """The cart of the user or visitor."""

    @extend_schema(operation_id="cart_retrieve", summary="The cart, at current prices", responses=CartOutput)
    def get(self, request: Request) -> Response:
        """Return the lines with their current prices, and whether all of them can be bought."""
        return self.answer(self.cart)

    @extend_schema(
        operation_id="cart_create",
        summary="Begin a cart as a visitor",
        request=None,
        responses={200: CartOutput, 201: NewCartOutput},
    )
    def post(self, request: Request) -> Response:
        """Make a cart for a visitor. Users have theirs already."""
        self.refuse_body()
        if request.user.is_authenticated:
            return self.answer(self.cart)
        cart, token = visitor_cart_begin(now=timezone.now())
        return self.answer(cart, token=token)

    @extend_schema(operation_id="cart_clear", summary="Empty the cart", responses={200: CartOutput})
    def delete(self, request: Request) -> Response:
        """Take everything out of the cart, the coupon included; the cart stays."""
        self.refuse_body()
        cart_clear(cart_id=self.cart.id, now=timezone.now())
        return self.answer(self.cart)


@extend_schema(tags=["Cart"], parameters=[CART_TOKEN])
class CartLinesView(CartBase):
    """The lines of the cart."""

    @extend_schema(
        operation_id="cart_lines_create",
        summary="Put seats into the cart",
        parameters=[IDEMPOTENCY_KEY],
        request=CartLineInput,
        responses={200: CartOutput},
    )
    @idempotent(scope=by_cart)
    def post(self, request: Request) -> Response:
        """Add a number of seats of a listing, at the current price; the checkout decides which seats."""
        cart, sent = self.cart, self.sent(CartLineInput).validated_data
        cart_line_add(cart_id=cart.id, listing_id=sent["listing"], quantity=sent["quantity"], now=timezone.now())
        return self.answer(cart)


@extend_schema(tags=["Cart"], parameters=[CART_TOKEN, _LISTING])
class CartLineView(CartBase):
    """One line of the cart."""

    @extend_schema(
        operation_id="cart_lines_partial_update",
        summary="Change the number of seats",
        request=CartQuantityInput,
        responses=CartOutput,
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change how many seats of a listing are in the cart, at the current price."""
        cart, sent = self.cart, self.sent(CartQuantityInput).validated_data
        cart_line_set(cart_id=cart.id, listing_id=_listing_id(pk), quantity=sent["quantity"], now=timezone.now())
        return self.answer(cart)

    @extend_schema(operation_id="cart_lines_destroy", summary="Take seats out of the cart", responses={200: CartOutput})
    def delete(self, request: Request, pk: str) -> Response:
        """Take a listing out of the cart."""
        self.refuse_body()
        cart = self.cart
        cart_line_remove(cart_id=cart.id, listing_id=_listing_id(pk), now=timezone.now())
        return self.answer(cart)


@extend_schema(tags=["Cart"], parameters=[CART_TOKEN])
class CartPricesView(CartBase):
    """New prices of what is in the cart."""

    @extend_schema(
        operation_id="cart_accept_prices",
        summary="Accept new prices",
        request=CartTotalInput,
        responses={200: CartOutput},
    )
    def post(self, request: Request) -> Response:
        """Accept the current prices. 409 `prices_changed` if the total is not the one that the buyer has seen."""
        cart, sent = self.cart, self.sent(CartTotalInput).validated_data
        cart_prices_accept(cart_id=cart.id, total_cents=sent["total"], now=timezone.now())
        return self.answer(cart)


@extend_schema(tags=["Cart"], parameters=[CART_TOKEN])
class CartCouponView(CartBase):
    """The coupon of the cart."""

    def get_throttles(self) -> list[BaseThrottle]:
        """Return the limit on requests, and for codes that on guesses."""
        guesses = [CouponThrottle()] if self.request.method == "PUT" else []
        return [*super().get_throttles(), *guesses]

    @extend_schema(
        operation_id="cart_coupon_set", summary="Enter a coupon", request=CartCouponInput, responses=CartOutput
    )
    def put(self, request: Request) -> Response:
        """Put a coupon into the cart, in place of another one.

        409 `coupon_refused`, always with the same sentence, if it cannot be used for this cart now. Codes that do not
        work have a limit of their own: 10 an hour. The checkout checks the coupon again, with what it allows one buyer.
        """
        code = self.sent(CartCouponInput).validated_data["code"]
        cart_coupon_set(cart_id=self.cart.id, code=code, now=timezone.now())
        CouponThrottle().take_back(request)
        return self.answer(self.cart)

    @extend_schema(operation_id="cart_coupon_clear", summary="Remove the coupon", responses={200: CartOutput})
    def delete(self, request: Request) -> Response:
        """Take the coupon out of the cart, if there is one."""
        self.refuse_body()
        cart_coupon_clear(cart_id=self.cart.id, now=timezone.now())
        return self.answer(self.cart)


@extend_schema(tags=["Cart"])
class CartMergeView(CartBase):
    """The cart of a visitor who has signed in."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="cart_merge",
        summary="Take over a visitor's cart",
        parameters=[IDEMPOTENCY_KEY],
        request=CartTokenInput,
        responses={200: CartOutput},
    )
    @idempotent(scope=by_cart)
    def post(self, request: Request) -> Response:
        """Move a visitor's lines into the user's own cart; of a listing in both, the larger number stays."""
        token = self.sent(CartTokenInput).validated_data["token"]
        return self.answer(carts_merge(user_id=self.user_id, token=token, now=timezone.now()))


def _listing_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:  # not an id, so not one of the cart's
        raise CartLineUnknown from error
