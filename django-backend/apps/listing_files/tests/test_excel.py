"""A download through Excel and back: what Excel changes by itself, in the formats of several countries."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.catalog.models import Event
from apps.catalog.testing.factories import TeamFactory
from apps.common.acts import Act, ChangeSource
from apps.common.csv_downloads import BYTE_ORDER_MARK
from apps.common.testing.clients import api_of
from apps.common.testing.downloads import downloaded
from apps.holders.testing.factories import TicketHolderFactory
from apps.listing_files.services.upload import listings_from_csv
from apps.listing_files.tests.test_views import send
from apps.listings.enums import TicketStatus
from apps.listings.models import Listing, Ticket
from apps.season_tickets.enums import SeatNumbering
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db
URL = "/api/v1/listings/csv/"
MAY, OCTOBER = datetime(2040, 5, 12, 20, tzinfo=UTC), datetime(2040, 10, 9, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Excel:
    """Excel in one country: how it shows dates, and what it writes between cells and before cents."""

    day: Callable[[date], str]
    day_and_month: str
    month_first: bool = False
    delimiter: str = ","
    point: str = "."

    def saved(self, text: str) -> str:
        """Return the file after Excel opened it, with all columns wide enough, and saved it as CSV UTF-8."""
        rows = csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""))
        file = io.StringIO(newline="")
        csv.writer(file, delimiter=self.delimiter).writerows([[self.cell(cell) for cell in row] for row in rows])
        return BYTE_ORDER_MARK + file.getvalue()

    def cell(self, text: str) -> str:
        """Return a cell as it is shown and saved."""
        if found := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text):
            return self.day(date(*map(int, found.groups())))
        if found := re.fullmatch(r"(\d{1,2})[-/](\d{1,2})", text):
            month, day = map(int, found.groups() if self.month_first else reversed(found.groups()))
            if month <= 12 and day <= 31:
                return date(2026, month, day).strftime(self.day_and_month)
        if found := re.fullmatch(r"(\d{1,2}):(\d{1,2}\.\d+)", text):  # minutes and seconds, shown with tenths
            return f"{int(found[1]):02}:{Decimal(found[2]):04.1f}"
        if re.fullmatch(r"\d+(\.\d+)?(E\d+)?", text):
            number = Decimal(text).normalize()
            shown = f"{number:.5E}" if number >= 10**11 else f"{number:f}"
            return shown.replace(".", self.point)
        return text.upper() if text.lower() in {"true", "false"} else text


COUNTRIES = {
    "US": Excel(lambda day: f"{day.month}/{day.day}/{day.year}", "%-d-%b", month_first=True),
    "GB": Excel(lambda day: f"{day:%d/%m/%Y}", "%d-%b"),
    "DE": Excel(lambda day: f"{day:%d.%m.%Y}", "%d. %b", delimiter=";", point=","),
    "CA": Excel(lambda day: day.isoformat(), "%d-%b"),
    "NL": Excel(lambda day: f"{day.day}-{day.month}-{day.year}", "%-d-%b", delimiter=";", point=","),
}


def block_of(**fields: Any) -> SeasonTicket:
    return SeasonTicketFactory(team__name="Montréal Canadiens", season__name="2010-11", **fields)


def table(text: str) -> list[dict[str, str]]:
    read_only = {"id", "created_at"}
    return sorted(
        ({name: row[name] for name in row.keys() - read_only} for row in csv.DictReader(io.StringIO(text, newline=""))),
        key=str,
    )


def round_trip(block: SeasonTicket, excel: Excel) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the rows of a download, and those of a second download after the first was uploaded again."""
    client = api_of(block.holder.user)
    before = downloaded(client.get(URL))
    Ticket.objects.update(status=TicketStatus.WITHDRAWN)
    file = excel.saved(before)
    answer = send(client, file)
    assert answer.status_code == 201, answer.json()
    Listing.objects.filter(tickets__status=TicketStatus.WITHDRAWN).update(holder=TicketHolderFactory())
    return table(before), table(downloaded(client.get(URL)))


