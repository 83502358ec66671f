"""The parser of uploads, with unexpected files."""

import contextlib
import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.errors import ErrorDetail
from apps.listing_files.errors import ListingCsvUnreadable
from apps.listing_files.rules.csv_table import CsvRow, csv_rows
from apps.listing_files.rules.listing_rows import (
    COLUMNS,
    DOWNLOAD_COLUMNS,
    INPUT_COLUMNS,
    MAX_NUMBER,
    NEEDED_COLUMNS,
    ListingRow,
    cell_error,
    listing_row,
    terms_cells,
)
from apps.listing_files.rules.seat_cells import chosen_seats, seats_text
from apps.listing_files.rules.spreadsheets import DayOrder, read_date
from apps.listings.rules.price_plans import FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK
from apps.season_tickets.rules.blocks import seats_of_block

ID = "0192f0c1-2d3e-7000-8000-000000000001"
NEEDED = {"season_ticket": ID, "event": ID, "price": "1"}
NEEDED_CELLS = {"season_ticket": "1", "event": "2", "price": "3"}
HEADER = b"season_ticket,event,price\n"
OR_NONE = "or leave the line out."
NOT_SHOWN = "The spreadsheet could not show what it had: make the column wider, or write it again."
MARK_DOWNS = "Mark-downs are written as days before the event and share off: 14:0.10|3:0.25."
A_SHARE = "Write a share of one, such as 0.15: digits and a point, "
AN_AMOUNT = "Write an amount such as 100.00: digits and a point, "
MAY_OR_DECEMBER = "5/12/2027 may be 2027-05-12 or 2027-12-05. Write the date that is meant, as 2027-05-12."
text_cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
cells = st.one_of(text_cells, st.from_regex(r"[0-9,;|: .\-to$=+']{0,12}", fullmatch=True))


def parsed(content: bytes) -> list[CsvRow]:
    return csv_rows(content, columns=COLUMNS, needed=NEEDED_COLUMNS)


def row_of(**filled: str) -> ListingRow:
    row = listing_row(CsvRow(2, {**NEEDED, **filled}))
    assert isinstance(row, ListingRow), row
    return row


