"""Listings in a message: game by game, with ranges, and who decided what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from apps.common.money import CENTS_PER_UNIT
from apps.listings.enums import ListingStatus

# What happened, in words; keys are the status before and after.
_OUTCOMES: Final = {
    (ListingStatus.PENDING, ListingStatus.LISTED): "approved",
    (ListingStatus.PENDING, ListingStatus.DECLINED): "declined",
    (ListingStatus.DELISTING_REQUESTED, ListingStatus.DELISTED): "delisting approved",
    (ListingStatus.DELISTING_REQUESTED, ListingStatus.DELISTING): "delisting approved (after the hold)",
    (ListingStatus.DELISTING, ListingStatus.DELISTED): "delisting approved",
    (ListingStatus.DELISTING_REQUESTED, ListingStatus.LISTED): "kept on sale",
}
DECIDED_WORDS: Final = frozenset(_OUTCOMES.values()) - {"declined"}


@dataclass(frozen=True)
class ShownListing:
    """One listing: seats in the order of the block, prices of one seat in cents, when (UTC) it got its status."""

    event_id: UUID
    event: str
    starts_at: datetime
    start: str
    section: str
    row: str
    seats: tuple[str, ...]
    price_cents: int
    payout_cents: int
    currency: str
    status: ListingStatus
    from_status: str
    changed_at: datetime
    changed_by: str
    source: str
    note: str
    unfit: str = ""  # why it cannot be approved now


@dataclass(frozen=True)
class Game:
    """One game with the listings at it."""

    event: str
    start: str
    listings: tuple[ShownListing, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of `count` listings, through whom and when (UTC)."""

    count: int
    words: str
    by: str
    source: str
    at: datetime
    note: str


def games_of(listings: Iterable[ShownListing]) -> list[Game]:
    """Return the listings game by game, first game first, by section and row within a game."""
    ordered = sorted(listings, key=lambda row: (row.starts_at, row.event_id, row.section, row.row, row.seats))
    return [
        Game(rows[0].event, rows[0].start, tuple(rows))
        for rows in (list(group) for _, group in groupby(ordered, key=lambda row: row.event_id))
    ]


def outcomes_of(listings: Iterable[ShownListing], *, waiting: ListingStatus) -> list[Outcome]:
    """Return what became of the listings that no longer wait, grouped by decision, earliest first."""
    groups: dict[tuple[str, str, str, datetime, str], int] = {}
    for row in listings:
        if row.status != waiting:
            words = _OUTCOMES.get((ListingStatus(row.from_status), row.status)) if row.from_status else None
            key = (words or f"now: {row.status.label.lower()}", row.changed_by, row.source, row.changed_at, row.note)
            groups[key] = groups.get(key, 0) + 1
    outcomes = [Outcome(count, words, by, source, at, note) for (words, by, source, at, note), count in groups.items()]
    return sorted(outcomes, key=lambda outcome: (outcome.at, outcome.words))


def range_text(cents: Sequence[int], currency: str) -> str:
    """Return the range of some amounts: `$90.00 to $120.00`, or one amount when all are equal."""
    low, high = money_text(min(cents), currency), money_text(max(cents), currency)
    return low if low == high else f"{low} to {high}"


def money_text(cents: int, currency: str) -> str:
    """Return an amount as people read it: `$1,080.00`, `1,080.00 EUR`."""
    whole, rest = divmod(cents, CENTS_PER_UNIT)
    amount = f"{whole:,}.{rest:02d}"
    return f"${amount}" if currency == "USD" else f"{amount} {currency}"
