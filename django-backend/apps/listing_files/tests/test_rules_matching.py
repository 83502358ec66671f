"""Which block and which game a row of an upload means, as pure functions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from apps.common.errors import ErrorDetail
from apps.listing_files.rules.listing_rows import ListingRow
from apps.listing_files.rules.matching import Block, Blocks, Fixtures
from apps.listing_files.rules.spreadsheets import read_date
from apps.listings.rules.terms import NO_TERMS
from apps.season_tickets.rules.home_games import HomeGame

IDS = [UUID(int=number) for number in range(1, 9)]
EAGLES = {"team": "Philadelphia  EAGLES", "season": "NFL 2040", "section": " 101", "row": "a"}
NO_ROW = ListingRow(
    line=2, season_ticket=None, place={}, event=None, on=None, opponent="", seats=None, price_cents=1, terms=NO_TERMS
)


def row(*, on: str = "", **fields: Any) -> ListingRow:
    return replace(NO_ROW, on=read_date(on) if on else None, **fields)


def block(number: int, *seats: str, status: str = "verified", **names: str) -> Block:
    return Block(id=IDS[number], names=EAGLES | names, seats=seats or ("1", "2", "3", "4"), status=status)


def fixture(number: int, *, day: int = 9, hour: int = 17, away: str = "New York Jets", **game: Any) -> HomeGame:
    facts = {"season_id": IDS[7], "home_team_id": None, "date_tbd": False, "status": "scheduled"} | game
    starts_at = datetime(2040, 9, day, hour, tzinfo=UTC)
    names = {"away_team": away, "away_abbreviation": f"{away[:1]}YJ", "away_city": away.rpartition(" ")[0]}
    label = f"{away} at Philadelphia Eagles"
    return HomeGame(id=IDS[number], starts_at=starts_at, timezone="America/New_York", label=label, **names, **facts)


class TestBlocks:
    def test_are_found_by_id(self) -> None:
        blocks = Blocks([block(0), block(1, row="B")])
        assert blocks.find(row(season_ticket=IDS[1])) == block(1, row="B")

    def test_are_found_by_names_in_any_case_and_spacing(self) -> None:
        blocks = Blocks([block(0), block(1, row="B")])
        place = {"team": "philadelphia eagles", "season": "nfl  2040", "section": "101 ", "row": "b"}
        assert blocks.find(row(place=place)) == block(1, row="B")

    def test_are_found_by_teams_without_accents_and_by_sections_as_printed(self) -> None:
        """A spreadsheet's 117 is section 0117 where there is no 117."""
        printed = [block(0), block(1, section="10.1"), block(2, section="0117"), block(3, team="Montréal")]
        for wanted in printed[1:]:
            place = EAGLES | {"section": wanted.names["section"].lstrip("0"), "team": wanted.names["team"]}
            assert Blocks(printed).find(row(place=place | {"team": place["team"].replace("é", "e")})) == wanted
        assert Blocks([printed[1]]).find(row(place=EAGLES)) == ErrorDetail(
            "The season ticket does not match section  101.", "section", "does_not_exist"
        )

    def test_for_one_game_elsewhere_are_found_by_id_only(self) -> None:
        there = replace(block(1), by_id_only=True)
        blocks = Blocks([block(0), there])
        assert blocks.find(row(place=EAGLES)) == block(0)
        assert blocks.find(row(season_ticket=IDS[1])) == there

    def test_of_other_holders_are_not_found(self) -> None:
        found = Blocks([block(0)]).find(row(season_ticket=IDS[1]))
        assert found == ErrorDetail("The holder has no such season ticket.", "season_ticket", "does_not_exist")
        assert Blocks([]).find(row(place=EAGLES)) == found

    @pytest.mark.parametrize("season_ticket", [IDS[0], None])
    def test_must_agree_with_everything_that_is_named(self, season_ticket: UUID | None) -> None:
        """The first column that leaves none is named, its text cut."""
        blocks = Blocks([block(0), block(1, row="B")])
        wrong = row(season_ticket=season_ticket, place=EAGLES | {"section": "7" * 60, "row": "Z"})
        sentence = f"The season ticket does not match section {'7' * 50}."
        for _ in range(2):  # rows after the first get the cached answer
            assert blocks.find(wrong) == ErrorDetail(sentence, "section", "does_not_exist")

    def test_of_one_place_are_distinguished_by_their_seats(self) -> None:
        blocks = Blocks([block(0, "1", "2"), block(1, "3", "4")])
        assert blocks.find(row(place=EAGLES, seats=("3",))) == block(1, "3", "4")
        for seats in (None, ("2", "3")):
            found = blocks.find(row(place=EAGLES, seats=seats))
            assert isinstance(found, ErrorDetail)
            assert (found.code, found.attr) == ("ambiguous", "season_ticket")

    def test_of_one_place_that_are_verified_come_first(self) -> None:
        blocks = Blocks([block(0, status="pending"), block(1), block(2, status="ended")])
        assert blocks.find(row(place=EAGLES)) == block(1)
        pending = Blocks([block(0, "1", status="pending"), block(1, "2", status="pending")])
        assert pending.find(row(place=EAGLES, seats=("2",))) == block(1, "2", status="pending")

    def test_that_are_the_only_one_need_not_have_the_seats(self) -> None:
        """Which seats it lacks is said elsewhere, seat by seat."""
        assert Blocks([block(0, "1", "2")]).find(row(place=EAGLES, seats=("9",))) == block(0, "1", "2")


