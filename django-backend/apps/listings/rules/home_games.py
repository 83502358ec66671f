"""Whether a home game is open, its seats, and when its payouts are due: values in, values out."""

from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from apps.catalog.enums import EventStatus
from apps.catalog.rules.starts import has_begun
from apps.holders.rules import Payable
from apps.listings.enums import ClosedReason, TicketStatus
from apps.listings.rules.price_plans import EventClock
from apps.season_tickets.rules.home_games import HomeGame


def closed_reason(game: HomeGame, *, now: datetime) -> ClosedReason | None:
    """Return why no seat can be listed for the game at `now`, None if it is open."""
    if game.status != EventStatus.SCHEDULED:
        return ClosedReason.CANCELLED if game.status == EventStatus.CANCELLED else ClosedReason.POSTPONED
    return ClosedReason.BEGUN if has_begun(status=game.status, starts_at=game.starts_at, at=now) else None


class ActiveSeat(NamedTuple):
    """A seat that is on offer or sold; `own` means through the block in question."""

    seat: str
    status: str
    listing_id: str
    listing_status: str
    own: bool


def game_seats(*, block: Sequence[str], active: Iterable[ActiveSeat], withheld: Set[str]) -> dict[str, list[Any]]:
    """Return the seats of a block at a game, each in exactly one of five lists, in the order of the block.

    On offer or sold takes precedence over withheld. A seat that is active through another block, sold or not,
    is listed elsewhere: the holder cannot list it. `listed` has an entry for each listing.
    """
    found = {ticket.seat: ticket for ticket in active}
    seats: dict[str, list[Any]] = {name: [] for name in ("free", "withheld", "listed", "sold", "listed_elsewhere")}
    listings: dict[str, list[str]] = {}
    for seat in block:
        ticket = found.get(seat)
        if ticket is None:
            seats["withheld" if seat in withheld else "free"].append(seat)
        elif not ticket.own:
            seats["listed_elsewhere"].append(seat)
        elif ticket.status == TicketStatus.SOLD.value:
            seats["sold"].append(seat)
        else:
            if ticket.listing_id not in listings:
                names = listings[ticket.listing_id] = list[str]()
                seats["listed"].append({"listing": ticket.listing_id, "status": ticket.listing_status, "seats": names})
            listings[ticket.listing_id].append(seat)
    return seats


def game_clock(game: Any, zone: tzinfo) -> EventClock | None:
    """Return the calendar by which prices of a game, or event, are marked down; None without a date to count from."""
    if game.date_tbd or game.status != EventStatus.SCHEDULED:
        return None
    return EventClock(game.starts_at, zone)


def payable(*, status: str, event_date: date | None, days_after_event: int) -> Payable:
    """Return the date at which the payout of a seat at an event is due, or why there is none.

    `event_date` is the date at the venue, None while it is to be decided.
    """
    if status == EventStatus.CANCELLED:
        return Payable(None, "The event is cancelled: buyers are refunded, nothing is paid out.")
    if status == EventStatus.POSTPONED:
        return Payable(None, "The event is postponed: held until rescheduled.")
    if event_date is None:
        return Payable(None, "The date of the event is to be decided: held until it is known.")
    due = event_date + timedelta(days=days_after_event)
    days = "1 day" if days_after_event == 1 else f"{days_after_event} days"
    return Payable(due, f"{days} after the event of {event_date.isoformat()}.")