@pytest.mark.parametrize("country", COUNTRIES)
class TestRoundTrip:
    def test_gives_the_same_listings(self, country: str) -> None:
        block = block_of(section="0117", row="1-2", last_seat=6)
        games = [home_game(block, starts_at=day, away_team=TeamFactory(league=block.season.league, name=name))
                 for day, name in ((MAY, "Québec Nordiques"), (OCTOBER, "Boston Bruins"))]  # fmt: skip
        columns = "event,seats,price,floor,floor_basis,price_steps,split_rule,custom_quantities,in_hand_date,notes"
        lines = (
            f"{games[0].id},1-2,1100.50,800,net,14:0.2500,,,2040-05-01,0117",
            f"{games[0].id},3,99,,,90:0.1|3:0.25,,,2040-05-11,3-4",
            f"{games[1].id},1|3,10.1,,,,,,2040-10-09,true",
            f'{games[1].id},4-5,1000000.00,,,,custom,2,2040-02-03,"two\n=lines, Ö"',
        )
        text = f"season_ticket,{columns}\n" + "".join(f"{block.id},{line}\n" for line in lines)
        answer = send(api_of(block.holder.user), text)
        assert answer.status_code == 201, answer.json()
        before, after = round_trip(block, COUNTRIES[country])
        assert after == before
        assert len(after) == len(lines)

    def test_gives_the_same_seats_with_any_names(self, country: str) -> None:
        names = ["01", "02", "1-2", "1E5", "MAR 1", "123456789012", "A"]
        block = block_of(numbering=SeatNumbering.LISTED, listed_seats=names, last_seat=len(names), section="1E5")
        for name in names:
            game = home_game(block)
            answer = send(
                api_of(block.holder.user), f"season_ticket,event,seats,price\n{block.id},{game.id},{name}|,9\n"
            )
            assert answer.status_code == 201, answer.json()
        before, after = round_trip(block, COUNTRIES[country])
        assert after == before
        assert set(Ticket.objects.values_list("seat", flat=True)) == set(names)


