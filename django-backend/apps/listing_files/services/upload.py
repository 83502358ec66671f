"""Lists the rows of an uploaded CSV: all of them or none, or a dry run that says what would become of each.

Locks are taken in the order of every way of listing: the holder's blocks, then events, each in id order, then seats as
`listings_insert` orders them. A dry run asks the same questions without locks and writes nothing. Six queries, four in
a dry run, besides those of the transaction, whatever the number of rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.common.acts import Act
from apps.common.database import read_only
from apps.common.errors import ErrorDetail
from apps.common.problems import ProblemCode
from apps.common.text import seats_named
from apps.holders.api import Split, commission_split
from apps.holders.models import TicketHolder
from apps.listing_files.errors import ListingCsvRefused
from apps.listing_files.rules.csv_table import csv_rows
from apps.listing_files.rules.listing_rows import COLUMNS, NEEDED_COLUMNS, ListingRow, cell_error, listing_row
from apps.listing_files.rules.matching import Block, Blocks, Fixtures
from apps.listing_files.rules.seat_cells import chosen_seats
from apps.listing_files.rules.spreadsheets import DayOrder
from apps.listings.api import (
    NO_TERMS,
    NewListing,
    Offer,
    OfferProblem,
    PhysicalSeat,
    active_once,
    listings_offer,
    offers_check,
    rates_of_teams,
    seats_active,
    taken_problem,
)
from apps.season_tickets.api import (
    HomeGame,
    SeasonTicketNotVerified,
    SeatBlock,
    home_games_shared,
    season_tickets_of_holder_locked,
)
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.models import SeasonTicket

MAX_SEATS: Final = 20_000
_SENTENCES: Final[Mapping[ProblemCode, str]] = {
    OfferProblem.SEAT_WITHHELD: "Withheld for own use: {seats}. To list withheld seats, release them first.",
    OfferProblem.SEAT_TAKEN: "Already listed for this event: {seats}.",
}


@dataclass
class RowOutcome:
    """What became of one row, known by its first line in the file: the listing it makes, or its problems."""

    line: int
    problems: list[ErrorDetail] = field(default_factory=list)
    listing: NewListing | None = None
    event_label: str = ""
    split: Split | None = None

    @property
    def seats(self) -> list[PhysicalSeat]:
        """The seats of the listing."""
        return self.listing.offer.physical_seats if self.listing else []


@dataclass(frozen=True)
class CsvOutcome:
    """What became of a file; after a dry run the listings are not in the database."""

    dry_run: bool
    rows: Sequence[RowOutcome]

    @property
    def error_count(self) -> int:
        """How many problems the rows have."""
        return sum(len(row.problems) for row in self.rows)


def listings_from_csv(*, holder: TicketHolder, content: bytes, dry_run: bool, act: Act) -> CsvOutcome:
    """List every row of a CSV file for the holder, or say what is wrong with each.

    The holder acts, or a member of staff who uploads for the holder.

    Raises:
        ListingCsvUnreadable: the file is no CSV with the columns of listings.
        ListingCsvRefused: rows that cannot be listed, each with line and column; nothing was written. Never in a dry
            run, which returns them.
    """
    parsed = {row.line: listing_row(row) for row in csv_rows(content, columns=COLUMNS, needed=NEEDED_COLUMNS)}
    rows = [RowOutcome(line, problems=read if isinstance(read, list) else []) for line, read in parsed.items()]
    requests = {line: read for line, read in parsed.items() if isinstance(read, ListingRow)}
    with read_only() if dry_run else active_once(lambda: _taken_meanwhile(rows)):
        _check(holder, rows, requests, dry_run=dry_run, now=act.at)
        _refuse_taken(rows)
        if not dry_run:
            if problems := _problems(rows):
                raise ListingCsvRefused(problems)
            listings_offer([row.listing for row in rows if row.listing], act)
    return CsvOutcome(dry_run, rows)


def _check(
    holder: TicketHolder,
    rows: Sequence[RowOutcome],
    requests: Mapping[int, ListingRow],
    *,
    dry_run: bool,
    now: datetime,
) -> None:
    """Give each row the listing that it makes, or what is wrong with it."""
    blocks = {block.id: block for block in season_tickets_of_holder_locked(holder.id, dry_run=dry_run)}
    rates = rates_of_teams((block.seat_block for block in blocks.values()), now=now)
    named, outcomes = Blocks(map(_block, blocks.values())), {row.line: row for row in rows}
    found: dict[int, SeasonTicket] = {}
    for line, request in requests.items():
        block = named.find(request)
        if isinstance(block, ErrorDetail):
            outcomes[line].problems.append(block)
        else:
            found[line] = blocks[block.id]
    used = list({block.id: block for block in found.values()}.values())
    by_team: dict[tuple[UUID, UUID | None], list[UUID]] = {}
    for season_ticket in used:
        by_team.setdefault((season_ticket.season_id, season_ticket.team_id), []).append(season_ticket.id)
    home_games = home_games_shared(used, dry_run=dry_run).values()
    fixtures = Fixtures(home_games, of=lambda game: by_team[game.season_id, game.home_team_id])
    games = {line: fixtures.find(requests[line], season_ticket.id) for line, season_ticket in found.items()}
    order = _day_order(requests, games)
    for line, season_ticket in found.items():
        row, game = outcomes[line], games[line]
        if season_ticket.status != SeasonTicketStatus.VERIFIED:
            refusal = SeasonTicketNotVerified(season_ticket.get_status_display().lower())
            row.problems.append(ErrorDetail(str(refusal), "season_ticket", refusal.code))
        elif isinstance(game, ErrorDetail):
            row.problems.append(game)
        else:
            row.event_label = game.label
            _offer(row, requests[line], season_ticket.seats_at(game), game, order=order, rates=rates, now=now)


def _offer(
    row: RowOutcome,
    request: ListingRow,
    block: SeatBlock | None,
    game: HomeGame,
    *,
    order: DayOrder | None,
    rates: Mapping[UUID, int],
    now: datetime,
) -> None:
    terms, seats, sentences = request.terms_in(order), request.seats, list[str]()
    if seats is not None and block:
        named, sentences = chosen_seats(seats, block.seats)
        seats = tuple(seat for seat in dict.fromkeys(named) if seat in block.seats)
    offer = Offer(game, block, seats, request.price_cents, NO_TERMS if isinstance(terms, ErrorDetail) else terms)
    [checked] = offers_check([offer], now=now, rates=rates)
    errors = [cell_error(problem.error(_SENTENCES)) for problem in checked.problems]

    def of(*codes: str) -> list[ErrorDetail]:
        return [error for error in errors if error.code in codes]

    # Only the first of these is reported: with another game or seats, the others may no longer be problems.
    row.problems += (
        [replace(error, attr="event" if request.event else "date") for error in of("event_not_open")]
        or ([terms] if isinstance(terms, ErrorDetail) else [])
        or of("other_venue")
        or [*(ErrorDetail(text, "seats", "seat_not_in_block") for text in sentences), *of("seat_withheld")]
        or of("terms_refused")
    )
    if checked.listing and block and not row.problems:
        row.listing = checked.listing
        price_cents = checked.listing.price.price_cents
        row.split = commission_split(price_cents=price_cents, rate_bps=rates[block.team_id])


def _day_order(requests: Mapping[int, ListingRow], games: Mapping[int, HomeGame | ErrorDetail]) -> DayOrder | None:
    """Return which of day and month comes first in the file, None if its events show neither or both.

    A spreadsheet writes all dates in one form, and the id of an event says which day its date is.
    """
    orders = {
        on.order_if(game.local_date)
        for line, game in games.items()
        if isinstance(game, HomeGame) and requests[line].event and (on := requests[line].on)
    } & {DayOrder.MONTH, DayOrder.DAY}
    return orders.pop() if len(orders) == 1 else None


def _block(season_ticket: SeasonTicket) -> Block:
    names = {"team": season_ticket.team.name, "season": season_ticket.season.name}
    names |= {"section": season_ticket.section, "row": season_ticket.row}
    return Block(
        season_ticket.id, names, season_ticket.seats, season_ticket.status, by_id_only=bool(season_ticket.event_id)
    )


def _refuse_taken(rows: Sequence[RowOutcome]) -> None:
    """Add a problem for seats that two rows list, or that are active already; one query."""
    wanted: dict[PhysicalSeat, list[RowOutcome]] = {}
    for row in rows:
        for seat in row.seats:
            wanted.setdefault(seat, []).append(row)
    if len(wanted) > MAX_SEATS:
        problem = ErrorDetail(f"The file lists {len(wanted)} seats; at most {MAX_SEATS} can be listed at once.", "file")
        raise ListingCsvRefused([problem])
    active = seats_active(list(wanted))
    for row in rows:
        if row.listing and (taken := [seat.seat for seat in row.seats if seat in active]):
            row.problems.append(taken_problem(row.listing.block, taken).error(_SENTENCES))
        twins: dict[int, list[str]] = {}
        for seat in row.seats:
            # One other row is enough: with thousands of rows for one seat, each would name all others.
            if other := next((other for other in wanted[seat][:2] if other is not row), None):
                twins.setdefault(other.line, []).append(seat.seat)
        row.problems += [
            ErrorDetail(f"Named in line {line} too: {seats_named(names)}.", "seats", "named_twice")
            for line, names in twins.items()
        ]


def _taken_meanwhile(rows: Sequence[RowOutcome]) -> ListingCsvRefused:
    _refuse_taken(rows)
    problems = _problems(rows) or [ErrorDetail("A seat was listed elsewhere meanwhile. Try again.", "file")]
    return ListingCsvRefused(problems)


def _problems(rows: Sequence[RowOutcome]) -> list[ErrorDetail]:
    return [
        replace(problem, attr=f"rows.{row.line}{f'.{problem.attr}' if problem.attr else ''}")
        for row in rows
        for problem in row.problems
    ]
