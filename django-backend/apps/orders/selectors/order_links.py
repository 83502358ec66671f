"""Links to the page of an order: whoever has the link may see the order, without signing in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from apps.orders.errors.orders import OrderUnknown

_SALT: Final = "orders.link"


def order_token(order_id: UUID) -> str:
    """Return the signed text that identifies an order in addresses; it never expires."""
    return Signer(salt=_SALT).sign(urlsafe_b64encode(order_id.bytes).rstrip(b"=").decode())


def order_id_of(token: str) -> UUID:
    """Return the id of the order that a token identifies; there may be no such order.

    Raises:
        OrderUnknown: the token was not signed by us.
    """
    try:
        return UUID(bytes=urlsafe_b64decode(Signer(salt=_SALT).unsign(token) + "=="))
    except (BadSignature, ValueError):
        raise OrderUnknown from None


def order_address(order_id: UUID) -> str:
    """Return the address of the order's page, for people."""
    return f"{settings.SITE_URL}/orders/{order_token(order_id)}/"
