"""What can go wrong when a listing changes."""

from datetime import datetime

from apps.common.errors import DomainError


class ListingMoveRefused(DomainError):
    """The listing is not in a status from which the move leads anywhere."""

    code = "listing_move_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="status")


class MoveReasonMissing(DomainError):
    """The other side reads why, so there must be a reason."""

    code = "required"
    status = 400

    def __init__(self) -> None:
        super().__init__("Say why: the other side reads it.", attr="reason")


class ListingNotOpen(DomainError):
    """Price and terms of a listing change while it is open only."""

    code = "listing_not_open"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="status")


class SeatHeld(DomainError):
    """A buyer is about to buy seats of the listing."""

    code = "seat_held"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"Cannot approve delisting: a seat is held for a buyer until {until.isoformat(timespec='seconds')}. Use "
            "“Delist when released” to take the other seats off sale now and the listing when the hold ends.",
            attr="status",
        )


class RateOutOfRange(DomainError):
    """A commission rate below nothing, or of the whole price and more."""

    code = "rate_out_of_range"
    status = 400

    def __init__(self) -> None:
        super().__init__("A rate is at least 0 and below 1.", attr="rate")
