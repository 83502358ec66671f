"""What can go wrong with the data of buyers."""

from apps.common.errors import DomainError


class BuyerUnknown(DomainError, code="buyer_unknown", status=404):
    """There is nothing of this buyer."""

    def __init__(self) -> None:
        super().__init__("No order and no cart belongs to this e-mail address. Nothing was written.")


class BuyerNeeded(DomainError, code="buyer_needed"):
    """An order still needs its buyer."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"Order {number} {why}.")
