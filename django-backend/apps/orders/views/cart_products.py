"""Digital products in carts, over HTTP."""

from typing import Final
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.idempotency import IDEMPOTENCY_KEY, idempotent
from apps.orders.errors.products import CartProductUnknown
from apps.orders.serializers.carts import CartOutput, CartProductInput, CartProductQuantityInput
from apps.orders.services.products import cart_product_add, cart_product_remove, cart_product_set
from apps.orders.views.carts import CART_TOKEN, CartBase, by_cart

_PRODUCT: Final = OpenApiParameter("id", UUID, OpenApiParameter.PATH, description="The product.")


@extend_schema(tags=["Cart"], parameters=[CART_TOKEN])
class CartProductsView(CartBase):
    """The products of the cart."""

    @extend_schema(
        operation_id="cart_products_create",
        summary="Put a digital product into the cart",
        parameters=[IDEMPOTENCY_KEY],
        request=CartProductInput,
        responses={200: CartOutput},
    )
    @idempotent(scope=by_cart)
    def post(self, request: Request) -> Response:
        """Add a number of a product, at the current price."""
        cart, sent = self.cart, self.sent(CartProductInput).validated_data
        cart_product_add(cart_id=cart.id, product_id=sent["product"], quantity=sent["quantity"], now=timezone.now())
        return self.answer(cart)


@extend_schema(tags=["Cart"], parameters=[CART_TOKEN, _PRODUCT])
class CartProductView(CartBase):
    """One product of the cart."""

    @extend_schema(
        operation_id="cart_products_partial_update",
        summary="Change the number of a product",
        request=CartProductQuantityInput,
        responses=CartOutput,
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change how many of a product are in the cart, at the current price."""
        cart, sent = self.cart, self.sent(CartProductQuantityInput).validated_data
        cart_product_set(cart_id=cart.id, product_id=_product_id(pk), quantity=sent["quantity"], now=timezone.now())
        return self.answer(cart)

    @extend_schema(
        operation_id="cart_products_destroy", summary="Take a product out of the cart", responses={200: CartOutput}
    )
    def delete(self, request: Request, pk: str) -> Response:
        """Take a product out of the cart."""
        self.refuse_body()
        cart = self.cart
        cart_product_remove(cart_id=cart.id, product_id=_product_id(pk), now=timezone.now())
        return self.answer(cart)


def _product_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:  # not an id, so not one of the cart's
        raise CartProductUnknown from error
