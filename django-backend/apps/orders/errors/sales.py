"""What can go wrong with sales."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from apps.common.errors import DomainError, ErrorDetail
from apps.common.text import seats_named

MARKETPLACES: Final = "/api/v1/marketplaces/"
STAFF_SALES: Final = "/api/v1/staff/sales/"


class MarketplaceUnknown(DomainError, code="marketplace_unknown", status=400):
    """No sale can be recorded for that marketplace."""

    def __init__(self, code: str, reason: str = "is not known.", *, near: str | None = None) -> None:
        hint = f"Did you mean '{near}'?" if near else f"Look up the code: GET {MARKETPLACES}"
        super().__init__(f"The marketplace {code} {reason} {hint}", attr="marketplace")


class ListingUnknown(DomainError, code="does_not_exist", status=400, says="There is no such listing.", attr="listing"):
    """There is no such listing."""


class SeatAlreadySold(DomainError, code="seat_already_sold", says="A seat has a sale that is not void.", attr="seats"):
    """A seat has a sale that is not void; the database allows one."""


class SaleRecordedAlready(DomainError, code="sale_recorded_already"):
    """Seats of the listing were sold under this invoice before; `fact` says which, and when they were sold."""

    def __init__(self, *, invoice: str, sold_at: datetime, seats: Sequence[str]) -> None:
        when = sold_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        self.fact = f"{invoice} was recorded already: {seats_named(seats)} of this listing, sold on {when} UTC."
        how = "If this is another sale under the same invoice, send allow_duplicate_invoice: true."
        super().__init__(f"{self.fact} {how}", attr="invoice_number")


class SaleUnknown(DomainError, code="does_not_exist", status=400):
    """There is no such sale."""

    def __init__(self, sale_id: UUID) -> None:
        super().__init__(f"There is no sale {sale_id}.", attr="ids")


class VoidReasonMissing(DomainError, code="required", status=400, says="Say why you void the sale.", attr="reason"):
    """A sale is not voided without a reason."""


class _SalesRefused(DomainError):
    """Sales that cannot be changed, each with the time since when."""

    fact: str

    def __init__(self, since: Mapping[UUID, datetime]) -> None:
        first, *rest = (
            ErrorDetail(f"The sale {sale_id} {self.fact} {at.isoformat(timespec='seconds')}.", "ids")
            for sale_id, at in since.items()
        )
        super().__init__(first.detail, attr=first.attr, more=rest)


class SaleVoid(_SalesRefused, code="sale_void"):
    """A void sale stays as it is."""

    fact = "has been void since"


class SaleDelivered(_SalesRefused, code="sale_delivered"):
    """A ticket is delivered once."""

    fact = "was delivered at"


class EventMoveRefused(DomainError, code="event_move_refused", attr="status"):
    """The status of the event does not allow the move, or the event is there already."""


class EventNoteMissing(
    DomainError, code="required", status=400, says="Say why: holders and buyers read it.", attr="note"
):
    """Holders and buyers read the reason, so there must be one."""


class EventStartRefused(
    DomainError, code="event_start_refused", status=400, says="The new start must be in the future.", attr="starts_at"
):
    """The new start is in the past."""


class VenueUnknown(DomainError, code="does_not_exist", status=400, says="There is no such venue.", attr="venue"):
    """There is no such venue."""


class EventStartTooFar(DomainError, code="event_start_refused", status=400):
    """The start is absurdly late: payouts are due days after it, which need a date."""

    def __init__(self, *, before_year: int) -> None:
        super().__init__(f"The new start must be before the year {before_year}.", attr="starts_at")