class TestAnyFile:
    @given(st.binary(max_size=300))
    def test_of_bytes_is_rows_or_a_sentence(self, content: bytes) -> None:
        with contextlib.suppress(ListingCsvUnreadable):
            assert parsed(content)

    @given(st.binary(max_size=200))
    def test_below_a_good_header_is_rows_or_a_sentence(self, content: bytes) -> None:
        try:
            rows = parsed(b"season_ticket,event,price,seats\n" + content)
        except ListingCsvUnreadable:
            return
        for row in rows:
            assert listing_row(row)

    @given(st.fixed_dictionaries(dict.fromkeys(INPUT_COLUMNS, cells)))
    def test_of_cells_gives_values_or_problems_of_its_columns(self, row: dict[str, str]) -> None:
        found = listing_row(CsvRow(2, {column: cell.strip() for column, cell in row.items()}))
        if not isinstance(found, ListingRow):
            assert found
            assert {problem.attr for problem in found} <= set(INPUT_COLUMNS)

    @given(
        st.lists(st.fixed_dictionaries(dict.fromkeys(INPUT_COLUMNS, text_cells)), min_size=1, max_size=4),
        st.sampled_from(",;"),
        st.sampled_from(["\n", "\r\n", "\r"]),
    )
    def test_is_read_as_it_was_written(self, rows: list[dict[str, str]], delimiter: str, line_end: str) -> None:
        """RFC 4180 quoting, either delimiter, any line end; blank rows are ignored."""
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
        writer.writerow(INPUT_COLUMNS)
        writer.writerows([[row[column] for column in INPUT_COLUMNS] for row in rows])
        kept = [{column: cell.strip() for column, cell in row.items()} for row in rows]
        kept = [row for row in kept if any(row.values()) and not any(cell.startswith("'") for cell in row.values())]
        if len(kept) < len(rows):
            return
        assert [row.cells for row in parsed(file.getvalue().encode())] == kept

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "The file is empty."),
            (b"\xef\xbb\xbf \r\n", "The file is empty."),
            ("event,price\n".encode("utf-16"), "The file is not UTF-8 text. Save it as CSV UTF-8."),
            (b"PK\x03\x04\x00\x00", "The file is not CSV text: it contains NUL bytes. Save it as CSV UTF-8."),
            (HEADER, "The file has no row below its header."),
            (b"season_ticket,price\n1,2\n", "The file needs the column event or date."),
            (b"event,price\n1,2\n", "The file needs the column season_ticket or team."),
            (b"season_ticket,event,seats\n1,2,3\n", "The file needs the column price."),
            (b"price,Price\n1,2\n", "The column price appears twice."),
            (b",price\n1,2\n", f"Column 1 has no name. The first line names the columns: {', '.join(COLUMNS)}."),
            (b"season_ticket,event,prize\n1,2,3\n", "prize is not a column. Did you mean price?"),
            (b",,\n ,\n", "The file needs the column season_ticket or team."),
            (b"x" * 60, f"{'x' * 50} is not a column. The first line names the columns: {', '.join(COLUMNS)}."),
            (b'"season_ticket', "The file is not valid CSV from line 1 on: unexpected end of data."),
            (HEADER + b'1,2,3\n"1,2,3\n', "The file is not valid CSV from line 3 on: unexpected end of data."),
            *(
                (first + HEADER, f"{first[:50].decode().strip()} names no separator: write sep=, or sep=; {OR_NONE}")
                for first in (b"sep=|\n", b'"SEP=|"\n', b"sep=;,;\n", b"sep=" + b"|" * 60 + b"\n")
            ),
            (b"x" * 2_000_001, "The file is larger than 2 MB."),
            (HEADER + b"1,2,3\n" * 5_001, "The file has 5001 rows; at most 5000 can be uploaded at once."),
        ],
    )
    def test_without_listings_is_refused_in_a_sentence(self, content: bytes, sentence: str) -> None:
        with pytest.raises(ListingCsvUnreadable) as refused:
            parsed(content)
        assert [detail.detail for detail in refused.value.details] == [sentence]

    def test_may_have_as_many_rows_and_bytes_as_the_limits(self) -> None:
        assert len(parsed(HEADER + b"1,2,3\n" * 5_000)) == 5_000
        content = HEADER + b"1,2,3\n"
        blank = (b" " * 99_999 + b"\n") * 20
        assert parsed((content + blank)[:2_000_000]) == [CsvRow(2, NEEDED_CELLS)]

    @pytest.mark.parametrize(
        ("content", "lines"),
        [
            (b"Season Ticket;Event;PRICE;;\r\n;;;;\r\n1;2;3;;\r\n", [3]),
            (b"\n\nseason_ticket,event,price\n\n1,2,3\n", [5]),
            (b'season_ticket,event,price\n1,2,"3\n"\n1,2,3\n', [2, 4]),
            (b"season_ticket,event,price\n 1 , 2 ,\t3\n", [2]),
            (b"season_ticket,event,price\n , ,\n1,2,3\n", [3]),
        ],
    )
    def test_may_come_from_a_spreadsheet(self, content: bytes, lines: list[int]) -> None:
        """Spaces and capitals in names, empty columns, blank lines, line breaks in cells; lines as in the file."""
        assert [(row.line, row.cells) for row in parsed(content)] == [(line, NEEDED_CELLS) for line in lines]

    @pytest.mark.parametrize(
        ("line", "separator"),
        [("", ","), ("", ";"), ("", "\t"), ("sep=;\n", ";"), ('\r\n"SEP=\t"\r\n', "\t"), ("sep=;,,\n", ",")],
    )
    def test_may_say_what_separates_its_cells(self, line: str, separator: str) -> None:
        """Otherwise the header decides, not the rows below it. With semicolons, prices may have a comma."""
        header, cells = (separator.join(row) for row in (NEEDED_CELLS.keys(), ["1", "2", '"3,;\t,;\t,;\t"']))
        [row] = parsed(f"{line}{header}\n{cells}\n".encode())
        assert row.cells == NEEDED_CELLS | {"price": "3,;\t,;\t,;"}
        assert row.decimal_comma is (separator == ";")

    def test_reports_text_right_of_the_columns(self) -> None:
        assert [row.surplus for row in parsed(HEADER + b"1,2,3,\n1,2,3,x\n")] == [False, True]

    def test_undoes_what_a_download_made_safe(self) -> None:
        assert parsed(HEADER + b"1,2,'=3\n")[0].cells["price"] == "=3"


