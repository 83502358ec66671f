"""Which block and which home game a row of an upload means: values in, values or a problem out."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from apps.catalog.rules.team_names import is_called
from apps.common.errors import ErrorDetail
from apps.common.text import folded, normalise_printed
from apps.listing_files.rules.listing_rows import ListingRow
from apps.listing_files.rules.seat_cells import chosen_seats
from apps.listing_files.rules.spreadsheets import spreadsheet_made
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.rules.home_games import HomeGame


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
        """Its names as they are compared."""
        return {column: comparable(column, text) for column, text in self.names.items()}


class Blocks:
    """The season tickets of a holder, found by id or by names."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = list(blocks)
        self._by_id = {block.id: block for block in self._blocks}
        self._found: dict[tuple[object, ...], tuple[list[Block], str | None]] = {}

    def find(self, row: ListingRow) -> Block | ErrorDetail:
        """Return the one block that a row means. Everything it names must agree, so that no edit goes unread.

        What only a spreadsheet changed agrees too: `117` is section `0117` where there is no 117.
        """
        blocks, excluded_by = self._agreeing(row)
        if excluded_by == "season_ticket":
            return ErrorDetail("The holder has no such season ticket.", "season_ticket", "does_not_exist")
        if excluded_by:
            place = f"{excluded_by} {row.place[excluded_by][:50]}"
            return ErrorDetail(f"The season ticket does not match {place}.", excluded_by, "does_not_exist")
        if len(blocks) > 1:
            verified = [block for block in blocks if block.status == SeasonTicketStatus.VERIFIED]
            blocks = [block for block in verified or blocks if not chosen_seats(row.seats or (), block.seats)[1]]
        if len(blocks) != 1:
            return ErrorDetail("The holder has several of these: name one by id.", "season_ticket", "ambiguous")
        return blocks[0]

    def _agreeing(self, row: ListingRow) -> tuple[list[Block], str | None]:
        """Return the blocks that agree with the row, or the first column that excludes all; cached for each name."""
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

    def __init__(self, games: Iterable[HomeGame], *, of: Callable[[HomeGame], Collection[UUID]]) -> None:
        """Index games; `of` returns the blocks that a game is a home game of."""
        self._by_id: dict[UUID, dict[UUID, HomeGame]] = {}
        self._by_date: dict[tuple[UUID, str], list[HomeGame]] = {}
        for game in games:
            day = game.local_date
            for block in of(game):
                self._by_id.setdefault(block, {})[game.id] = game
                if day:
                    self._by_date.setdefault((block, day.isoformat()), []).append(game)

    def find(self, row: ListingRow, block_id: UUID) -> HomeGame | ErrorDetail:
        """Return the one home game of the block that a row means; everything it names must agree."""
        if row.event:
            game = self._by_id.get(block_id, {}).get(row.event)
            if game is None:
                return ErrorDetail("This is not a home game of the season ticket.", "event", "does_not_exist")
            if row.on and game.local_date not in row.on.readings.values():
                known = game.local_date or "to be decided"
                return ErrorDetail(f"The cell has {row.on.text}. The date of this event is {known}.", "date", "invalid")
            games = [game]
        else:
            day = row.on.meant().isoformat() if row.on else ""
            games = self._by_date.get((block_id, day), [])
            if not games:
                return ErrorDetail(f"The season ticket has no home game on {day}.", "date", "does_not_exist")
        meant = [game for game in games if not row.opponent or _is_opponent(row.opponent, game)]
        if not meant:
            expected = " or ".join(dict.fromkeys(game.away_team or game.label for game in games))
            sentence = f"{row.opponent[:50]} is not the opponent, {expected} is."
            return ErrorDetail(sentence, "opponent", "does_not_exist")
        games = meant
        if len(games) > 1:
            ids = "; ".join(f"{game.label} is {game.id}" for game in games)
            sentence = f"There are several home games on {games[0].local_date}: name one by its id. {ids}."
            return ErrorDetail(sentence, "event", "ambiguous")
        return games[0]


def comparable(column: str, text: str) -> str:
    """Return a name of a block as it is compared: as printed, or folded."""
    return normalise_printed(text) if column in {"section", "row"} else folded(text)


def _is_opponent(text: str, game: HomeGame) -> bool:
    name = game.away_team or game.label
    return spreadsheet_made(text, of=name) or is_called(
        text, name=name, city=game.away_city, abbreviation=game.away_abbreviation
    )
