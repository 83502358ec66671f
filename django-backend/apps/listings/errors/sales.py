"""What can go wrong when seats are held or sold, or come back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.common.errors import DomainError, ErrorDetail, ItemsRefused


class SeatNotInListing(ItemsRefused):
    """Seats that the listing does not have, or that were named twice."""

    code = "seat_not_in_listing"


class SeatNotForSale(ItemsRefused):
    """Seats of a listing that cannot be sold now; each sentence says what the seat is, since when."""

    code = "seat_not_for_sale"
    status = 409

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__([ErrorDetail(sentence, "seats") for sentence in sentences])


class ListingNotForSale(DomainError):
    """The listing as a whole is not on sale; the sentence says what it is, since when."""

    code = "listing_not_for_sale"
    attr = "listing"


class SplitNotAllowed(DomainError):
    """The listing is not divided like that; the sentence says which quantities are possible."""

    code = "split_not_allowed"


class SaleTimeRefused(DomainError):
    """No seat can have been sold at that time."""

    code = "sale_time_refused"
    status = 400
    attr = "sold_at"


class SeatsNotReturnable(DomainError):
    """Seats of a void sale cannot go back on sale: their event has begun, is cancelled or at another venue."""

    code = "seats_not_returnable"
    attr = "return_seats"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The seats cannot go back on sale: the event {reason}. You can void the sale without returning them."
        )


class SeatsNotHeld(DomainError):
    """Nothing is held, because seats of one listing or more cannot be; `refusals` has the reason by listing."""

    code = "seats_not_held"

    def __init__(self, refusals: Mapping[UUID, DomainError]) -> None:
        details = [
            replace(detail, code=detail.code or refusal.code)
            for refusal in refusals.values()
            for detail in refusal.details
        ]
        super().__init__(details[0].detail)
        self.details = tuple(details)
        self.refusals = refusals


class HoldEnded(DomainError):
    """The seats are no longer held; the sentence says since when and why."""

    code = "hold_ended"

    def __init__(self, *, outcome: str, at: datetime, reason: str) -> None:
        why = f" {reason}" if reason else ""
        super().__init__(f"The hold has ended: {outcome.lower()} at {at.isoformat(timespec='seconds')}.{why}")


class HoldTooLong(DomainError):
    """A hold has an absolute end."""

    code = "hold_too_long"

    def __init__(self, *, latest: datetime) -> None:
        super().__init__(f"The seats can be held until {latest.isoformat(timespec='seconds')} at the latest.")