class TestCells:
    @given(st.data(), st.sampled_from(["consecutive", "odd_even"]), st.integers(1, 50), st.integers(1, 12))
    def test_seats_are_read_as_they_are_written(self, data: st.DataObject, numbering: str, first: int, n: int) -> None:
        step = 2 if numbering == "odd_even" else 1
        block = seats_of_block(first, first + (n - 1) * step, numbering)
        wanted = data.draw(st.lists(st.sampled_from(block), min_size=1, unique=True))
        row = row_of(seats=seats_text(wanted, block))
        assert row.seats is not None
        assert chosen_seats(row.seats, block) == (sorted(wanted, key=block.index), [])

    def test_terms_are_read_as_they_are_written(self) -> None:
        terms = ListingTerms(
            floor_cents=1_050,
            floor_basis=FloorBasis.NET,
            price_steps=(PriceStep(30, 500), PriceStep(0, 9_000)),
            split_rule=SplitRule.CUSTOM,
            custom_quantities=(2, 4),
            disclosures=("aisle", "piggyback"),
            notes="-1 for you",
            show_seats=True,
        )
        assert row_of(**terms_cells(terms)).terms == terms

    @pytest.mark.parametrize(
        ("column", "cell", "sentence"),
        [
            ("date", "2027-13-30", "A date is written as 2027-09-30."),
            ("date", "2027-02-30", "A date is written as 2027-09-30."),
            ("in_hand_date", "soon", "A date is written as 2027-09-30."),
            ("seats", "|", "Name seats, or leave the cell empty for all of them."),
            ("custom_quantities", "0", "Quantities are written as 2|4."),
            ("custom_quantities", "32768", "Quantities are written as 2|4."),
            ("custom_quantities", "2|x", "Quantities are written as 2|4."),
            ("price_steps", "14:10", MARK_DOWNS),
            ("price_steps", "0:14 am", MARK_DOWNS),
            ("price_steps", "14:0.00001", f"{A_SHARE}at most 4 decimals."),
            ("price_steps", "14:91%", f"{A_SHARE}at most 4 decimals."),
            ("price_steps", "14:0%", f"{A_SHARE}at most 4 decimals."),
            ("price_steps", "14:90%", "Write 0.9."),
            ("price_steps", "14:0.01%", "Write 0.0001."),
            ("price", "1,000,000", "Write 1000000.00."),
            ("price", "1,000,000.01", f"{AN_AMOUNT}at most 2 decimals."),
            ("floor", "1.001", f"{AN_AMOUNT}at most 2 decimals."),
            ("seats", "####", NOT_SHOWN),
            ("price_steps", "14", MARK_DOWNS),
            ("floor_basis", "gross", "It is one of list, net."),
            ("show_seats", "yes", "It is true or false."),
            ("split_rule", "x" * 60, f"It is one of {', '.join(SplitRule)}."),
            ("notes", "x" * 1_001, "The cell has more than 1000 characters."),
        ],
    )  # fmt: skip
    def test_that_cannot_be_read_are_refused_in_a_sentence(self, column: str, cell: str, sentence: str) -> None:
        detail = sentence if column == "notes" else f"The cell has {cell[:50]}. {sentence}"
        assert listing_row(CsvRow(2, NEEDED | {column: cell})) == [ErrorDetail(detail, column, "invalid")]

    @pytest.mark.parametrize("column", ["price", "floor"])
    @pytest.mark.parametrize("cell", ["0", "0.001", "1000000.01", "1,000", "$1"])
    def test_of_money_say_what_is_wrong(self, column: str, cell: str) -> None:
        [problem] = listing_row(CsvRow(2, NEEDED | {column: cell}))
        assert (problem.code, problem.attr) == ("invalid", column)

    def test_of_money_may_be_as_high_and_low_as_a_price(self) -> None:
        assert row_of(price="0.01", floor="0.01").price_cents == 1
        high = row_of(price="1000000.00", floor="1000000")
        assert (high.price_cents, high.terms.floor_cents) == (100_000_000, 100_000_000)

    def test_of_seats_are_numbers_and_ranges(self) -> None:
        for cell in ("1, 3-5 ;7", "1|3 to 5|7", "1,3–5,7", " 1;3 .. 5|7|"):
            seats = row_of(seats=cell).seats
            assert seats is not None
            assert chosen_seats(seats, list("12345678")) == (["1", "3", "4", "5", "7"], []), cell

    def test_of_a_date_that_may_be_two_need_an_event_or_the_order_of_the_file(self) -> None:
        by_names = {"season_ticket": ID, "price": "1", "date": "5/12/2027"}
        assert listing_row(CsvRow(2, by_names)) == [ErrorDetail(MAY_OR_DECEMBER, "date", "invalid")]
        row = row_of(date="5/12/2027", in_hand_date="5/12/2027")
        assert row.on == read_date("5/12/2027")
        assert row.terms_in(None) == ErrorDetail(MAY_OR_DECEMBER, "in_hand_date", "invalid")
        assert row.terms_in(DayOrder.DAY) == replace(row.terms, in_hand_date=date(2027, 12, 5))
        assert row_of().terms_in(None) == row.terms

    def test_that_a_spreadsheet_could_not_show_may_be_replaced_by_an_id(self) -> None:
        hidden = dict.fromkeys(("team", "season", "section", "row", "date", "opponent", "created_at"), "####")
        assert row_of(**hidden) == row_of()
        found = listing_row(CsvRow(2, {"price": "1"} | hidden))
        assert {problem.attr for problem in found if "could not show" in problem.detail} == hidden.keys() - {
            "created_at"
        }

    def test_may_have_cents_behind_a_comma_where_semicolons_separate(self) -> None:
        cells = NEEDED | {"price": "12,50", "floor": "9,5", "seats": "1,25", "notes": "1,25"}
        row = listing_row(CsvRow(2, cells, decimal_comma=True))
        assert isinstance(row, ListingRow)
        assert (row.price_cents, row.terms.floor_cents, row.seats, row.terms.notes) == (1_250, 950, ("1", "25"), "1,25")
        [*found] = listing_row(CsvRow(2, cells))
        assert [problem.attr for problem in found] == ["price", "floor"]
        [grouped] = listing_row(CsvRow(2, NEEDED | {"price": "1.234,50"}, decimal_comma=True))
        assert grouped.detail == "The cell has 1.234,50. Write 1234.50."

    @pytest.mark.parametrize(
        ("cell", "notes"),
        [("'0117", "0117"), ("0117", "0117"), ("'1", "1"), ("'tis", "'tis"), ("a\r\nb\rc", "a\nb\nc")],
    )
    def test_of_notes_lose_the_sign_that_kept_them_text(self, cell: str, notes: str) -> None:
        assert row_of(notes=cell).terms.notes == notes
        assert terms_cells(ListingTerms(notes="0117"))["notes"] == "'0117"

    def test_of_words_are_read_in_any_case(self) -> None:
        row = row_of(
            split_rule=" Never leave ONE ", disclosures="Limited View|aisle", delivery_type="HARD", date="2027-09-30"
        )
        assert (row.terms.split_rule, row.terms.disclosures) == (SplitRule.NEVER_LEAVE_ONE, ("limited_view", "aisle"))
        assert (row.terms.delivery_type, row.on) == ("hard", read_date("2027-09-30"))

    def test_that_are_needed_are_asked_for_together(self) -> None:
        assert listing_row(CsvRow(2, {"team": "Eagles", "season": "2040", "section": "1"})) == [
            ErrorDetail(
                "Name the season ticket by its id, or by team, season, section, row.", "season_ticket", "required"
            ),
            ErrorDetail("Name the event by its id, or the date of the home game.", "event", "required"),
            ErrorDetail("Say what one seat costs.", "price", "required"),
        ]
        named = {"team": "Eagles", "season": "2040", "section": "1", "row": "A", "date": "2040-09-09", "price": "1"}
        row = listing_row(CsvRow(7, named | {"opponent": "Jets"}))
        assert isinstance(row, ListingRow)
        assert (row.line, row.season_ticket, row.event, row.seats, row.opponent) == (7, None, None, None, "Jets")
        assert row.place == {"team": "Eagles", "season": "2040", "section": "1", "row": "A"}

    def test_right_of_the_columns_are_the_only_problem_reported(self) -> None:
        found = listing_row(CsvRow(2, {"price": "x"}, surplus=True))
        assert found == [ErrorDetail("The row has more cells than the header has columns.", None, "invalid")]

    def test_of_terms_that_no_listing_can_have_are_refused_with_their_column(self) -> None:
        found = listing_row(CsvRow(2, NEEDED | {"disclosures": "aisle|aisle", "price_steps": "3:0.1|9:0.2"}))
        assert [(problem.code, problem.attr) for problem in found] == [
            ("terms_refused", "price_steps"), ("terms_refused", "disclosures"),
        ]  # fmt: skip
        assert cell_error(ErrorDetail("x", None, "terms_refused")) == ErrorDetail("x", "price", "terms_refused")
        for long in ({"notes": "x" * 1_000}, {"split_rule": "custom", "custom_quantities": f"1|{MAX_NUMBER}"}):
            [problem] = listing_row(CsvRow(2, NEEDED | long))
            assert problem.code == "terms_refused"

    def test_seats_of_a_range_must_be_in_the_block(self) -> None:
        block = ["1", "3", "5"]
        assert chosen_seats(["1 TO 5"], block) == (["1", "3", "5"], [])
        for wanted, wrong in ((["1-4"], "Seat 4"), (["2-5"], "Seat 2"), (["7"], "Seat 7")):
            assert chosen_seats(wanted, block)[1] == [f"{wrong} is not in the season ticket (seats 1 to 5)."]
        assert chosen_seats(["1", "1-3"], block)[1] == ["Seat 1 is named twice."]

    @pytest.mark.parametrize(
        ("seats", "text"), [(["3"], "3"), (["5", "3"], "3 to 5"), (["1", "5"], "1|5"), (["5", "1", "3"], "1 to 5")]
    )
    def test_seats_are_written_as_a_range_when_they_are_neighbours(self, seats: list[str], text: str) -> None:
        assert seats_text(seats, ["1", "3", "5", "7"]) == text

    def test_terms_that_say_nothing_are_empty_cells(self) -> None:
        cells = terms_cells(ListingTerms())
        assert (cells["floor"], cells["in_hand_date"], cells["price_steps"]) == ("", "", "")
        dated = ListingTerms(in_hand_date=date(2040, 9, 9), price_steps=(PriceStep(30, 500), PriceStep(0, 9_000)))
        assert terms_cells(dated)["in_hand_date"] == "2040-09-09"
        assert terms_cells(dated)["price_steps"] == "30:0.0500|0:0.9000"

    def test_limits_are_those_of_the_models(self) -> None:
        assert MAX_NUMBER == 2**15 - 1 > MAX_SEATS_PER_BLOCK

    def test_columns_of_a_download_are_there_once(self) -> None:
        assert sorted(COLUMNS) == sorted({*DOWNLOAD_COLUMNS, *INPUT_COLUMNS})