class TestFixtures:
    @pytest.fixture
    def fixtures(self) -> Fixtures:
        """Two games on the ninth, one on the 12th at the venue (the 13th in UTC), one undated, one of another block."""
        games = [
            fixture(0),
            fixture(1, hour=20, away="Dallas Cowboys"),
            fixture(2, day=13, hour=3),
            fixture(3, day=20, date_tbd=True),
            fixture(4, day=25),
        ]
        return Fixtures(games, of=lambda game: {IDS[7]} if game.id == IDS[4] else {IDS[6]})

    def find(self, fixtures: Fixtures, **fields: Any) -> UUID | tuple[str, str | None]:
        """Return the id of the game, or the code and the column of the problem."""
        found = fixtures.find(row(**fields), IDS[6])
        return (found.code, found.attr) if isinstance(found, ErrorDetail) else found.id

    @pytest.mark.parametrize("number", [0, 1, 2, 3])
    def test_are_found_by_id(self, fixtures: Fixtures, number: int) -> None:
        assert self.find(fixtures, event=IDS[number]) == IDS[number]

    def test_of_another_block_are_not_found(self, fixtures: Fixtures) -> None:
        assert self.find(fixtures, event=IDS[4]) == ("does_not_exist", "event")
        assert self.find(fixtures, on="2040-09-25") == ("does_not_exist", "date")
        assert isinstance(fixtures.find(row(event=IDS[0]), IDS[5]), ErrorDetail)

    def test_are_found_by_the_date_at_the_venue(self, fixtures: Fixtures) -> None:
        assert self.find(fixtures, on="2040-09-12") == IDS[2]
        assert self.find(fixtures, on="2040-09-13") == ("does_not_exist", "date")

    def test_without_a_date_are_not_found_by_one(self, fixtures: Fixtures) -> None:
        assert self.find(fixtures, on="2040-09-20") == ("does_not_exist", "date")

    @pytest.mark.parametrize("opponent", ["cowboys", " DALLAS  cowboys", "dyj"])
    def test_of_one_day_are_distinguished_by_the_opponent(self, fixtures: Fixtures, opponent: str) -> None:
        assert self.find(fixtures, on="2040-09-09") == ("ambiguous", "event")
        assert self.find(fixtures, on="2040-09-09", opponent=opponent) == IDS[1]

    def test_must_agree_with_everything_that_is_named(self, fixtures: Fixtures) -> None:
        assert self.find(fixtures, event=IDS[0], on="2040-09-09", opponent="jets") == IDS[0]
        assert self.find(fixtures, event=IDS[0], on="2040-09-10") == ("invalid", "date")
        assert self.find(fixtures, event=IDS[0], opponent="cowboys") == ("does_not_exist", "opponent")
        for opponent in ("cow", "eagles"):
            assert self.find(fixtures, on="2040-09-12", opponent=opponent) == ("does_not_exist", "opponent")

    def test_say_who_the_opponent_is(self, fixtures: Fixtures) -> None:
        found = fixtures.find(row(on="2040-09-09", opponent="x" * 60), IDS[6])
        sentence = f"{'x' * 50} is not the opponent, New York Jets or Dallas Cowboys is."
        assert found == ErrorDetail(sentence, "opponent", "does_not_exist")

    @pytest.mark.parametrize("opponent", ["NY", "NY Yéts", "New York YÃ©ts", "New York Y?ts"])
    def test_are_found_by_what_people_and_spreadsheets_make_of_the_opponent(self, opponent: str) -> None:
        fixtures = Fixtures([fixture(0, away="New York Yéts")], of=lambda game: {IDS[6]})
        assert self.find(fixtures, on="2040-09-09", opponent=opponent) == IDS[0]

    @pytest.mark.parametrize(("number", "shown"), [(0, "2040-09-09"), (3, "to be decided")])
    def test_say_their_own_date(self, fixtures: Fixtures, number: int, shown: str) -> None:
        found = fixtures.find(row(event=IDS[number], on="2040-01-01"), IDS[6])
        assert found == ErrorDetail(f"The cell has 2040-01-01. The date of this event is {shown}.", "date", "invalid")

    def test_without_an_opponent_are_found_by_their_name(self) -> None:
        show = fixture(0)._replace(label="All-Star Game", away_team="", away_abbreviation="", away_city="")
        fixtures = Fixtures([show], of=lambda game: {IDS[6]})
        assert self.find(fixtures, on="2040-09-09", opponent="all-star") == IDS[0]
        found = fixtures.find(row(on="2040-09-09", opponent="jets"), IDS[6])
        assert found == ErrorDetail("jets is not the opponent, All-Star Game is.", "opponent", "does_not_exist")
