"""What can go wrong with digital products."""

from apps.common.errors import DomainError


class ProductNotForSale(
    DomainError, code="not_for_sale", says="This product is not for sale, or is no longer for sale.", attr="product"
):
    """Nobody can buy it now; there may be no such product."""


class ProductQuantityTooLarge(DomainError, code="quantity_not_allowed", attr="quantity"):
    """More of one product than a cart may have."""

    def __init__(self, quantity: int, most: int) -> None:
        super().__init__(f"With those in your cart that would be {quantity}; the most is {most}.")


class CartProductUnknown(
    DomainError, code="does_not_exist", status=404, says="The cart has none of this product.", attr="product"
):
    """The product is not in the cart."""


class DownloadUnknown(DomainError, code="does_not_exist", status=404, says="The order has no such file."):
    """The line is not one of this order."""


class DownloadRefused(
    DomainError,
    code="not_downloadable",
    status=403,
    says="The file can be loaded once the order is paid, and as long as it is not refunded or disputed.",
):
    """Nobody has paid for the file, or the money went back."""