class TestUpload:
    @pytest.fixture
    def block(self) -> SeasonTicket:
        return block_of(section="0117", row="1-2")

    @pytest.fixture
    def game(self, block: SeasonTicket) -> Event:
        return home_game(block, starts_at=MAY)

    def problems(self, block: SeasonTicket, text: str) -> list[tuple[str | None, str]]:
        outcome = listings_from_csv(
            holder=block.holder,
            content=text.encode(),
            dry_run=True,
            act=Act(block.holder.user.id, ChangeSource.CSV, timezone.now()),
        )
        return [(problem.attr, problem.detail) for row in outcome.rows for problem in row.problems]

    def of_cells(self, block: SeasonTicket, **cells: str) -> list[tuple[str | None, str]]:
        named = {"season_ticket": str(block.id), "seats": "1", "price": "9"} | cells
        file = io.StringIO()
        csv.writer(file).writerows([named, named.values()])
        return self.problems(block, file.getvalue())

    @pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;", "sep=,;;", BYTE_ORDER_MARK + "sep=;"])
    def test_says_what_separates_its_cells(self, block: SeasonTicket, game: Event, first: str) -> None:
        text = f"{first}\r\nseason_ticket;event;price\r\n{block.id};{game.id};1100,5\r\n"
        assert self.problems(block, text) == []
        outcome = listings_from_csv(
            holder=block.holder,
            content=text.encode(),
            dry_run=False,
            act=Act(block.holder.user.id, ChangeSource.CSV, timezone.now()),
        )
        assert [row.line for row in outcome.rows] == [3]
        assert Listing.objects.get().price_cents == 110_050

    @pytest.mark.parametrize(("cell", "expected"), [("1.100,50", "1100.50"), ("1,100", "1100.00"), ("1,5,0", "100.00")])
    def test_money_is_not_guessed(self, block: SeasonTicket, game: Event, cell: str, expected: str) -> None:
        [(column, detail)] = self.problems(block, f"season_ticket;event;price\n{block.id};{game.id};{cell}\n")
        assert column == "price"
        assert f"The cell has {cell}. Write" in detail
        assert expected in detail

    @pytest.mark.parametrize("cell", ["5/12/2040", "12/05/2040", "12.05.2040", "12-May-40", "5/12/40", "2040/5/12"])
    def test_date_is_the_event_s(self, block: SeasonTicket, game: Event, cell: str) -> None:
        assert self.of_cells(block, event=str(game.id), date=cell) == []

    @pytest.mark.parametrize("cell", ["5/13/2040", "2040-12-06", "12-Jun-2040"])
    def test_date_of_another_day_is_an_edit(self, block: SeasonTicket, game: Event, cell: str) -> None:
        sentence = f"The cell has {cell}. The date of this event is 2040-05-12."
        assert self.of_cells(block, event=str(game.id), date=cell) == [("date", sentence)]

    @pytest.mark.parametrize("cell", ["5/12/2040", "12/5/2040", "05.12.40", "12-05-2040"])
    def test_date_without_event_must_have_one_meaning(self, block: SeasonTicket, game: Event, cell: str) -> None:
        """With any games: the holder may mean one that is not in the catalogue yet."""
        sentence = f"{cell} may be 2040-05-12 or 2040-12-05. Write the date that is meant, as 2040-05-12."
        assert self.of_cells(block, date=cell) == [("date", sentence)]
        assert self.of_cells(block, date="12-May-2040") == []

    def test_date_without_event_may_have_one_meaning(self, block: SeasonTicket) -> None:
        home_game(block, starts_at=datetime(2040, 12, 31, 20, tzinfo=UTC))
        for cell in ("12/31/2040", "31/12/2040", "31.12.2040", "31-Dec-40"):
            assert self.of_cells(block, date=cell) == [], cell

    def test_in_hand_date_is_read_in_the_order_of_the_file(self, block: SeasonTicket, game: Event) -> None:
        """5/12 is 12 May by its event, so 3/4 is 4 March; without such a date, or with two orders, it is refused."""
        other = home_game(block, starts_at=datetime(2040, 6, 7, 20, tzinfo=UTC))
        columns = "season_ticket,event,date,seats,price,in_hand_date\n"

        def file(*dates: str) -> str:
            rows = zip((game.id, other.id), dates, strict=False)
            return columns + "".join(f"{block.id},{event},{day},1,9,3/4/2040\n" for event, day in rows)

        sentence = "3/4/2040 may be 2040-03-04 or 2040-04-03. Write the date that is meant, as 2040-03-04."
        assert self.problems(block, file("5/12/2040", "6/7/2040")) == []
        assert self.problems(block, file("", "6/7/2040")) == []
        assert self.problems(block, file("", "")) == [("in_hand_date", sentence)] * 2
        assert self.problems(block, file("2040-05-12", "")) == [("in_hand_date", sentence)] * 2
        assert self.problems(block, file("5/12/2040", "7/6/2040")) == [("in_hand_date", sentence)] * 2
        made = file("12/5/2040").encode()
        listings_from_csv(
            holder=block.holder,
            content=made,
            dry_run=False,
            act=Act(block.holder.user.id, ChangeSource.CSV, timezone.now()),
        )
        assert Listing.objects.get().in_hand_date == date(2040, 4, 3)

    def test_names_that_only_excel_changed_agree(self, block: SeasonTicket, game: Event) -> None:
        changed = {"team": "MontrÃ©al Canadiens", "season": "Nov-10", "section": "117", "row": "2-Jan"}
        assert self.of_cells(block, event=str(game.id), **changed) == []
        assert self.of_cells(block, event=str(game.id), section="########", date="########", opponent="#N/A") == []
        for column, cell in {"section": "118", "row": "3-Jan", "season": "Nov-11", "team": "Boston Bruins"}.items():
            sentence = f"The season ticket does not match {column} {cell}."
            assert self.of_cells(block, event=str(game.id), **{column: cell}) == [(column, sentence)]

    def test_names_without_an_id_are_those_as_printed_first(self, block: SeasonTicket, game: Event) -> None:
        named = {"season_ticket": "", "team": "Montreal Canadiens", "season": "2010-11", "row": "2-Jan"}
        assert self.of_cells(block, event=str(game.id), section="117", **named) == []
        printed = SeasonTicketFactory(
            holder=block.holder,
            team=block.team,
            season=block.season,
            section="117",
            row="1-2",
            first_seat=9,
            last_seat=9,
        )
        outcome = listings_from_csv(
            holder=block.holder,
            content=f"team,season,section,row,event,price\nMontreal Canadiens,2010-11,117,1-2,{game.id},9\n".encode(),
            dry_run=True, act=Act(block.holder.user.id, ChangeSource.CSV, timezone.now()),
        )  # fmt: skip
        assert outcome.rows[0].listing is not None
        assert outcome.rows[0].listing.block.id == printed.id

    @pytest.mark.parametrize("cell", ["4-Jan", "Jan-04", "01-Apr", "1/4/2026"])
    def test_seats_that_became_a_date_are_the_range(self, block: SeasonTicket, game: Event, cell: str) -> None:
        send(api_of(block.holder.user), f"season_ticket,event,seats,price\n{block.id},{game.id},{cell},9\n")
        assert sorted(Ticket.objects.values_list("seat", flat=True)) == ["1", "2", "3", "4"]

    @pytest.mark.parametrize(
        ("column", "cell", "sentence"),
        [
            ("seats", "5-Jan", "5-JAN is a date, which a spreadsheet may have made of 1-4. Write 1 to 4."),
            ("price_steps", "14:00.1", "The cell has 14:00.1. Mark-downs are written as days"),
            ("price_steps", "30:00.3", "The cell has 30:00.3. Mark-downs are written"),
            ("price_steps", "12:14:00 AM", "The cell has 12:14:00 AM. Mark-downs are written"),
            ("price", "#VALUE!", "The cell has #VALUE!. The spreadsheet could not show what it had"),
            ("notes", "########", "The cell has ########. The spreadsheet could not show what it had"),
            ("in_hand_date", "46519", "The cell has 46519. A date is written as 2027-09-30."),
            ("split_rule", "FALSE", "The cell has FALSE. It is one of any,"),
            ("custom_quantities", "2-Apr", "The cell has 2-Apr. Quantities are written as 2|4."),
        ],
    )  # fmt: skip
    def test_what_cannot_be_understood_is_reported(
        self, block: SeasonTicket, game: Event, column: str, cell: str, sentence: str
    ) -> None:
        [(where, detail)] = self.of_cells(block, event=str(game.id), **{column: cell})[:1]
        assert (where, detail[: len(sentence)]) == (column, sentence)
