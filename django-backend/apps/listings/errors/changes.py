"""What can go wrong when a listing changes."""

from datetime import datetime

from apps.common.errors import DomainError


class ListingMoveRefused(DomainError, code="listing_move_refused", attr="status"):
    """The listing is not in a status from which the move leads anywhere."""


class MoveReasonMissing(
    DomainError, code="required", status=400, says="Say why: the other side reads it.", attr="reason"
):
    """The other side reads why, so there must be a reason."""


class ListingNotOpen(DomainError, code="listing_not_open", attr="status"):
    """Price and terms of a listing change while it is open only."""


class SeatHeld(DomainError, code="seat_held"):
    """A buyer is about to buy seats of the listing."""

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"Cannot approve delisting: a seat is held for a buyer until {until.isoformat(timespec='seconds')}. Use "
            "“Delist when released” to take the other seats off sale now and the listing when the hold ends.",
            attr="status",
        )


class RateOutOfRange(
    DomainError, code="rate_out_of_range", status=400, says="A rate is at least 0 and below 1.", attr="rate"
):
    """A commission rate below nothing, or of the whole price and more."""
