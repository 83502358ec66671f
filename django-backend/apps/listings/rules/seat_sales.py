"""What may be sold of a listing, and the sentences that say why something may not."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import Final

from apps.catalog.enums import EventStatus
from apps.catalog.rules.starts import has_begun
from apps.common.time import before_request
from apps.listings.enums import ClosedReason, ListingMove, ListingStatus, TicketStatus
from apps.listings.rules.seat_choice import choose_seats, seat_runs
from apps.listings.rules.split_rules import SplitRule, allowed_quantities, allowed_quantities_of_runs

_UNSOLD: Final = frozenset({TicketStatus.AVAILABLE.value, TicketStatus.HELD.value})


def sale_over_reason(*, status: str, starts_at: datetime, at: datetime) -> ClosedReason | None:
    """Return why no seat of an event can be sold at the time `at`, None if seats can be sold."""
    if status == EventStatus.CANCELLED:
        return ClosedReason.CANCELLED
    return ClosedReason.BEGUN if has_begun(status=status, starts_at=starts_at, at=at) else None


def move_after(*, status: str, seats: AbstractSet[str], over: ClosedReason | None) -> ListingMove | None:
    """Return what a listing does once its seats have the statuses `seats`; None: it stays as it is.

    `over` says why no seat of its event is sold any more.
    """
    match status:
        case ListingStatus.LISTED | ListingStatus.DELISTING_REQUESTED:
            return None if seats & _UNSOLD else ListingMove.SELL_OUT
        case ListingStatus.DELISTING if TicketStatus.HELD not in seats:
            return ListingMove.SELL_OUT if seats == {TicketStatus.SOLD} else ListingMove.FINISH_DELISTING
        case ListingStatus.EXPIRED if seats == {TicketStatus.SOLD}:
            return ListingMove.SELL_LATE
        case ListingStatus.SOLD if TicketStatus.AVAILABLE in seats:
            return ListingMove.RETURN_SEATS
        case ListingStatus.SOLD if TicketStatus.SOLD not in seats:
            return ListingMove.LAPSE if over is ClosedReason.BEGUN else ListingMove.TAKE_BACK
    return None


def sale_time_problem(*, sold_at: datetime, listed_at: datetime, now: datetime) -> str | None:
    """Return why no seat of a listing made at `listed_at` can have been sold at `sold_at`, None if one can."""
    if sold_at > now:
        return "A sale cannot be in the future."
    if sold_at < listed_at:
        return f"The seats were not listed then: the listing was made at {_text(listed_at)}."
    return None


def chosen_positions(
    *, positions: Sequence[int], quantity: int, rule: SplitRule, custom: Collection[int], general_admission: bool
) -> tuple[int, ...] | str:
    """Return the positions to sell for a quantity, or why there are none."""
    chosen = choose_seats(
        positions=positions, quantity=quantity, rule=rule, custom=custom, general_admission=general_admission
    )
    if chosen is not None:
        return chosen
    return f"A quantity of {quantity} cannot be sold. " + _possible(positions, rule, custom, general_admission)


def split_refusal(
    *,
    positions: Sequence[int],
    wanted: Sequence[int],
    rule: SplitRule,
    custom: Collection[int],
    general_admission: bool,
) -> str | None:
    """Return why `wanted` cannot be taken out of `positions`, which include it; None if it can.

    The seats are neighbours, the rule allows their number on the run they come from, and what remains on either side
    is a remainder that the rule allows for a purchase of this number: no single seat is left in the middle.
    """
    run = next(run for run in seat_runs(positions, general_admission=general_admission) if wanted[0] in run)
    quantity, possible = len(wanted), _possible(positions, rule, custom, general_admission)
    beside: tuple[int, ...] = ()
    if not general_admission:
        if list(wanted) != list(range(wanted[0], wanted[0] + quantity)):
            return f"The seats are not neighbours. {possible}"
        beside = run.index(wanted[0]), run[-1] - wanted[-1]
    if quantity not in allowed_quantities(rule=rule, available=len(run), custom=custom):
        return f"A quantity of {quantity} cannot be sold from these {len(run)} seats. {possible}"
    for remainder in beside:
        if quantity not in allowed_quantities(rule=rule, available=remainder + quantity, custom=custom):
            left = "a single seat" if remainder == 1 else f"{remainder} seats"
            return f"That would leave {left}, which the split rule forbids. {possible}"
    return None


def seat_refusal(*, place: str, status: str, since: datetime, now: datetime) -> str:
    """Return the sentence for a seat that cannot be sold: what it is, since when, how long before the request."""
    if status == TicketStatus.SOLD:
        return f"{place} was sold {before_request(since, now)}, at {_text(since)}."
    label = TicketStatus(status).label.lower()
    return f"{place} is not for sale: {label} since {_text(since)}, {before_request(since, now)}."


def listing_refusal(*, label: str, since: datetime, now: datetime) -> str:
    """Return the sentence for a listing that is not on sale; `label` names its status."""
    return f"The listing is not for sale: {label.lower()} since {_text(since)}, {before_request(since, now)}."


@lru_cache(maxsize=4096)  # pages ask for the same few blocks again and again
def quantities_for_sale(
    *, positions: tuple[int, ...], rule: str, custom: tuple[int, ...], general_admission: bool
) -> tuple[int, ...]:
    """Return how many seats may be bought at once of those at `positions`, which are available."""
    runs = [len(run) for run in seat_runs(positions, general_admission=general_admission)]
    return allowed_quantities_of_runs(rule=SplitRule(rule), runs=runs, custom=custom)


def _possible(positions: Sequence[int], rule: SplitRule, custom: Collection[int], general_admission: bool) -> str:
    quantities = quantities_for_sale(
        positions=tuple(positions), rule=rule, custom=tuple(custom), general_admission=general_admission
    )
    if not quantities:
        return "No seat is available."
    return f"Possible quantities: {', '.join(map(str, quantities))}."


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def status_refusal(*, verb: str, status: str, since: datetime) -> str:
    """Return why a move is refused (`verb` names it): the listing has another status, and since when."""
    label = ListingStatus(status).label.lower()
    return f"Cannot {verb}: the listing has been {label} since {since.isoformat(timespec='seconds')}."
