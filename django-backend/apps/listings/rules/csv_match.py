"""Which block and which home game a row of an upload means: values in, values or a problem out."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from apps.catalog.rules.team_names import is_called
from apps.common.text import folded, normalise_printed
from apps.listings.enums import SeasonTicketStatus
from apps.listings.rules.csv_seats import chosen_seats
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.listing_csv import CellProblem, ListingRow
from apps.listings.rules.spreadsheets import spreadsheet_made


@dataclass(frozen=True)
class Block:
    """A season ticket as an upload names it, with its names as printed."""

    id: UUID
    names: Mapping[str, str]
    seats: Sequence[str]
    status: str
    by_id_only: bool = False  # good for one game elsewhere, where its names may be those of another block

    @cached_property
    def comparables(self) -> Mapping[str, str]:
        """Its names in the forms that are compared."""
        return {column: comparable(column, text) for column, text in self.names.items()}


@dataclass(frozen=True)
class Fixture:
    """A home game as an upload names it."""

    game: HomeGame
    label: str
    away_team: str
    away_abbreviation: str
    away_city: str


class Blocks:
    """The season tickets of a holder, found by id or by names."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = list(blocks)
        self._by_id = {block.id: block for block in self._blocks}
        self._found: dict[tuple[object, ...], tuple[list[Block], str | None]] = {}

    def find(self, row: ListingRow) -> Block | CellProblem:
        """Return the one block that a row means. Everything it names must agree, so that no edit goes unread.

        What only a spreadsheet changed agrees too: `117` is section `0117` where there is no 117.
        """
        blocks, excluded_by = self._agreeing(row)
        if excluded_by == "season_ticket":
            return CellProblem("does_not_exist", "The holder has no such season ticket.", "season_ticket")
        if excluded_by:
            place = f"{excluded_by} {row.place[excluded_by][:50]}"
            return CellProblem("does_not_exist", f"The season ticket is not of {place}.", excluded_by)
        if len(blocks) > 1:
            verified = [block for block in blocks if block.status == SeasonTicketStatus.VERIFIED]
            blocks = [block for block in verified or blocks if not chosen_seats(row.seats or (), block.seats)[1]]
        if len(blocks) != 1:
            return CellProblem("ambiguous", "The holder has several of these: name one by id.", "season_ticket")
        return blocks[0]

    def _agreeing(self, row: ListingRow) -> tuple[list[Block], str | None]:
        """Return the blocks that agree with the row, or the first column that leaves none; asked once of each name."""
        key = (row.season_ticket, *row.place.items())
        if key not in self._found:
            blocks = [block for block in self._blocks if not block.by_id_only]
            if row.season_ticket:
                blocks = [self._by_id[row.season_ticket]] if row.season_ticket in self._by_id else []
            column = None if blocks else "season_ticket"
            for name, text in row.place.items():
                if blocks:
                    wanted = comparable(name, text)
                    blocks = [block for block in blocks if block.comparables[name] == wanted] or [
                        block for block in blocks if spreadsheet_made(text, of=block.names[name])
                    ]
                    column = None if blocks else name
            self._found[key] = blocks, column
        return self._found[key]


class Fixtures:
    """The home games of blocks, found by id or by date and opponent."""

    def __init__(self, fixtures: Iterable[Fixture], *, of: Callable[[HomeGame], Collection[UUID]]) -> None:
        """Take games; `of` tells the blocks that a game is a home game of."""
        self._by_id: dict[UUID, dict[UUID, Fixture]] = {}
        self._by_date: dict[tuple[UUID, str], list[Fixture]] = {}
        for fixture in fixtures:
            day = fixture.game.local_date
            for block in of(fixture.game):
                self._by_id.setdefault(block, {})[fixture.game.id] = fixture
                if day:
                    self._by_date.setdefault((block, day.isoformat()), []).append(fixture)

    def find(self, row: ListingRow, block: Block) -> Fixture | CellProblem:
        """Return the one home game of the block that a row means; everything it names must agree."""
        if row.event:
            fixture = self._by_id.get(block.id, {}).get(row.event)
            if fixture is None:
                return CellProblem("does_not_exist", "This is not a home game of the season ticket.", "event")
            if row.on and fixture.game.local_date not in row.on.readings.values():
                told = fixture.game.local_date or "to be decided"
                return CellProblem("invalid", f"The cell has {row.on.text}. The date of this event is {told}.", "date")
            games = [fixture]
        else:
            day = row.on.meant().isoformat() if row.on else ""
            games = self._by_date.get((block.id, day), [])
            if not games:
                return CellProblem("does_not_exist", f"The season ticket has no home game on {day}.", "date")
        meant = [game for game in games if not row.opponent or _is_opponent(row.opponent, game)]
        if not meant:
            expected = " or ".join(dict.fromkeys(game.away_team or game.label for game in games))
            sentence = f"{row.opponent[:50]} is not the opponent, {expected} is."
            return CellProblem("does_not_exist", sentence, "opponent")
        games = meant
        if len(games) > 1:
            ids = "; ".join(f"{game.label} is {game.game.id}" for game in games)
            return CellProblem(
                "ambiguous",
                f"There are several home games on {games[0].game.local_date}: name one by its id. {ids}.",
                "event",
            )
        return games[0]


def comparable(column: str, text: str) -> str:
    """Return a name of a block in the form in which it is compared: as printed, or folded."""
    return normalise_printed(text) if column in {"section", "row"} else folded(text)


def _is_opponent(text: str, fixture: Fixture) -> bool:
    name = fixture.away_team or fixture.label
    return spreadsheet_made(text, of=name) or is_called(
        text, name=name, city=fixture.away_city, abbreviation=fixture.away_abbreviation
    )
