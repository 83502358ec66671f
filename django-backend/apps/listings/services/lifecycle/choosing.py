"""Which seats of a locked listing a buyer gets: those named, or the best ones for a quantity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.common.errors import ErrorDetail
from apps.common.text import normalise_printed
from apps.listings.enums import SELLABLE_LISTING_STATUSES, ListingStatus, TicketStatus
from apps.listings.errors.sales import (
    ListingNotForSale,
    SaleTimeRefused,
    SeatNotForSale,
    SeatNotInListing,
    SplitNotAllowed,
)
from apps.listings.models import Listing, Ticket
from apps.listings.rules.seat_sales import (
    chosen_positions,
    listing_refusal,
    sale_over_reason,
    sale_time_problem,
    seat_refusal,
    split_refusal,
)
from apps.listings.rules.split_rules import SplitRule


@dataclass(frozen=True)
class SeatRequest:
    """Seats of one listing: those named as printed, or a quantity of neighbours to choose.

    Raises:
        ValueError: not exactly one of `seats` and `quantity`, or it asks for no seat.
    """

    listing_id: UUID
    seats: Sequence[str] | None = None
    quantity: int | None = None

    def __post_init__(self) -> None:
        if (self.seats is None) == (self.quantity is None) or not (self.seats or self.quantity):
            raise ValueError("name seats, or a quantity")


def seats_for_sale(
    request: SeatRequest,
    listing: Listing,
    tickets: Sequence[Ticket],
    *,
    now: datetime,
    sold_at: datetime,
    late: bool = False,
    ignore_split_rule: bool = False,
) -> list[Ticket]:
    """Return the seats of a locked listing that a request gets; `tickets` are all of its seats, locked.

    `late` means that seats are sold which the timer has withdrawn since.

    Raises:
        DomainError: they cannot be sold; see `listing_seats_sell`.
    """
    wanted = _named(tickets, request.seats) if request.seats is not None else None
    _require_for_sale(listing, tickets[0].event, wanted, late=late, now=now)
    require_time(tickets[0], sold_at, now=now)
    status = TicketStatus.WITHDRAWN if late else TicketStatus.AVAILABLE
    pool = [ticket for ticket in tickets if ticket.status == status]
    if wanted is None:
        return _chosen(listing, pool, request.quantity or 0, ignore_split_rule=ignore_split_rule)
    require_seats(wanted, status, now)
    if not ignore_split_rule:
        _require_split(listing, pool, wanted)
    return wanted


def _named(tickets: Iterable[Ticket], seats: Sequence[str]) -> list[Ticket]:
    known = {ticket.seat: ticket for ticket in tickets}
    wanted, problems = list[Ticket](), list[ErrorDetail]()
    for index, seat in enumerate(map(normalise_printed, seats)):
        if seat not in known:
            problems.append(ErrorDetail(f"Seat {seat} is not in the listing.", f"seats.{index}"))
        elif known[seat] in wanted:
            problems.append(ErrorDetail(f"Seat {seat} is named twice.", f"seats.{index}"))
        else:
            wanted.append(known[seat])
    if problems:
        raise SeatNotInListing(problems)
    return sorted(wanted, key=lambda ticket: ticket.position)


def _require_for_sale(
    listing: Listing, event: Event, wanted: Sequence[Ticket] | None, *, late: bool, now: datetime
) -> None:
    if event.status == EventStatus.CANCELLED:
        raise ListingNotForSale("The listing is not for sale: the event is cancelled.")
    if late or listing.status in SELLABLE_LISTING_STATUSES:
        return
    if listing.status == ListingStatus.SOLD and wanted:  # the loser of a race for a seat gets an error that names it
        require_seats([ticket for ticket in wanted if ticket.status == TicketStatus.SOLD], None, now)
    raise ListingNotForSale(
        listing_refusal(label=listing.get_status_display(), since=listing.status_changed_at, now=now)
    )


def require_time(ticket: Ticket, sold_at: datetime, *, now: datetime) -> None:
    """Raise SaleTimeRefused unless a seat, read by `tickets_locked`, can have been sold at the time `sold_at`."""
    event, listed_at = ticket.event, ticket.listed_at  # type: ignore[attr-defined]  # annotated
    if problem := sale_time_problem(sold_at=sold_at, listed_at=listed_at, now=now):
        raise SaleTimeRefused(problem)
    if sale_over_reason(status=event.status, starts_at=event.starts_at, at=sold_at):
        start = event.starts_at.isoformat(timespec="seconds")
        raise SaleTimeRefused(f"The event began at {start}; seats can only be sold before that.")


def require_seats(tickets: Iterable[Ticket], status: TicketStatus | None, now: datetime) -> None:
    """Raise SeatNotForSale, which says of each seat what it is and since when, unless all have the status."""
    sentences = [
        seat_refusal(
            place=f"Section {ticket.section}, row {ticket.row}, seat {ticket.seat}",
            status=ticket.status,
            since=ticket.status_changed_at,
            now=now,
        )
        for ticket in tickets
        if ticket.status != status
    ]
    if sentences:
        raise SeatNotForSale(sentences)


def seat_names(tickets: Sequence[Ticket]) -> str:
    """Return seats as the history names them: `seat 1`, `seats 1, 2`."""
    return f"seat{'s' if len(tickets) > 1 else ''} {', '.join(ticket.seat for ticket in tickets)}"


def _chosen(listing: Listing, pool: Sequence[Ticket], quantity: int, *, ignore_split_rule: bool) -> list[Ticket]:
    rule = SplitRule.ANY if ignore_split_rule else SplitRule(listing.split_rule)
    chosen = chosen_positions(quantity=quantity, rule=rule, **_split_values(listing, pool))
    if isinstance(chosen, str):
        raise SplitNotAllowed(chosen, attr="quantity")
    return [ticket for ticket in pool if ticket.position in chosen]


def _require_split(listing: Listing, pool: Sequence[Ticket], wanted: Sequence[Ticket]) -> None:
    positions, rule = [ticket.position for ticket in wanted], SplitRule(listing.split_rule)
    if refusal := split_refusal(wanted=positions, rule=rule, **_split_values(listing, pool)):
        raise SplitNotAllowed(refusal, attr="seats")


def _split_values(listing: Listing, pool: Sequence[Ticket]) -> dict[str, Any]:
    return {
        "positions": [ticket.position for ticket in pool],
        "custom": listing.custom_quantities,
        "general_admission": any(ticket.general_admission_block for ticket in pool),
    }
