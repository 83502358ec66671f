"""What can go wrong when seats are sold, or come back."""

from collections.abc import Mapping, Sequence

from apps.common.errors import DomainError, ErrorDetail


class SeatNotInListing(DomainError, code="seat_not_in_listing", status=400):
    """Seats that the listing does not have, or that were named twice."""

    def __init__(self, sentences: Mapping[int, str]) -> None:
        details = [ErrorDetail(sentence, f"seats.{index}") for index, sentence in sentences.items()]
        super().__init__(details[0].detail, attr=details[0].attr, more=details[1:])


class SeatNotForSale(DomainError, code="seat_not_for_sale"):
    """Seats of a listing that cannot be sold now; each sentence says what the seat is, since when."""

    def __init__(self, sentences: Sequence[str]) -> None:
        details = [ErrorDetail(sentence, "seats") for sentence in sentences]
        super().__init__(details[0].detail, attr=details[0].attr, more=details[1:])


class ListingNotForSale(DomainError, code="listing_not_for_sale", attr="listing"):
    """The listing as a whole is not on sale; the sentence says what it is, since when."""


class SplitNotAllowed(DomainError, code="split_not_allowed"):
    """The listing is not divided like that; the sentence says which quantities are possible."""


class SaleTimeRefused(DomainError, code="sale_time_refused", status=400, attr="sold_at"):
    """No seat can have been sold at that time."""


class SeatsNotReturnable(DomainError, code="seats_not_returnable"):
    """Seats of a void sale cannot go back on sale: their event has begun, is cancelled or at another venue."""

    def __init__(self, reason: str) -> None:
        sentence = (
            f"The seats cannot go back on sale: the event {reason}. You can void the sale without returning them."
        )
        super().__init__(sentence, attr="return_seats")
