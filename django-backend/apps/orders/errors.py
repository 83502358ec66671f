"""What can go wrong with sales."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from apps.common.errors import DomainError, ErrorDetail
from apps.common.text import seats_named

MARKETPLACES: Final = "/api/v1/marketplaces/"
STAFF_SALES: Final = "/api/v1/staff/sales/"


class MarketplaceUnknown(DomainError):
    """No sale can be recorded for that marketplace."""

    code = "marketplace_unknown"
    status = 400

    def __init__(self, code: str, *, inactive: bool) -> None:
        reason = "is not active" if inactive else "is not known"
        sentence = f"The marketplace {code} {reason}. Look the code up: GET {MARKETPLACES}"
        super().__init__(sentence, attr="marketplace")


class ListingUnknown(DomainError):
    """There is no such listing."""

    code = "does_not_exist"
    status = 400

    def __init__(self) -> None:
        super().__init__("There is no such listing.", attr="listing")


class SeatAlreadySold(DomainError):
    """A seat has a sale that is not void; the database allows one."""

    code = "seat_already_sold"

    def __init__(self) -> None:
        super().__init__("A seat has a sale that is not void.", attr="seats")


class SaleRecordedAlready(DomainError):
    """Seats of the listing were sold under this invoice before; `fact` says which, and when they were sold."""

    code = "sale_recorded_already"

    def __init__(self, *, invoice: str, sold_at: datetime, seats: Sequence[str]) -> None:
        when = sold_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        self.fact = f"{invoice} was recorded already: {seats_named(seats)} of this listing, sold on {when} UTC."
        how = "If this is another sale under the same invoice, send allow_duplicate_invoice: true."
        super().__init__(f"{self.fact} {how}", attr="invoice_number")


class SaleUnknown(DomainError):
    """There is no such sale."""

    code = "does_not_exist"
    status = 400

    def __init__(self, sale_id: UUID) -> None:
        super().__init__(f"There is no sale {sale_id}.", attr="ids")


class VoidReasonMissing(DomainError):
    """A sale is not voided without a reason."""

    code = "required"
    status = 400

    def __init__(self) -> None:
        super().__init__("Say why you void the sale.", attr="reason")


class _SalesRefused(DomainError):
    """Sales that cannot be changed, each with the time since when."""

    fact: str

    def __init__(self, since: Mapping[UUID, datetime]) -> None:
        first, *rest = (
            ErrorDetail(f"The sale {sale_id} {self.fact} {at.isoformat(timespec='seconds')}.", "ids")
            for sale_id, at in since.items()
        )
        super().__init__(first.detail, attr=first.attr, more=rest)


class SaleVoid(_SalesRefused):
    """A void sale stays as it is."""

    code = "sale_void"
    fact = "has been void since"


class SaleDelivered(_SalesRefused):
    """A ticket is delivered once."""

    code = "sale_delivered"
    fact = "was delivered at"


class EventMoveRefused(DomainError):
    """The status of the event does not allow the move, or the event is there already."""

    code = "event_move_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="status")


class EventNoteMissing(DomainError):
    """Holders read the reason, so there must be one."""

    code = "required"
    status = 400

    def __init__(self) -> None:
        super().__init__("Say why: the holders read it.", attr="note")


class EventStartRefused(DomainError):
    """The new start is in the past."""

    code = "event_start_refused"
    status = 400

    def __init__(self) -> None:
        super().__init__("The new start must be in the future.", attr="starts_at")


class VenueUnknown(DomainError):
    """There is no such venue."""

    code = "does_not_exist"
    status = 400

    def __init__(self) -> None:
        super().__init__("There is no such venue.", attr="venue")


class EventStartTooFar(DomainError):
    """The start is absurdly late: payouts are due days after it, which need a date."""

    code = "event_start_refused"
    status = 400

    def __init__(self, *, before_year: int) -> None:
        super().__init__(f"The new start must be before the year {before_year}.", attr="starts_at")


class FeedDecisionRefused(DomainError):
    """A difference between the feed and an event cannot be decided like this; the sentence says what is possible."""

    code = "feed_decision_refused"
