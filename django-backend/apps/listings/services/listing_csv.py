"""Lists the rows of an uploaded CSV: all of them or none, or a dry run that tells what would become of each.

Locks are taken in the order of every way of listing: the holder's blocks, then events, each in id order, then seats as
`listings_insert` orders them. A dry run asks the same questions without locks and writes nothing. Eight queries,
six in a dry run, besides those of the transaction, whatever the number of rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.acts import ChangeSource
from apps.common.database import read_only
from apps.common.errors import ErrorDetail
from apps.common.text import seats_named
from apps.holders.api import RateKey, Split, commission_rates_for, commission_split
from apps.holders.models import TicketHolder
from apps.listings.enums import SeasonTicketStatus
from apps.listings.errors.listings import EventElsewhere, ListingCsvRefused, elsewhere_text
from apps.listings.errors.season_tickets import SeasonTicketNotVerified
from apps.listings.locks import home_games_of_teams_shared, season_tickets_of_holder_locked
from apps.listings.models import SeasonTicket
from apps.listings.rules.csv_match import Block, Blocks, Fixture, Fixtures
from apps.listings.rules.csv_seats import chosen_seats
from apps.listings.rules.csv_table import csv_rows
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.listing_csv import (
    COLUMNS,
    NEEDED_COLUMNS,
    CellProblem,
    ListingRow,
    listing_row,
    terms_cell,
)
from apps.listings.rules.spreadsheets import DayOrder
from apps.listings.rules.terms import ListingTerms, offer_problems
from apps.listings.selectors.listing_csv import PhysicalSeat, fixture_names_of, seats_taken_of, seats_withheld_of
from apps.listings.services.lifecycle.bulk_write import NewListing, listings_insert
from apps.listings.services.new_listings import block_or_none, is_seat_taken, new_listing
from apps.listings.services.news import listings_created_tell
from apps.users.models import User

MAX_PROBLEMS_TOLD: Final = 200
MAX_SEATS: Final = 20_000


@dataclass
class RowOutcome:
    """What became of one row, known by its first line in the file: the listing it makes, or its problems."""

    line: int
    problems: list[CellProblem] = field(default_factory=list)
    listing: NewListing | None = None
    event_label: str = ""
    split: Split | None = None


@dataclass(frozen=True)
class CsvOutcome:
    """What became of a file; after a dry run the listings exist nowhere."""

    dry_run: bool
    rows: Sequence[RowOutcome]

    @property
    def error_count(self) -> int:
        """How many problems the rows have."""
        return sum(len(row.problems) for row in self.rows)


def listings_from_csv(*, holder: TicketHolder, content: bytes, dry_run: bool, actor: User, now: datetime) -> CsvOutcome:
    """List every row of a CSV file for the holder, or tell what is wrong with each.

    `actor` is the holder's user, or a member of staff who uploads for the holder.

    Raises:
        ListingCsvUnreadable: the file is no CSV with the columns of listings.
        ListingCsvRefused: rows that cannot be listed, each with line and column; nothing was written. Never in a dry
            run, which returns them.
    """
    outcomes = {row.line: row for row in csv_rows(content, columns=COLUMNS, needed=NEEDED_COLUMNS)}
    parsed = {line: listing_row(row) for line, row in outcomes.items()}
    rows = [RowOutcome(line, problems=wish if isinstance(wish, list) else []) for line, wish in parsed.items()]
    wishes = {line: wish for line, wish in parsed.items() if isinstance(wish, ListingRow)}
    try:
        with read_only() if dry_run else transaction.atomic():
            _plan(_Offers(holder, now, dry_run=dry_run), rows, wishes)
            _refuse_taken(rows)
            if not dry_run:
                _refuse(rows)
                listings = [row.listing for row in rows if row.listing]
                source = ChangeSource.CSV
                listings_insert(
                    listings=listings, currency=settings.CURRENCY, actor_id=actor.id, source=source, now=now
                )
                listings_created_tell(listings=listings, now=now)
    except IntegrityError as error:
        # The race: somebody else listed a seat between the question and the insert.
        if not is_seat_taken(error):
            raise
        _refuse_taken(rows)
        _refuse(rows)
        raise ListingCsvRefused([ErrorDetail("A seat was listed elsewhere meanwhile. Try again.", "file")]) from error
    return CsvOutcome(dry_run, rows)


class _Offers:
    """Everything that the rows of a file are checked against, read at once, and locked unless it is a dry run."""

    def __init__(self, holder: TicketHolder, now: datetime, *, dry_run: bool) -> None:
        self.now = now
        self.dry_run = dry_run
        blocks = season_tickets_of_holder_locked(holder.id, dry_run=dry_run)
        self.season_tickets = {block.id: block for block in blocks}
        self.blocks = Blocks(_block(season_ticket) for season_ticket in self.season_tickets.values())
        keys = {RateKey(holder.id, season_ticket.team_id, None) for season_ticket in self.season_tickets.values()}
        rates = commission_rates_for(keys=keys, on=now.astimezone(UTC).date())
        self.rates = {key.team_id: rate.rate_bps for key, rate in rates.items()}

    def read_games(self, block_ids: Iterable[UUID]) -> None:
        """Read the home games of blocks, with what is withheld from them."""
        teams: dict[tuple[UUID, UUID | None], list[UUID]] = {}
        for block in dict.fromkeys(block_ids):
            season_ticket = self.season_tickets[block]
            teams.setdefault((season_ticket.season_id, season_ticket.team_id), []).append(block)
        games = home_games_of_teams_shared(list(teams), dry_run=self.dry_run)
        names = fixture_names_of(event_ids=[game.id for game in games])
        fixtures = [Fixture(game, *names[game.id]) for game in games]
        self.fixtures = Fixtures(fixtures, of=lambda game: teams[game.season_id, game.home_team_id])
        self.withheld = seats_withheld_of(season_ticket_ids=list(self.season_tickets) if teams else [])

    def offer(
        self,
        wish: ListingRow,
        block: Block,
        fixture: Fixture | CellProblem,
        terms: ListingTerms | CellProblem,
        outcome: RowOutcome,
    ) -> None:
        """Put the listing of a row into its outcome, or what is wrong with it."""
        if block.status != SeasonTicketStatus.VERIFIED:
            sentence = str(SeasonTicketNotVerified(SeasonTicketStatus(block.status).label.lower()))
            outcome.problems.append(CellProblem(SeasonTicketNotVerified.code, sentence, "season_ticket"))
            return
        if isinstance(fixture, CellProblem):
            outcome.problems.append(fixture)
            return
        outcome.event_label = fixture.label
        if reason := fixture.game.closed(self.now):
            sentence = f"Seats can only be listed for a future event as scheduled: this one {reason}."
            outcome.problems.append(CellProblem("event_not_open", sentence, "event" if wish.event else "date"))
            return
        if isinstance(terms, CellProblem):
            outcome.problems.append(terms)
            return
        season_ticket = block_or_none(self.season_tickets[block.id], fixture.game)
        if season_ticket is None:
            outcome.problems.append(CellProblem(EventElsewhere.code, elsewhere_text(fixture.game.venue), "event"))
            return
        positions = self._positions(wish, season_ticket, fixture.game, outcome)
        if not outcome.problems:
            self._price(wish.price_cents, terms, season_ticket, fixture.game, positions, outcome)

    def _positions(self, wish: ListingRow, block: SeasonTicket, game: HomeGame, outcome: RowOutcome) -> dict[str, int]:
        withheld = self.withheld.get((block.id, game.id), frozenset())
        places = {seat: position for position, seat in enumerate(block.seats)}
        if wish.seats is None:  # all means all that the holder does not keep
            free = {seat: position for seat, position in places.items() if seat not in withheld}
            if not free:
                outcome.problems.append(CellProblem("seat_withheld", "All seats are withheld for own use.", "seats"))
            return free
        seats, problems = chosen_seats(wish.seats, block.seats)
        outcome.problems += [CellProblem("seat_not_in_block", sentence, "seats") for sentence in problems]
        if kept := [seat for seat in seats if seat in withheld]:
            sentence = f"Withheld for own use: {seats_named(kept)}. Release first to list."
            outcome.problems.append(CellProblem("seat_withheld", sentence, "seats"))
        return {seat: places[seat] for seat in sorted(seats, key=places.__getitem__)} if not problems else {}

    def _price(
        self,
        price_cents: int,
        terms: ListingTerms,
        season_ticket: SeasonTicket,
        game: HomeGame,
        positions: Mapping[str, int],
        outcome: RowOutcome,
    ) -> None:
        rate_bps = self.rates[season_ticket.team_id]
        problems = offer_problems(
            terms,
            positions=positions.values(),
            general_admission=season_ticket.general_admission_block is not None,
            price_cents=price_cents,
            event_date=game.local_date,
            rate_bps=rate_bps,
        )
        if problems:
            outcome.problems += [terms_cell(problem.detail, problem.attr) for problem in problems]
            return
        outcome.listing = new_listing(
            season_ticket=season_ticket,
            game=game,
            positions=positions,
            price_cents=price_cents,
            terms=terms,
            rate_bps=rate_bps,
            now=self.now,
        )
        outcome.split = commission_split(price_cents=outcome.listing.price_cents, rate_bps=rate_bps)


def _plan(offers: _Offers, rows: Sequence[RowOutcome], wishes: Mapping[int, ListingRow]) -> None:
    found: dict[int, Block] = {}
    for row in rows:
        if row.line in wishes:
            block = offers.blocks.find(wishes[row.line])
            if isinstance(block, CellProblem):
                row.problems.append(block)
            else:
                found[row.line] = block
    offers.read_games(block.id for block in found.values())
    fixtures = {line: offers.fixtures.find(wishes[line], block) for line, block in found.items()}
    order = _day_order(wishes, fixtures)
    for row in rows:
        if row.line in found:
            wish, block = wishes[row.line], found[row.line]
            offers.offer(wish, block, fixtures[row.line], wish.terms_in(order), row)


def _day_order(wishes: Mapping[int, ListingRow], fixtures: Mapping[int, Fixture | CellProblem]) -> DayOrder | None:
    """Return which of day and month comes first in the file, None when its events do not tell or tell both.

    A spreadsheet writes all dates in one form, and the id of an event says which day its date is.
    """
    orders = {
        on.order_if(fixture.game.local_date)
        for line, fixture in fixtures.items()
        if isinstance(fixture, Fixture) and wishes[line].event and (on := wishes[line].on)
    } & {DayOrder.MONTH, DayOrder.DAY}
    return orders.pop() if len(orders) == 1 else None


def _block(season_ticket: SeasonTicket) -> Block:
    names = {"team": season_ticket.team.name, "season": season_ticket.season.name}
    names |= {"section": season_ticket.section, "row": season_ticket.row}
    return Block(
        season_ticket.id, names, season_ticket.seats, season_ticket.status, by_id_only=bool(season_ticket.event_id)
    )


def _refuse_taken(rows: Sequence[RowOutcome]) -> None:
    """Name the seats that two rows ask for, or that are active already; one query."""
    wanted: dict[PhysicalSeat, list[RowOutcome]] = {}
    for row in rows:
        for seat in _seats_of(row):
            wanted.setdefault(seat, []).append(row)
    if len(wanted) > MAX_SEATS:
        problem = ErrorDetail(f"The file lists {len(wanted)} seats; at most {MAX_SEATS} can be listed at once.", "file")
        raise ListingCsvRefused([problem])
    taken = seats_taken_of(seats=list(wanted))
    for row in rows:
        seats = _seats_of(row)
        if active := [seat.seat for seat in seats if seat in taken]:
            sentence = f"Already listed for this event: {seats_named(active)}."
            row.problems.append(CellProblem("seat_already_listed", sentence, "seats"))
        twins: dict[int, list[str]] = {}
        for seat in seats:
            # One other row is enough: thousands that ask for one seat would else be told of each other.
            if other := next((other for other in wanted[seat][:2] if other is not row), None):
                twins.setdefault(other.line, []).append(seat.seat)
        row.problems += [
            CellProblem("named_twice", f"Named in line {line} too: {seats_named(names)}.", "seats")
            for line, names in twins.items()
        ]


def _seats_of(row: RowOutcome) -> list[PhysicalSeat]:
    new = row.listing
    if new is None:
        return []
    place = (new.event_id, new.section, new.row)
    return [PhysicalSeat(*place, seat, new.general_admission_block) for _, seat, _ in new.tickets]


def _refuse(rows: Sequence[RowOutcome]) -> None:
    problems = [
        ErrorDetail(problem.detail, f"rows.{row.line}{f'.{problem.column}' if problem.column else ''}", problem.code)
        for row in rows
        for problem in row.problems
    ]
    told = problems[:MAX_PROBLEMS_TOLD]
    if more := len(problems) - len(told):
        told.append(ErrorDetail(f"{more} more problems are not told here: a dry run tells all.", "file"))
    if told:
        raise ListingCsvRefused(told)
