"""What can go wrong when seats are held or sold, or come back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.common.errors import DomainError, ErrorDetail, ItemsRefused


class SeatNotInListing(ItemsRefused, code="seat_not_in_listing"):
    """Seats that the listing does not have, or that were named twice."""


class SeatNotForSale(ItemsRefused, code="seat_not_for_sale", status=409):
    """Seats of a listing that cannot be sold now; each sentence says what the seat is, since when."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__([ErrorDetail(sentence, "seats") for sentence in sentences])


class ListingNotForSale(DomainError, code="listing_not_for_sale", attr="listing"):
    """The listing as a whole is not on sale; the sentence says what it is, since when."""


class SplitNotAllowed(DomainError, code="split_not_allowed"):
    """The split rule does not allow that quantity or those seats; the sentence says which quantities are possible."""


class SaleTimeRefused(DomainError, code="sale_time_refused", status=400, attr="sold_at"):
    """No seat can have been sold at that time."""


class SeatsNotReturnable(DomainError, code="seats_not_returnable", attr="return_seats"):
    """Seats of a void sale cannot go back on sale: their event has begun, is cancelled or at another venue."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The seats cannot go back on sale: the event {reason}. You can void the sale without returning them."
        )


class SeatsNotHeld(DomainError, code="seats_not_held"):
    """Nothing is held, because seats of one listing or more cannot be; `refusals` has the reason by listing."""

    def __init__(self, refusals: Mapping[UUID, DomainError]) -> None:
        details = [
            replace(detail, code=detail.code or refusal.code)
            for refusal in refusals.values()
            for detail in refusal.details
        ]
        super().__init__(details[0].detail)
        self.details = tuple(details)
        self.refusals = refusals


class HoldEnded(DomainError, code="hold_ended"):
    """The seats are no longer held; the sentence says since when and why."""

    def __init__(self, *, outcome: str, at: datetime, reason: str) -> None:
        why = f" {reason}" if reason else ""
        super().__init__(f"The hold has ended: {outcome.lower()} at {at.isoformat(timespec='seconds')}.{why}")


class HoldTooLong(DomainError, code="hold_too_long"):
    """A hold cannot be extended beyond its longest time."""

    def __init__(self, *, latest: datetime) -> None:
        super().__init__(f"The seats can be held until {latest.isoformat(timespec='seconds')} at the latest.")
